/** Writes the pages of docs/ that are made from the code, and formats them; a test checks that they are current. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedDocs } from './generated-docs.ts';
import { root } from './process.ts';

for (const [page, text] of await generatedDocs()) writeFileSync(join(root, page), text);
