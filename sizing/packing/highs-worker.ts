/** The solver's thread: HiGHS blocks while it computes, so it does so here. One model in, one answer out. */
import { parentPort } from 'node:worker_threads';
import loadHighs from 'highs';

interface Asked {
  readonly model: string;
  readonly seconds: number;
}

interface Answer {
  readonly Status: string;
  readonly ObjectiveValue: number;
  readonly Columns: Readonly<Record<string, object>>;
  readonly Rows: readonly { readonly Name: string }[];
}

interface Solves {
  solve(model: string, options: Readonly<Record<string, string | number | boolean>>): Answer;
}

// The package declares its types for CommonJS, where the loader would be a property of what is imported.
const solver = await (loadHighs as unknown as () => Promise<Solves>)();
parentPort?.on('message', ({ model, seconds }: Asked) => {
  try {
    const { Status, ObjectiveValue, Columns, Rows } = solver.solve(model, {
      output_flag: false,
      time_limit: seconds,
      mip_rel_gap: 1e-9,
      random_seed: 1,
    });
    const value = (entry: object, name: 'Primal' | 'Dual'): number =>
      name in entry ? Number((entry as Readonly<Record<string, unknown>>)[name]) : 0;
    parentPort?.postMessage({
      status: Status,
      objective: ObjectiveValue,
      columns: Object.entries(Columns).map(([name, column]) => [name, value(column, 'Primal')]),
      duals: Rows.map((row) => [row.Name, value(row, 'Dual')]),
    });
  } catch (error) {
    parentPort?.postMessage({ status: String(error), objective: NaN, columns: [], duals: [] });
  }
});
