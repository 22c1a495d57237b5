/** A runner made ready as a run does it: asked first whether it can run here, then prepared from what it found. */
import type { Context, Prepared, PrepareRequest, Runner } from '../runner.ts';

export async function probeAndPrepare<Options>(
  runner: Runner<Options>,
  request: Omit<PrepareRequest<Options>, 'found'>,
  context: Context,
): Promise<Prepared> {
  const found = await runner.probe(request.options, context);
  if (!found.usable) throw new Error(`cannot run here: ${found.reason}`);
  return runner.prepare({ ...request, found }, context);
}
