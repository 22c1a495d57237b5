/** The command line in this process, as tests call it: its words go in, what it said and its exit code come out. */
import { runCommandLine } from '../cli.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function tare(...words: readonly string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommandLine(words, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    status: () => undefined,
    live: false,
    color: false,
    columns: 100,
    signal: new AbortController().signal,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
