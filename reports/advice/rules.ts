/** The rules of guidance as they are printed: the whole table, nothing left in the program. */
import { fields, type Condition } from '../../guidance/facts.ts';
import { publishedRows } from '../../guidance/published/index.ts';
import { quantities, quantityNames, type Quantity } from '../../guidance/quantities.ts';
import type { Rule } from '../../guidance/rules.ts';
import { markdownTable } from '../formats/markdown.ts';
import { columns, table, text, type Table } from '../parts/parts.ts';
import { safeJson } from '../verdicts/json.ts';

const principle =
  'Hard rules decide; soft rules speak where one of their quantities shows the gain of their side and none its loss. There are no weights.';

export function rulesText(rules: readonly Rule[]): string {
  const all = rules.map(({ id, side, strength, statement, when, shownBy, confirmedBy }) =>
    [
      `${id}  ${strength}, for ${side}: ${statement}`,
      `    when ${when.map(conditionWords).join(' and ')}`,
      ...(shownBy.length === 0 ? [] : [`    shown by ${shownBy.join(', ')}`]),
      ...(confirmedBy === null ? [] : [`    assumed, unless a record shows it: ${confirmedBy}`]),
    ].join('\n'),
  );
  const shown = used(rules).map((name) => {
    const { title, metrics, command } = quantities[name];
    const from = metrics.length === 0 ? 'facts seen from inside' : metrics.join(', ');
    const stand = publishedWords(name);
    return `${name}: ${title}; ${from}; measured by \`${command}\`${stand === '' ? '' : `; else published: ${stand}`}`;
  });
  return [principle, ...all, '', 'Quantities:', ...shown].join('\n');
}

export function rulesMarkdown(rules: readonly Rule[]): string {
  return [principle, markdownTable(rulesTable(rules)), markdownTable(quantitiesTable(rules))].join('\n\n');
}

/** The form of `--rules-file` too. */
export function rulesJson(rules: readonly Rule[]): string {
  return safeJson({
    schema: 1,
    kind: 'rules',
    rules,
    quantities: Object.fromEntries(used(rules).map((name) => [name, quantities[name]])),
    fields,
  });
}

function rulesTable(rules: readonly Rule[]): Table {
  return table(
    'rules',
    'Rules',
    columns('Rule', 'Strength', 'For', 'Statement', 'When', 'Shown by'),
    rules.map(({ id, strength, side, statement, when, shownBy, confirmedBy }) => ({
      head: id,
      cells: [
        strength,
        side,
        statement,
        when.map(conditionWords).join(' and '),
        confirmedBy === null ? shownBy.join(', ') : `assumed, or seen: ${confirmedBy}`,
      ].map(text),
    })),
  );
}

function quantitiesTable(rules: readonly Rule[]): Table {
  return table(
    'quantities',
    'Quantities',
    columns('Quantity', 'What', 'Metrics', 'Measured by', 'Published instead'),
    used(rules).map((name) => {
      const { title, metrics, command } = quantities[name];
      const from = metrics.length === 0 ? 'facts seen from inside' : metrics.join(', ');
      return { head: name, cells: [title, from, command, publishedWords(name)].map(text) };
    }),
  );
}

/** Those that a rule or an objective looks at. */
function used(rules: readonly Rule[]): Quantity[] {
  const objectives: readonly Quantity[] = ['start', 'memory', 'latency'];
  const named = new Set([
    ...objectives,
    ...rules.flatMap(({ shownBy, confirmedBy }) => (confirmedBy === null ? shownBy : [confirmedBy])),
  ]);
  return quantityNames.filter((name) => named.has(name));
}

function publishedWords(name: Quantity): string {
  return (quantities[name].published ?? [])
    .map((id) => `${id} (${publishedRows.find((row) => row.id === id)?.source ?? ''})`)
    .join(' against ');
}

function conditionWords(condition: Condition): string {
  if ('equals' in condition) return `${condition.field} is ${condition.equals}`;
  if ('contains' in condition) return `${condition.field} has ${condition.contains}`;
  return `${condition.field} >= ${condition.atLeast}`;
}
