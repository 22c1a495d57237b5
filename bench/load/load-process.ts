/**
 * The load generator itself, in a process of its own: it can be put on other CPUs than the instance and into
 * another network namespace, and what tare does meanwhile does not make it late. Requests come as JSON lines
 * on stdin, one reply each on stdout; the end of stdin (its parent is gone, too) ends it.
 */
import { createInterface } from 'node:readline';
import { messageOf } from '../../model/errors.ts';
import { generate } from './generator.ts';
import type { LoadReply, LoadRequest } from './load.ts';

async function answer(line: string): Promise<LoadReply> {
  if (line === 'hello') return { kind: 'ready' };
  try {
    return { kind: 'result', result: await generate(JSON.parse(line) as LoadRequest) };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error) };
  }
}

// Ctrl-C reaches the whole foreground group; the parent ends stdin when it is done.
process.on('SIGINT', () => undefined);
process.stdout.on('error', () => process.exit(0));
createInterface({ input: process.stdin })
  .on('line', (line) => void answer(line).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`)))
  .on('close', () => process.exit(0));
