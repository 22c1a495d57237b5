/**
 * From what the script printed to facts: keys and values as they came, and what became of each system
 * call. Reached means neither ENOSYS nor EPERM, nor killed by a filter: the kernel's own code for the call
 * was entered. How many calls that is says how much of a kernel is in reach, not how safe it is (C28).
 */
import { constants } from 'node:os';
import type { CallAnswer, SurfaceFacts } from '../../model/observation.ts';
import { UnreadableOutput } from '../workloads/output.ts';
import { callNames, callNumber } from './call-names.ts';
import { attemptNames, lastCall, ownCalls } from './checker.ts';

/** Keys that every examined instance answers, on any architecture. */
const expected = ['kernel.release', 'kernel.boot-id', 'process.CapEff', 'memory.total', 'neighbour.file'];

/** What was read inside; the host's own side is added by who ran it. */
export type InsideFacts = Pick<SurfaceFacts, 'facts' | 'calls' | 'attempts'>;

/** Reads the output of `examineScript`. Throws UnreadableOutput when a fact is missing or the calls are cut. */
export function parseFacts(stdout: string): InsideFacts {
  const facts: Record<string, string> = {};
  let answers: string | null = null;
  for (const line of stdout.split('\n')) {
    const [, key, value = ''] = /^([a-zA-Z.\-_]+) ?(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (key === 'calls') answers = value;
    else facts[key] = value.trim();
  }
  for (const key of expected) {
    if (facts[key] === undefined || facts[key] === '') {
      throw new UnreadableOutput('the surface script', `fact ${key}`, stdout);
    }
  }
  return { facts, ...(answers === null ? { calls: null, attempts: {} } : readAnswers(answers)) };
}

function readAnswers(text: string): Pick<InsideFacts, 'calls' | 'attempts'> {
  const wanted = lastCall + 1 + ownCalls.length + attemptNames.length;
  const statuses = (text.match(/[0-9a-f]{4}/g) ?? []).map((word) => Number.parseInt(word, 16));
  if (statuses.length !== wanted || text.length !== wanted * 4) {
    throw new UnreadableOutput('the checker', `answer for each of ${wanted} tries`, text);
  }
  const byNumber = new Map([...callNames.keys()].map((number) => [number, statuses[number] ?? untried]));
  for (const [index, name] of ownCalls.entries()) {
    byNumber.set(callNumber(name), statuses[lastCall + 1 + index] ?? untried);
  }
  const calls: Record<CallAnswer, number[]> = { reached: [], refused: [], absent: [], untried: [] };
  for (const [number, status] of byNumber) calls[answerOf(status)].push(number);
  const attempts = Object.fromEntries(
    attemptNames.map((name, index) => [
      name,
      wordOf(statuses[lastCall + 1 + ownCalls.length + index] ?? untried),
    ]),
  );
  return { calls, attempts };
}

const untried = 0xffff;

/** What a wait status says of a call; see the checker for its form. */
export function answerOf(status: number): CallAnswer {
  if (status === untried) return 'untried';
  const signal = status & 0x7f;
  if (signal !== 0) return signal === constants.signals.SIGSYS ? 'refused' : 'reached';
  const error = status >> 8;
  if (error === constants.errno.ENOSYS) return 'absent';
  return error === constants.errno.EPERM ? 'refused' : 'reached';
}

/** "done", the name of the error, or the signal that ended it. */
function wordOf(status: number): string {
  if (status === untried) return 'untried';
  const signal = status & 0x7f;
  if (signal !== 0) return nameIn(constants.signals, signal) ?? `signal ${signal}`;
  const error = status >> 8;
  return error === 0 ? 'done' : (nameIn(constants.errno, error) ?? `error ${error}`);
}

function nameIn(table: Readonly<Record<string, number>>, wanted: number): string | undefined {
  return Object.entries(table).find(([, number]) => number === wanted)?.[0];
}
