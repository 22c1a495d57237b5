/**
 * What to measure to be surer: the commands that would raise what an answer rests on, those first whose outcome
 * could change it. Found by supposing each outcome and deciding again.
 */
import { decide, type Answer, type Decision, type Question } from './decide.ts';
import type { Evidence, Value } from './evidence.ts';
import { supposing } from './flips.ts';
import { limited } from './objectives.ts';
import { quantities, type Quantity } from './quantities.ts';
import type { Side } from './requirements.ts';

export interface Step {
  readonly command: string;
  /** What it would tell. */
  readonly tells: string;
  /** Answers that its outcome could bring in place of this one; empty: it would only make it surer. */
  readonly couldTurn: readonly Answer[];
}

export function nextSteps(question: Question, decision: Decision): Step[] {
  const steps = new Map<string, { tells: Set<string>; couldTurn: Set<Answer> }>();
  for (const quantity of quantitiesToTell(question, decision)) {
    const command = commandFor(question, quantity);
    const step = steps.get(command) ?? { tells: new Set<string>(), couldTurn: new Set<Answer>() };
    step.tells.add(quantities[quantity].title);
    for (const evidence of outcomes(question, quantity)) {
      const { answer } = decide({ ...question, evidence });
      if (answer !== decision.answer) step.couldTurn.add(answer);
    }
    steps.set(command, step);
  }
  const all = [...steps].map(([command, { tells, couldTurn }]): Step => ({
    command,
    tells: [...tells].join(', '),
    couldTurn: [...couldTurn],
  }));
  return [
    ...all.filter(({ couldTurn }) => couldTurn.length > 0),
    ...all.filter(({ couldTurn }) => couldTurn.length === 0),
  ];
}

/** What is open, then what was only assumed or measured under emulation. */
function quantitiesToTell({ rules, evidence }: Question, { open, findings }: Decision): Quantity[] {
  const fired = findings.filter(({ state }) => state === 'fires');
  const assumed = fired
    .filter((one) => one.evidence === 'assumed')
    .flatMap(({ rule }) => rules.find(({ id }) => id === rule)?.confirmedBy ?? []);
  const emulated = fired
    .flatMap(({ items }) => items)
    .filter(
      ({ quantity, state }) =>
        state === 'for' && evidence.contrasts.some((one) => one.quantity === quantity && isEmulated(one)),
    )
    .map(({ quantity }) => quantity);
  return [...new Set([...open, ...assumed, ...emulated])];
}

function isEmulated({ acceleration, unit }: Evidence['contrasts'][number]): boolean {
  return acceleration === 'tcg' && unit !== null;
}

function commandFor({ evidence, app }: Question, quantity: Quantity): string {
  const { command } = quantities[quantity];
  const own = evidence.contrasts.filter((one) => one.quantity === quantity);
  const needed = Math.max(0, ...own.map(({ blocksNeeded }) => blocksNeeded ?? 0));
  const blocks = needed > 0 ? ` --blocks ${needed}` : '';
  const isRefused = own.some(
    ({ favours, remark }) => favours === 'refused' && /^C1[78]\b/.test(remark ?? ''),
  );
  const where = isRefused || own.some(isEmulated) ? ', on a host where KVM runs VMs' : '';
  const rate = quantity === 'latency' ? rateOf(app.objectives.load) : '';
  return `${command}${blocks}${rate}${where}`;
}

function rateOf(load: string): string {
  return load.endsWith('/s') ? ` (with ${load} among the rates of its workloads)` : '';
}

/** Every way in which the quantity could turn out. */
function outcomes(question: Question, quantity: Quantity): Evidence[] {
  const contrasts = (['vm', 'container', 'neither'] as const).map((favours) =>
    supposing(question, quantity, favours),
  );
  const { app } = question;
  const asked = limited.filter(
    (what) => app.objectives[what] !== null && (what === 'p99' ? 'latency' : what) === quantity,
  );
  const values = asked.flatMap((what) => {
    const limit = app.objectives[what] ?? 0;
    const metric = what === 'p99' ? `network.p99-at-${app.objectives.load.replace('%', '')}` : what;
    const value = (side: Side, size: number): Value => ({
      quantity,
      metric,
      workload: '',
      source: '',
      runner: `a ${side}`,
      side,
      unit: 's',
      n: 30,
      median: size,
      interval: { low: size, high: size, level: 0.95 },
      bound: null,
    });
    const others = question.evidence.values.filter((one) => one.quantity !== quantity);
    const sizes = [limit / 2, limit * 2];
    return sizes.flatMap((vm) =>
      sizes.map((container) => [...others, value('vm', vm), value('container', container)]),
    );
  });
  return [...contrasts, ...values.map((some): Evidence => ({ ...question.evidence, values: some }))];
}
