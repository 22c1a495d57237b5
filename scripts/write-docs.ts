/** Writes the pages of docs/ that are made from the code; a test checks that they are current. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsDoc } from './metrics-doc.ts';
import { rulesDoc } from './rules-doc.ts';
import { root } from './process.ts';

writeFileSync(join(root, 'docs/metrics.md'), metricsDoc());
writeFileSync(join(root, 'docs/rules.md'), rulesDoc());
