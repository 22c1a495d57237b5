/**
 * What would turn an answer: one thing changed at a time, and asked again. Every flip that is told was found by
 * deciding on the other side of it; its change is given in the words of the file, so that anybody can repeat it.
 */
import { formatRatio, formatValue } from '../bench/units.ts';
import { decide, type Answer, type Question } from './decide.ts';
import type { Contrast } from './evidence.ts';
import { edgesOf, limited, showLimit, type Limited } from './objectives.ts';
import { quantities, type Quantity } from './quantities.ts';
import { priorities, type AppNeeds, type Server } from './requirements.ts';

/** One field of the requirements file, as it would be written; null takes it out. */
export interface Setting {
  readonly of: 'app' | 'server';
  readonly field: string;
  readonly value: unknown;
}

export interface Flip {
  /** What is changed. */
  readonly words: string;
  readonly answer: Answer;
  /** In the file; empty: it is what was measured that would have to be otherwise. */
  readonly set: readonly Setting[];
  /** Cost of a VM over a container up to which the answer is the other one; null: nothing measured is changed. */
  readonly measured: { readonly quantity: Quantity; readonly ratio: number } | null;
}

interface Change {
  readonly words: string;
  /** It takes a need away or gives the server more: what is added besides is another question. */
  readonly relaxes?: boolean;
  readonly set: readonly Setting[];
  readonly app?: Partial<AppNeeds>;
  readonly server?: Partial<Server>;
}

/** The same question with something changed. */
export function varied(
  question: Question,
  change: { readonly app?: Partial<AppNeeds>; readonly server?: Partial<Server> },
): Question {
  const app = { ...question.app, ...change.app };
  const server = { ...question.server, ...change.server };
  const apps = question.asked.apps.map((one) => (one.id === app.id ? app : one));
  return { ...question, app, server, asked: { ...question.asked, apps } };
}

export function flipsOf(question: Question, answer: Answer): Flip[] {
  const tried = (change: Change): Flip[] => {
    const then = decide(varied(question, change)).answer;
    return then === answer ? [] : [{ words: change.words, answer: then, set: change.set, measured: null }];
  };
  const changes = [...ofApp(question), ...ofServer(question)];
  const single = changes.flatMap(tried);
  const stated = [...single, ...limited.flatMap((what) => limitFlips(question, what, tried))];
  const evidence = evidenceFlips(question, answer);
  // Where two reasons say the same, one alone turns nothing: what two reliefs together bring that one does not.
  const known = new Set(['unknown', ...[...stated, ...evidence].map((flip) => flip.answer)]);
  const reliefs = changes.filter(({ relaxes }) => relaxes === true);
  const pairs = reliefs.flatMap((one, index) =>
    reliefs.slice(index + 1).flatMap((other) =>
      isSameField(one, other)
        ? []
        : tried({
            words: `${one.words}, and ${other.words}`,
            set: [...one.set, ...other.set],
            app: { ...one.app, ...other.app },
            server: { ...one.server, ...other.server },
          }),
    ),
  );
  const further = Map.groupBy(
    pairs.filter((flip) => !known.has(flip.answer)),
    (flip) => flip.answer,
  );
  return [...stated, ...evidence, ...[...further.values()].flatMap((some) => some.slice(0, mostPairs))];
}

/** Ways of two changes at once that are told for an answer that one change does not bring. */
const mostPairs = 3;

function ofApp({ app, server, rules }: Question): Change[] {
  const set = <K extends keyof AppNeeds>(
    field: K,
    value: AppNeeds[K],
    words: string,
    relaxes = false,
  ): Change[] =>
    JSON.stringify(app[field]) === JSON.stringify(value)
      ? []
      : [{ words, relaxes, set: [{ of: 'app', field, value }], app: { [field]: value } }];
  const counts = new Set(
    rules.flatMap(({ when }) =>
      when.flatMap((one) => ('atLeast' in one && one.field === 'instances' ? [one.atLeast] : [])),
    ),
  );
  return [
    ...set('os', server.os, `os ${server.os}`, true),
    ...set('kernel', null, 'the kernel of the server', true),
    ...set('kernel', 'own', 'a kernel of its own'),
    ...set('modules', [], 'no kernel modules', true),
    ...set('architecture', null, 'the architecture of the server', true),
    ...set('isolation', 'own-kernel', 'isolation own-kernel'),
    ...set('isolation', 'shared-kernel', 'isolation shared-kernel', true),
    ...set('wholeSystem', false, 'no need of a whole operating system', true),
    ...set('wholeSystem', true, 'need of a whole operating system'),
    ...priorities.flatMap((one) =>
      app.priorities.includes(one)
        ? set(
            'priorities',
            app.priorities.filter((other) => other !== one),
            `no priority ${one}`,
            true,
          )
        : set('priorities', [...app.priorities, one], `priority ${one} as well`),
    ),
    ...[...counts].flatMap((count) =>
      app.instances >= count
        ? set('instances', Math.max(1, Math.ceil(count) - 1), `fewer than ${count} instances`)
        : set('instances', Math.ceil(count), `${count} instances`),
    ),
    ...(app.image === null ? set('image', app.id, 'an image named') : set('image', null, 'no image named')),
    ...limited.flatMap((what) =>
      app.objectives[what] === null
        ? []
        : [
            {
              words: `no ${what} objective`,
              set: [{ of: 'app' as const, field: `objectives.${what}`, value: null }],
              app: { objectives: { ...app.objectives, [what]: null } },
            },
          ],
    ),
  ];
}

