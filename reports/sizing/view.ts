/** A sizing as a page: the answer first, then the rules to move, what the answer stands on and what would change it. */
import { capital, formatShare } from '../../model/units.ts';
import type { Block, Chart, LineSeries, Section, View } from '../parts/parts.ts';
import type { BreakEven } from '../../sizing/explain/break-even.ts';
import { alternatives } from '../../sizing/problem.ts';
import { growthTable, storageWords } from './storage.ts';
import {
  answerTable,
  breakEvenTable,
  crossingWords,
  hostsTable,
  policyTable,
  sensitivityTable,
  summary,
  sureness,
  type SizingView,
} from './tables.ts';
import {
  alternativeNames,
  bindingWords,
  gapWords,
  hostsWord,
  kindsWords,
  reasonWords,
  whyNotFewer,
} from './words.ts';

export interface PageParts {
  /** The assignment as CSV; null: too large for a page. */
  readonly assignment: string | null;
  /** The rules can be moved: the page carries the demand. */
  readonly isLive: boolean;
  readonly version: string;
}

export function sizingView(view: SizingView, { assignment, isLive, version }: PageParts): View {
  const { sizing, weights, policy, sensitivity, breakEven, preview } = view;
  const { answers, today } = sizing;
  const [first] = answers;
  const assumed = (['vm', 'container'] as const).filter((form) => weights[form].evidence === 'assumed');
  const tables = (block: Block | null) => (block === null ? [] : [block]);
  const sections: Section[] = [
    {
      id: 'rules',
      title: 'Move the rules',
      lead: [
        isLive
          ? 'Headroom, losses, overcommit, growth and the weight of an instance; the counts follow, by the same code as on the command line (--seconds 0). The counts above were given more time and are proven where they say so.'
          : 'The demand has too many rows to be carried by a page; change the policy and run `tare size` again.',
      ],
      blocks: [],
    },
    {
      id: 'why',
      title: 'Why so many',
      lead: [],
      blocks: [
        { kind: 'table', table: hostsTable(view) },
        {
          kind: 'facts',
          facts: answers.map((answer) => ({
            term: alternativeNames[answer.alternative],
            value: `Fullest: ${bindingWords(answer)}. Why not one host fewer: ${whyNotFewer(answer)}.`,
          })),
        },
        ...answers.flatMap(({ alternative, unplaced }): Block[] =>
          unplaced.length === 0
            ? []
            : [
                {
                  kind: 'notice',
                  tone: 'warn',
                  title: `No place as ${alternativeNames[alternative]}`,
                  lines: unplaced
                    .slice(0, 20)
                    .map(({ item, count, reason }) => `${String(count)} of ${item}: ${reasonWords(reason)}`),
                },
              ],
        ),
      ],
    },
    {
      id: 'sure',
      title: 'How sure',
      lead: [],
      blocks: [{ kind: 'prose', lines: sureness(view) }],
    },
    ...(view.storage == null
      ? []
      : [
          {
            id: 'storage',
            title: 'Storage',
            lead: storageWords(view.storage),
            blocks: [{ kind: 'table' as const, table: growthTable(view.storage) }],
          },
        ]),
    ...(breakEven === null
      ? []
      : [
          {
            id: 'break-even',
            title: 'Break-even',
            lead: breakEven.crossings.map((crossing) => `${capital(crossingWords(crossing))}.`),
            blocks: [
              { kind: 'charts' as const, charts: chartsOf(breakEven) },
              { kind: 'table' as const, table: breakEvenTable(breakEven) },
            ],
          },
        ]),
    ...(sensitivity === null
      ? []
      : [
          {
            id: 'sensitivity',
            title: 'What a step costs',
            lead: [],
            blocks: [{ kind: 'table' as const, table: sensitivityTable(sensitivity) }],
          },
        ]),
    {
      id: 'inputs',
      title: 'What it stands on',
      lead: [],
      blocks: [
        { kind: 'code', title: 'What was understood of the inventory', text: preview.join('\n') },
        {
          kind: 'fold',
          title: policyTable(view).caption,
          blocks: [{ kind: 'table', table: policyTable(view) }],
        },
        ...tables(
          assignment === null
            ? null
            : {
                kind: 'download',
                label: 'Which instance is on which host (CSV, for tare size --check)',
                fileName: 'assignment.csv',
                content: assignment,
              },
        ),
      ],
    },
  ];
  return {
    opening: {
      title: 'How many hosts',
      subtitle: policy.name,
      answer: summary(view),
      acceleration: [],
      tilesTitle: 'Hosts to have',
      tiles: [
        ...(today === null
          ? []
          : [
              {
                title: 'today',
                value: String(today.hosts),
                detail: 'hosts of the inventory',
                verdict: { text: 'as they run', tone: 'plain' as const },
              },
            ]),
        ...answers.map((answer) => ({
          title: `as ${alternativeNames[answer.alternative]}`,
          value: answer.hosts === null ? 'no fit' : String(answer.hosts),
          detail:
            answer.hosts === null
              ? 'see what has no place'
              : `${kindsWords(answer)}; ${String(answer.working)} working, ${String(answer.hosts - answer.working)} for losses; bottleneck: ${bindingWords(answer)}`,
          verdict:
            answer.hosts === null
              ? { text: 'does not fit', tone: 'warn' as const }
              : answer.packing.optimal
                ? { text: 'proven best', tone: 'same' as const }
                : { text: `gap ${gapWords(answer)}`, tone: 'unsure' as const },
        })),
      ],
      counts: [
        ...(first === undefined
          ? []
          : [{ text: `${String(first.instances)} instances`, tone: 'plain' as const }]),
        { text: `${formatShare(sizing.basis.confidence)} with usage`, tone: 'plain' },
        ...(weights.vm.emulated
          ? [{ text: 'VM tare measured emulated: memory only (C17)', tone: 'warn' as const }]
          : []),
        ...(assumed.length > 0 ? [{ text: 'tare assumed, not measured', tone: 'warn' as const }] : []),
      ],
      facts: [],
      headline: answerTable(view),
      notices: answers.some(({ hosts }) => hosts === null)
        ? [
            {
              kind: 'notice',
              tone: 'warn',
              title: 'Not everything fits',
              lines: answers
                .filter(({ hosts }) => hosts === null)
                .map(({ alternative, unplaced, survives }) =>
                  unplaced.length > 0
                    ? `as ${alternativeNames[alternative]}: ${String(unplaced.length)} kinds of instances have no place`
                    : `as ${alternativeNames[alternative]}: no number of hosts that there are survives the loss of ${hostsWord(survives.losses)}`,
                ),
            },
          ]
        : [],
    },
    sections,
    footer: `tare ${version}. Self-contained: nothing is loaded, nothing is sent.`,
  };
}

function chartsOf({ points }: BreakEven): Chart[] {
  const series = (measure: 'hosts' | 'cost'): LineSeries[] =>
    alternatives.flatMap((name, color) => {
      const line = points.flatMap(({ instances, by }) => {
        const y = by[name][measure];
        return y === null ? [] : [{ x: instances, y }];
      });
      return line.length < 2
        ? []
        : [{ label: alternativeNames[name], runner: name, color, points: line, dots: [] }];
    });
  const chart = (measure: 'hosts' | 'cost', title: string): Chart => ({
    kind: 'lines',
    id: `break-even-${measure}`,
    title,
    description:
      'The same mix of instances at other sizes, losses included; the table below has the numbers.',
    unit: 'count',
    xTitle: 'instances',
    series: series(measure),
  });
  return [chart('hosts', 'Hosts by instances'), chart('cost', 'Cost a month by instances')].filter(
    (drawn) => drawn.kind === 'lines' && drawn.series.length > 0,
  );
}
