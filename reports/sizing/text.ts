/** A sizing for a terminal: the three answers side by side, then what each stands on. */
import { formatValue } from '../../model/units.ts';
import type { Table } from '../parts/parts.ts';
import { oneLine } from '../../model/visible-text.ts';
import { tableText } from '../formats/text.ts';
import { alternatives } from '../../sizing/problem.ts';
import { headline } from './limit-words.ts';
import { growthTable, storageWords } from './storage.ts';
import {
  answerTable,
  breakEvenTable,
  crossingWords,
  intervalWords,
  sensitivityTable,
  sureness,
  type SizingView,
} from './tables.ts';
import { alternativeNames, reasonWords, whyNotFewer } from './words.ts';

/** The whole of it. */
export function sizingText(view: SizingView): string {
  return [sizingHead(view), ...sizingTail(view)].join('\n');
}

/** What is known before any analysis: the answer first, then why, how sure, and what was understood. */
export function sizingHead(view: SizingView): string {
  const { sizing, policy, storage, preview, understood = preview } = view;
  const { answers } = sizing;
  const [first] = answers;
  const lines = [
    ...headline(view).map(oneLine),
    '',
    drawn(answerTable({ ...view, uncertainty: null })),
    '',
    'Why not one host fewer',
    ...answers.flatMap((answer) => [
      `  ${alternativeNames[answer.alternative]}: ${oneLine(whyNotFewer(answer))}`,
      ...answer.unplaced
        .slice(1, 6)
        .map(
          ({ item, count, reason }) =>
            `    nor ${count} of ${oneLine(item)}: ${oneLine(reasonWords(reason))}`,
        ),
    ]),
    ...(storage == null
      ? []
      : [
          '',
          'Storage',
          ...storageWords(storage).map((line) => `  ${oneLine(line)}`),
          '',
          drawn(growthTable(storage)),
        ]),
    '',
    'What was understood (--preview lists each)',
    ...understood.map((line) => `  ${line}`),
    ...(first === undefined
      ? []
      : [
          `  ${first.instances} instances; their own need: ${formatValue(first.own.memory, 'B')}, ${first.own.cpu.toFixed(1)} threads`,
        ]),
    `  policy ${oneLine(policy.name)}: ${policy.choices.filter(({ from }) => from === 'default').length} of ${policy.choices.length} values are published defaults (--json lists them)`,
    ...(answers.some(({ workers }) => workers !== null)
      ? ['  containers in VMs: a spread over failure domains is not asked of the machines']
      : []),
  ];
  return lines.join('\n');
}

/** What an analysis adds, and how sure all of it is. */
export function sizingTail(view: SizingView): string[] {
  const { sensitivity, breakEven, uncertainty } = view;
  const intervals =
    uncertainty === null
      ? []
      : alternatives.map((name) => `${intervalWords(uncertainty.by[name])} as ${alternativeNames[name]}`);
  return [
    '',
    'How sure',
    ...(intervals.length === 0 ? [] : [`  95 % of draws: ${intervals.join(', ')}.`]),
    ...sureness(view).map((line) => `  ${oneLine(line)}`),
    ...(sensitivity === null ? [] : ['', drawn(sensitivityTable(sensitivity))]),
    ...(breakEven === null
      ? []
      : [
          '',
          drawn(breakEvenTable(breakEven)),
          ...breakEven.crossings.map((line) => `  ${crossingWords(line)}`),
        ]),
  ];
}

function drawn(table: Table): string {
  return `${table.caption}\n${tableText(table, (text) => text)}`;
}
