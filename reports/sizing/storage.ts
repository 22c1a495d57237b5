/** Volumes on arrays, as tables and sentences for the terminal and the page alike. */
import { formatValue, formatShare } from '../../model/units.ts';
import type { Unplaced } from '../../sizing/packing/model.ts';
import type { StorageAnswer } from '../../sizing/storage/place.ts';
import { columns, number, table, text, type Table } from '../parts/parts.ts';

const none = '–';

/** Arrays there must be, and as the demand grows with nothing moved. */
export function growthTable({ growth }: StorageAnswer): Table {
  return table(
    'arrays',
    'Arrays as volumes grow: what is placed stays where it is',
    columns('volumes', '#arrays', '#added', '#at least, proven', 'by type'),
    growth.map(({ times, arrays, added, atLeast, byType }) => ({
      head: `${String(times)} x`,
      cells: [
        number(arrays === null ? 'do not fit' : String(arrays)),
        number(added === 0 ? none : `+${String(added)}`),
        number(String(atLeast)),
        text(byType.map(({ type, arrays: count }) => `${String(count)} ${type}`).join(', ')),
      ],
    })),
  );
}

export function storageWords(storage: StorageAnswer): string[] {
  const { volumes, copies, bytes, iops, packing, why, cost, remarks } = storage;
  const asked = [
    `${String(volumes)} volumes${copies === volumes ? '' : ` in ${String(copies)} copies`} ask for ${formatValue(bytes, 'B')}`,
    ...(iops > 0 ? [`${formatValue(iops, 'count')} operations a second`] : []),
  ];
  const counts = storage.byType.map(({ type, arrays }) => `${String(arrays)} ${type}`).join(', ');
  const binding = why.binding
    .map(
      ({ dimension, share }) =>
        `${dimension.replace('items per bin', 'volumes per array')} ${formatShare(share)}`,
    )
    .join(', ');
  const perMonth = cost === null ? [] : [`${cost.perMonth.toFixed(0)} ${cost.currency} a month`];
  return [
    asked.join(' and '),
    ...(packing.bins.length === 0
      ? []
      : [
          [
            `On ${counts}`,
            `at least ${String(packing.countBound)}, proven`,
            ...perMonth,
            `bottleneck: ${binding}`,
          ].join('; '),
        ]),
    `Why not one fewer: ${onArrays(why.whyNotFewer.because)}`,
    ...packing.unplaced.slice(0, 20).map(noPlace),
    ...(packing.unplaced.length > 20
      ? [`and ${String(packing.unplaced.length - 20)} more without a place`]
      : []),
    ...remarks,
  ];
}

function noPlace({ item, count, reason }: Unplaced): string {
  return `no place for ${String(count)} of ${item}: ${onArrays(reason)}`;
}

/** The engine's words for bins, as a storage planner says them. */
function onArrays(words: string): string {
  return words
    .replace('larger than any bin', 'larger than any array')
    .replace(/^no bin is an array/, 'there is no array')
    .replace('items per bin', 'volumes per array')
    .replaceAll(
      /capacity (\d+(?:\.\d+)?(?:e\+\d+)?) > (\d+(?:\.\d+)?(?:e\+\d+)?)/g,
      (_, a: string, b: string) => {
        const size = (value: string) => formatValue(Number(value), 'B');
        return `capacity ${size(a)} > ${size(b)}`;
      },
    )
    .replaceAll(/\bbins\b/g, 'arrays')
    .replaceAll(/\bbin\b/g, 'array');
}