function ofServer({ app, server }: Question): Change[] {
  const set = <K extends keyof Server>(
    field: K,
    value: Server[K],
    words: string,
    relaxes = true,
  ): Change[] =>
    JSON.stringify(server[field]) === JSON.stringify(value)
      ? []
      : [{ words, relaxes, set: [{ of: 'server', field, value }], server: { [field]: value } }];
  return [
    ...set('virtualization', 'hardware', 'a server with hardware virtualization'),
    ...set('virtualization', 'none', 'a server without virtualization', false),
    ...set('runs', ['vm', 'container'], 'a server that runs both'),
    ...set(
      'modules',
      [...new Set([...server.modules, ...app.modules])],
      'the modules kept loaded by the server',
    ),
  ];
}

/** A hair, where bytes have none: what is at an edge is within, what is below is not. */
const hair = 1e-9;
const within = (what: Limited, edge: number) => (what === 'memory' ? Math.ceil(edge) : edge * (1 + hair));
const below = (what: Limited, edge: number) => (what === 'memory' ? Math.ceil(edge) - 1 : edge * (1 - hair));

/** The nearest limit, tighter and looser, that turns the answer. */
function limitFlips({ app, evidence }: Question, what: Limited, tried: (change: Change) => Flip[]): Flip[] {
  const own = app.objectives[what];
  const limit = own ?? Infinity;
  const at = (value: number, words: string): Change => ({
    words,
    set: [{ of: 'app', field: `objectives.${what}`, value: written(what, value) }],
    app: { objectives: { ...app.objectives, [what]: value } },
  });
  const instead = own === null ? '' : ` instead of ${showLimit(what, own)}`;
  const edges = edgesOf(app, evidence, what).sort((a, b) => a - b);
  const tighter = edges
    .filter((edge) => edge <= limit)
    .reverse()
    .map((edge) =>
      at(below(what, edge), `${what} objective of less than ${showLimit(what, edge)}${instead}`),
    );
  const looser = edges
    .filter((edge) => edge > limit)
    .map((edge) => at(within(what, edge), `${what} objective of ${showLimit(what, edge)}${instead}`));
  const nearest = (some: readonly Change[]) => {
    for (const change of some) {
      const found = tried(change);
      if (found.length > 0) return found;
    }
    return [];
  };
  return [...nearest(tighter), ...nearest(looser)];
}

/** As the file writes it, with all its digits. */
function written(what: Limited, value: number): string {
  return what === 'memory' ? `${value}B` : `${value.toFixed(12)}s`;
}

/** The measured ratio up to which the answer would be another. */
function evidenceFlips(question: Question, answer: Answer): Flip[] {
  const { contrasts } = question.evidence;
  const used = [...new Set(contrasts.filter(({ unit }) => unit !== null).map(({ quantity }) => quantity))];
  return used.flatMap((quantity): Flip[] => {
    const own = contrasts.filter(
      (one) => one.quantity === quantity && (one.favours === 'vm' || one.favours === 'container'),
    );
    const nearest = own.toSorted((a, b) => distance(a) - distance(b))[0];
    if (nearest === undefined) return [];
    const other = { ...question, evidence: supposing(question, quantity, 'neither') };
    const then = decide(other).answer;
    if (then === answer) return [];
    const isDearer = nearest.favours === 'container';
    const ratio = isDearer ? 1 + nearest.threshold : 1 / (1 + nearest.threshold);
    const words = `${quantities[quantity].title}: a VM at ${isDearer ? 'no more' : 'no less'} than ${formatRatio(ratio)} the cost of a container${equivalent(nearest, ratio)} instead of ${formatRatio(nearest.ratio)}`;
    return [{ words, answer: then, set: [], measured: { quantity, ratio } }];
  });
}

/** ", 485 KiB,": the ratio in what the container takes. */
function equivalent({ reference, unit, better, metric }: Contrast, ratio: number): string {
  if (reference === null || unit === null || reference === 0) return '';
  return `, ${formatValue(better === 'lower' ? reference * ratio : reference / ratio, unit)} in ${metric},`;
}

function distance({ ratio }: Contrast): number {
  return ratio === null || ratio <= 0 ? Infinity : Math.abs(Math.log(ratio));
}

/** The evidence as it would be if this quantity had been measured to favour that side. */
export function supposing(
  { evidence }: Question,
  quantity: Quantity,
  favours: Contrast['favours'],
): Question['evidence'] {
  const supposed: Contrast = {
    quantity,
    metric: quantity,
    scenario: '',
    workload: '',
    source: '',
    vm: 'a VM',
    container: 'a container',
    favours,
    ratio: null,
    interval: null,
    n: 0,
    threshold: 0,
    reference: null,
    unit: quantities[quantity].metrics.length === 0 ? null : 'ratio',
    better: 'lower',
    remark: null,
    blocksNeeded: null,
    acceleration: 'none',
    imported: false,
  };
  return {
    ...evidence,
    contrasts: [...evidence.contrasts.filter((one) => one.quantity !== quantity), supposed],
  };
}

/** Two changes of one field are no two changes. */
function isSameField(one: Change, other: Change): boolean {
  const outer = ({ of, field }: Setting) => `${of}.${field.split('.')[0] ?? ''}`;
  return one.set.some((a) => other.set.some((b) => outer(a) === outer(b)));
}
