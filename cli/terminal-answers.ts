/**
 * Answers to questions from standard input: a person at a terminal, who is asked again, or lines that were piped
 * in, of which a wrong one ends it. The one place that reads standard input.
 */
import { createInterface } from 'node:readline';
import { stdin } from 'node:process';
import type { Output } from './command.ts';

export interface Answers extends Disposable {
  readonly ask: (question: string) => Promise<string | null>;
  readonly complain: ((why: string) => void) | null;
}

export function readAnswers(output: Output): Answers {
  const lines = createInterface({ input: stdin });
  const next = lines[Symbol.asyncIterator]();
  const isTerminal = stdin.isTTY;
  return {
    ask: async (question) => {
      output.err(question.trimEnd());
      const { value, done } = await next.next();
      return done === true ? null : value;
    },
    complain: isTerminal ? output.err : null,
    [Symbol.dispose]: () => {
      lines.close();
    },
  };
}
