/** A sizing for a terminal: the three answers side by side, then what each stands on. */
import { formatValue } from '../../model/units.ts';
import type { Table } from '../parts/parts.ts';
import { oneLine } from '../../model/visible-text.ts';
import { tableText } from '../formats/text.ts';
import { growthTable, storageWords } from './storage.ts';
import {
  answerTable,
  breakEvenTable,
  crossingWords,
  hostsTable,
  sensitivityTable,
  sureness,
  type SizingView,
} from './tables.ts';
import { alternativeNames, reasonWords, whyNotFewer } from './words.ts';

export function sizingText(view: SizingView): string {
  const { sizing, policy, sensitivity, breakEven, storage, preview } = view;
  const { answers } = sizing;
  const [first] = answers;
  const lines = [
    ...preview,
    '',
    ...(first === undefined
      ? []
      : [
          `${first.instances} instances; their own need: ${formatValue(first.own.memory, 'B')}, ${first.own.cpu.toFixed(1)} threads`,
        ]),
    '',
    drawn(answerTable(view)),
    '',
    drawn(hostsTable(view)),
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
    '',
    'How sure',
    ...sureness(view).map((line) => `  ${oneLine(line)}`),
    ...(sensitivity === null ? [] : ['', drawn(sensitivityTable(sensitivity))]),
    ...(breakEven === null
      ? []
      : [
          '',
          drawn(breakEvenTable(breakEven)),
          ...breakEven.crossings.map((line) => `  ${crossingWords(line)}`),
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
    'containers in VMs: a spread over failure domains is not asked of the machines',
    `policy ${oneLine(policy.name)}: ${policy.choices.filter(({ from }) => from === 'default').length} of ${policy.choices.length} values are published defaults (--json lists them)`,
  ];
  return lines.join('\n');
}

function drawn(table: Table): string {
  return `${table.caption}\n${tableText(table, (text) => text)}`;
}
