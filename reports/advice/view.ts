/** Advice as the parts that every format draws: the answer first, then each app with what it rests on. */
import { answerSentence, type Advice, type AppAdvice, type ServerAdvice } from '../../guidance/advise.ts';
import type { Finding, Item } from '../../guidance/findings.ts';
import { publishedSources } from '../../guidance/published/index.ts';
import {
  badge,
  columns,
  folded,
  narrow,
  table,
  text,
  type Block,
  type Notice,
  type Section,
  type TableCell,
  type Tone,
  type View,
} from '../parts/parts.ts';
import { ageWords } from '../published/words.ts';
import { count } from '../parts/words.ts';

const stateTones: Readonly<Record<Finding['state'], Tone>> = {
  fires: 'more',
  'does not fire': 'same',
  unknown: 'unsure',
  'not asked': 'plain',
};

const itemTones: Readonly<Record<Item['state'], Tone>> = {
  for: 'more',
  against: 'less',
  'no difference': 'same',
  unclear: 'unsure',
  few: 'unsure',
  refused: 'refused',
  missing: 'plain',
};

/** "measured: results/quick": class and source. */
export function evidenceWords({ evidence, source }: Finding | Item): string {
  return source === null ? evidence : `${evidence}: ${source}`;
}

/** With the age of what is published: "published: KAR20, 2020, over 5 years". */
export function itemEvidence(item: Item, today: Date): { readonly text: string; readonly tone: Tone } {
  const words = evidenceWords(item);
  if (item.evidence !== 'published') return { text: words, tone: 'plain' };
  const { text: age, tone } = ageWords(item, today);
  return { text: `${words}, ${age}`, tone };
}

/** @param today the day it is read on, for the age of what is published */
export function adviceView(advice: Advice, today: Date): View {
  return {
    opening: {
      title: `Advice for ${advice.name}`,
      subtitle: advice.answer,
      answer: [...advice.apps.map(answerSentence), ...impossibleLines(advice)],
      acceleration: [],
      tilesTitle: '',
      tiles: [],
      counts: advice.apps.map(({ app, answer }) => ({
        text: `${app}: ${answer}`,
        tone: answer === 'unknown' ? 'unsure' : 'plain',
      })),
      facts: advice.servers.map(({ server, profile }) => ({
        term: `Measured for ${server}`,
        value: profile ?? 'nothing: no usable record was given',
      })),
      headline: null,
      notices: conflicts(advice),
    },
    sections: [
      ...advice.apps.map((app) => appSection(app, today)),
      caveats(advice),
      sourcesSection(advice, today),
    ].filter(({ blocks }) => blocks.length > 0),
    footer:
      'No rule has a weight: hard rules decide, soft ones count where evidence supports them; `tare advise --rules` prints them. Numbers of VMs are of the runner, version and configuration that is named, on the host that is named.',
  };
}

function impossibleLines({ servers }: Advice): string[] {
  return servers.some(({ impossible }) => impossible.length > 0)
    ? ['All of it together is not available on this server.']
    : [];
}

/** What qualifies the answers, after them. */
function caveats({ servers }: Advice): Section {
  return { id: 'caveats', title: 'Read with it', lead: [], blocks: servers.flatMap(serverNotices) };
}

function conflicts({ apps, servers }: Advice): Notice[] {
  const lines = [
    ...apps.flatMap(({ app, conflict }) => (conflict === null ? [] : [`${app}: ${conflict}`])),
    ...servers.flatMap(({ impossible }) => impossible),
  ];
  return lines.length === 0
    ? []
    : [{ kind: 'notice', tone: 'refused', title: 'These requirements cannot be met', lines }];
}

function serverNotices({ server, remarks, elsewhere }: ServerAdvice): Notice[] {
  const others = elsewhere.map(
    ({ profile, differs, answers }) =>
      `by ${profile} instead: ${answers}${differs === '' ? '' : ` (differs in ${differs})`}`,
  );
  return [
    ...(others.length === 0
      ? []
      : [
          {
            kind: 'notice' as const,
            tone: 'warn' as const,
            title: `${server}: other records, kept apart`,
            lines: others,
          },
        ]),
    ...(remarks.length === 0
      ? []
      : [
          {
            kind: 'notice' as const,
            tone: 'warn' as const,
            title: `${server}: read with it`,
            lines: remarks,
          },
        ]),
  ];
}

