/**
 * The one door to HiGHS, an LP and MILP solver compiled to WebAssembly. It is loaded when first asked, in a
 * thread of its own that can be ended: its own time limit is not kept while it presolves.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Solution {
  /** `Optimal`, `Infeasible`, `Time limit reached`..., or what went wrong. */
  readonly status: string;
  readonly objective: number;
  /** Variables that are not 0, by name. */
  readonly values: ReadonlyMap<string, number>;
  /** Rows' duals, of a model without integers. */
  readonly duals: ReadonlyMap<string, number>;
}

export interface Solver extends AsyncDisposable {
  /** A model in CPLEX LP format. Never rejects: a solver that dies or is late says so in its status. */
  solve(model: string, seconds: number): Promise<Solution>;
}

interface Answer {
  readonly status: string;
  readonly objective: number;
  readonly columns: readonly (readonly [string, number])[];
  readonly duals: readonly (readonly [string, number])[];
}

/** What loading and one step of presolve may take on top of the limit. */
const graceSeconds = 1;

export function openSolver(): Solver {
  const file = new URL(`./highs-worker${extname(import.meta.filename)}`, import.meta.url);
  let worker: Worker | null = null;
  const end = async (): Promise<void> => {
    const ended = worker;
    worker = null;
    await ended?.terminate();
  };
  const solve = async (model: string, seconds: number): Promise<Solution> => {
    worker ??= new Worker(file);
    const answer = await ask(worker, model, seconds);
    if (answer !== null && answer.columns.length > 0) {
      return {
        ...answer,
        values: new Map(answer.columns.filter(([, value]) => value !== 0)),
        duals: new Map(answer.duals),
      };
    }
    // After an error the instance is not to be trusted: the next model gets a fresh one.
    await end();
    return {
      status: answer?.status ?? 'no answer in time',
      objective: NaN,
      values: new Map(),
      duals: new Map(),
    };
  };
  return { solve, [Symbol.asyncDispose]: end };
}

function ask(worker: Worker, model: string, seconds: number): Promise<Answer | null> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | null): void => {
      clearTimeout(timer);
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      resolve(answer);
    };
    const failed = (status: string) => settle({ status, objective: NaN, columns: [], duals: [] });
    const timer = setTimeout(() => settle(null), (seconds + graceSeconds) * 1000);
    worker.once('message', (answer: Answer) => settle(answer));
    worker.once('error', (error) => failed(String(error)));
    worker.once('exit', (code) => failed(`the solver's thread exits ${String(code)}`));
    worker.postMessage({ model, seconds });
  });
}
