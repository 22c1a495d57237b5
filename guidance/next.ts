/**
 * What to measure to be surer: the commands that would raise what an answer rests on, those first whose outcome
 * could change it. Found by supposing each outcome and deciding again.
 */
import { decide, type Answer, type Decision, type Question } from './decide.ts';
import type { Evidence, Value } from './evidence.ts';
import { supposing } from './what-if.ts';
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
  const steps = new Map<string, { tells: Map<Quantity, string>; couldTurn: Set<Answer> }>();
  const add = (quantity: Quantity, own: boolean) => {
    const command = commandFor(question, quantity, own);
    const step = steps.get(command) ?? { tells: new Map<Quantity, string>(), couldTurn: new Set<Answer>() };
    // Of its own work says the more, and takes the place of the other.
    step.tells.set(
      quantity,
      `${quantities[quantity].title}${own ? `, of its own work${ownWords(question)}` : ''}`,
    );
    for (const evidence of own ? outcomesOfLimit(question, quantity) : outcomesOfRules(question, quantity)) {
      const { answer } = decide({ ...question, evidence });
      if (answer !== decision.answer) step.couldTurn.add(answer);
    }
    steps.set(command, step);
  };
  for (const quantity of quantitiesToTell(question, decision)) add(quantity, false);
  for (const quantity of decision.openLimits) add(quantity, true);
  const all = [...steps].map(([command, { tells, couldTurn }]): Step => ({
    command,
    tells: [...tells.values()].join(', '),
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

function commandFor({ evidence, app }: Question, quantity: Quantity, limit: boolean): string {
  const { command: general, ownCommand } = quantities[quantity];
  const command = limit ? (ownCommand ?? general) : general;
  const own = evidence.contrasts.filter((one) => one.quantity === quantity);
  const needed = Math.max(0, ...own.map(({ blocksNeeded }) => blocksNeeded ?? 0));
  const blocks = needed > 0 ? ` --blocks ${needed}` : '';
  // Where VMs are emulated, more of the same tells no more.
  const needsKvm = quantities[quantity].metrics.length > 0 && evidence.contrasts.some(isEmulated);
  const isRefused = own.some(
    ({ favours, remark }) => favours === 'refused' && /^C1[78]\b/.test(remark ?? ''),
  );
  const where = needsKvm || isRefused ? ', on a host where KVM runs VMs' : '';
  const rate = quantity === 'latency' ? rateOf(app.objectives.load) : '';
  return `${command}${blocks}${rate}${where}`;
}

function rateOf(load: string): string {
  return load.endsWith('/s') ? ` (with ${load} among the rates of its workloads)` : '';
}

/** " (workload nginx)": which of a record's workloads would count. */
function ownWords({ app: { workload } }: Question): string {
  return workload === null ? ' (name it with workload:)' : ` (workload ${workload})`;
}

/** Every way in which the quantity could turn out between the sides. */
function outcomesOfRules(question: Question, quantity: Quantity): Evidence[] {
  return (['vm', 'container', 'neither'] as const).map((favours) => supposing(question, quantity, favours));
}

/** Every way in which the sides could keep or miss the limit. */
function outcomesOfLimit(question: Question, quantity: Quantity): Evidence[] {
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
      scenario: '',
      workload: app.workload ?? '',
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
  return values.map((some): Evidence => ({ ...question.evidence, values: some }));
}