/** What spoke or could have spoken; the rest is folded. */
export function spoke({ state }: Finding): boolean {
  return state !== 'not asked';
}

function appSection(app: AppAdvice, today: Date): Section {
  const asked = app.findings.filter(spoke);
  const others = app.findings.filter((finding) => !spoke(finding));
  const id = (part: string) => `${part}-${idOf(app.app)}`;
  // Several apps have the same tables, so each is named.
  const caption = (words: string) => `${words}: ${app.app}`;
  const rules = (name: string, words: string, some: readonly Finding[]) =>
    table(
      id(name),
      caption(words),
      columns('Rule', 'State', 'Evidence', 'Says'),
      some.map((one) => ({
        head: `${one.rule}, for ${one.side}`,
        cells: [badge(one.state, stateTones[one.state]), narrow(evidenceWords(one)), narrow(one.why)],
      })),
    );
  const items = asked.flatMap((finding) => finding.items.map((item) => ({ finding, item })));
  const shown: Block = {
    kind: 'table',
    table: table(
      id('shown'),
      caption('What shows it'),
      columns('Rule', 'Is', 'Evidence', 'Quantity and numbers'),
      items.map(({ finding, item }) => ({
        head: `${finding.rule}, for ${finding.side}`,
        cells: [badge(item.state, itemTones[item.state]), evidenceCell(item, today), narrow(item.words)],
      })),
      ['Costs are of the VM over the container: above 1 the VM takes more.'],
    ),
  };
  const blocks: Block[] = [
    ...(asked.length === 0
      ? []
      : [{ kind: 'table' as const, table: rules('rules', 'Rules and objectives', asked) }]),
    ...(items.length === 0 ? [] : [shown]),
    ...(app.flips.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            table: table(
              id('flips'),
              caption('What would change the recommendation'),
              columns('With', 'Answer'),
              app.flips.map(({ words, answer }) => ({ head: words, cells: [text(answer)] })),
              ['Each was found by deciding again with that one thing changed.'],
            ),
          },
        ]),
    ...(app.measureNext.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            table: table(
              id('next'),
              caption('What to measure next'),
              columns('Run', 'Shows', 'Could change the answer to'),
              app.measureNext.map(({ command, tells, couldTurn }) => ({
                head: command,
                cells: [
                  text(tells),
                  text(
                    couldTurn.length === 0 ? 'nothing else, only with more confidence' : couldTurn.join(', '),
                  ),
                ],
              })),
            ),
          },
        ]),
    ...(others.length === 0
      ? []
      : [folded(rules('others', `${count(others.length, 'rule')} that do not apply`, others))]),
  ];
  return {
    id: id('app'),
    title: `${app.app}: ${app.answer}`,
    link: app.app,
    lead: [`Confidence: ${app.confidence}.`, ...(app.conflict === null ? [] : [app.conflict])],
    blocks,
  };
}

/** In the colour of its age where it is published. */
function evidenceCell(item: Item, today: Date): TableCell {
  const { text: words, tone } = itemEvidence(item, today);
  return tone === 'plain' ? narrow(words) : badge(words, tone);
}

/** Ids of elements are made of letters that need no escape, whatever an app is called. */
function idOf(name: string): string {
  return Array.from(name, (letter) =>
    /[a-z0-9]/i.test(letter) ? letter : `_${letter.codePointAt(0) ?? 0}`,
  ).join('');
}

/** Citations of the publications used instead of measurements. */
function sourcesSection({ apps }: Advice, today: Date): Section {
  const cited = new Set(
    apps.flatMap(({ findings }) =>
      findings.flatMap(({ items }) =>
        items.filter(({ evidence }) => evidence === 'published').map(({ source }) => source),
      ),
    ),
  );
  const rows = publishedSources
    .filter(({ key }) => cited.has(key))
    .map((source) => {
      const age = ageWords(source, today);
      return { head: source.key, cells: [text(source.citation), badge(age.text, age.tone)] };
    });
  const blocks: Block[] =
    rows.length === 0
      ? []
      : [
          {
            kind: 'table',
            table: table('sources', 'Publications cited', columns('Key', 'Citation', 'Year'), rows, [
              'Numbers of other hosts. They are used where nothing was measured, and never combined with measurements.',
            ]),
          },
        ];
  return { id: 'publications', title: 'Publications', lead: [], blocks };
}
