/** docs/metrics.md: how each number is measured, from the declarations that measure it, so that it cannot rot. */
import { formatShare } from '../model/units.ts';
import { families, familyTable } from '../bench/workloads/families.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import { metrics, workloads } from '../bench/workloads/index.ts';
import { markdownText } from '../reports/formats/markdown.ts';
import { sourceWords } from '../reports/run/methods.ts';
import { milestoneWords } from '../reports/parts/words.ts';

const units: Readonly<Record<MetricDeclaration['unit'], string>> = {
  s: 'seconds',
  B: 'bytes',
  'B/s': 'bytes per second',
  '1/s': 'per second',
  's/op': 'seconds per operation',
  cores: 'cores',
  count: 'number',
  ratio: 'ratio',
  share: 'share',
};

const intro = `# How each number is measured

Generated from the declarations in \`bench/workloads/\` by \`npm run docs\`; a test keeps it current. Each is declared
once, with its unit, its direction, its first and last instant and who reads it, and the same words stand in the
Methods of every report.

- **One launch, one value.** What is read many times within a launch is reduced to its median first. Medians,
  intervals and ratios are over launches.
- **The limit** is the smallest difference that matters in practice. A verdict of "costs more" or "costs less" needs a
  difference beyond it; "equivalent" needs the whole 90 % interval within it.
- **Under emulation** (TCG) a number marked "refused" is shown and never judged: an emulated machine's time and CPU
  are not those of a real one (rule C17). "Judged" are facts about memory, files and processes.
- A scenario's own program (\`use: program\`) declares its metrics itself; some workloads declare more with their
  options (volumes, shares of capacity, percentiles).

## Instants of an instance's life

All on the host's monotonic clock. Runners are compared from T0 to T4, T5 or T6 only.

${Object.entries(milestoneWords)
  .map(([name, words]) => `- **${name}** ${words}`)
  .join('\n')}
`;

/** The whole file. */
export function metricsDoc(): string {
  const sections = families.flatMap((family) => {
    const own = metrics.filter((metric) => metric.family === family);
    return own.length === 0
      ? []
      : [sectionOf(familyTable[family].title, familyTable[family].lead, own, family)];
  });
  return [intro, ...sections].join('\n');
}

function sectionOf(title: string, lead: string, own: readonly MetricDeclaration[], family: string): string {
  const programs = [...workloads.values()]
    .filter((workload) => workload.family === family)
    .map(({ id, title: words }) => `\`${id}\` (${words})`);
  const by = programs.length === 0 ? '' : `\n\nMeasured by ${programs.join(', ')}.`;
  const entries = own.map((metric) =>
    [
      `### ${markdownText(metric.title)}`,
      `\`${metric.id}\` · ${units[metric.unit]}, ${metric.better} is better · ${sourceWords(metric.source)} · limit ±${formatShare(metric.threshold)} · under emulation ${metric.needsRealCpu ? 'refused' : 'judged'}`,
      markdownText(metric.definition),
    ].join('\n\n'),
  );
  return `## ${title}\n\n${lead}${by}\n\n${entries.join('\n\n')}\n`;
}
