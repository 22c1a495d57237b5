/**
 * What would turn an answer: one thing changed at a time, and asked again. Every flip that is told was found by
 * deciding on the other side of it; its change is given in the words of the file, so that anybody can repeat it.
 */
import { formatRatio, formatValue } from '../model/units.ts';
import { changesOf, isSameField, varied, type Change, type Setting } from './changes.ts';
import { decide, type Answer, type Question } from './decide.ts';
import type { Contrast } from './contrast.ts';
import { edgesOf, limited, showLimit, type Limited } from './objectives.ts';
import { quantities, type Quantity } from './quantities.ts';
import { supposing } from './what-if.ts';

export interface Flip {
  /** What is changed. */
  readonly words: string;
  readonly answer: Answer;
  /** In the file; empty: it is what was measured that would have to be otherwise. */
  readonly set: readonly Setting[];
  /** Cost of a VM over a container up to which the answer is the other one; null: nothing measured is changed. */
  readonly measured: { readonly quantity: Quantity; readonly ratio: number } | null;
}

export function flipsOf(question: Question, answer: Answer): Flip[] {
  const tried = (change: Change): Flip[] => {
    const then = decide(varied(question, change)).answer;
    return then === answer ? [] : [{ words: change.words, answer: then, set: change.set, measured: null }];
  };
  const changes = changesOf(question);
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
