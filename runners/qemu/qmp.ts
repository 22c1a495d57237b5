/**
 * A small client of QEMU's machine protocol (QMP) over one stream: greeting, commands one after another,
 * events. Specification: docs/interop/qmp-spec of QEMU.
 */
import type { Duplex } from 'node:stream';
import type { Seconds } from '../../model/quantities.ts';

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Seconds;
}

export interface Qmp {
  /** Instant the greeting arrived: QEMU's machine is made and its main loop runs. */
  readonly greeted: Promise<Seconds>;
  /** Sends a command; rejects with QEMU's own words, or when the stream has ended. */
  execute(command: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Events so far, oldest first. */
  readonly events: readonly QmpEvent[];
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Message = Readonly<Record<string, unknown>>;

/** Opens the session and leaves its negotiation mode as soon as QEMU has greeted. */
export function openQmp(
  stream: Duplex,
  options: { readonly now: () => Seconds; readonly onEvent?: (event: QmpEvent) => void },
): Qmp {
  const pending = new Map<number, Pending>();
  const events: QmpEvent[] = [];
  const { promise: greeted, resolve: greet, reject: refuse } = Promise.withResolvers<Seconds>();
  greeted.catch(() => undefined);
  let serial = 0;
  let ended: Error | null = null;

  const end = (error: Error): void => {
    ended ??= error;
    refuse(error);
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  const execute: Qmp['execute'] = (command, parameters) =>
    new Promise((resolve, reject) => {
      if (ended !== null) {
        reject(ended);
        return;
      }
      const id = (serial += 1);
      pending.set(id, { command, resolve, reject });
      const request =
        parameters === undefined ? { execute: command, id } : { execute: command, arguments: parameters, id };
      stream.write(`${JSON.stringify(request)}\n`);
    });
  const take = (message: Message, at: Seconds): void => {
    if ('QMP' in message) {
      greet(at);
      execute('qmp_capabilities').catch(() => undefined);
    } else if (typeof message['event'] === 'string') {
      const event = { name: message['event'], data: (message['data'] ?? {}) as Message, at };
      events.push(event);
      options.onEvent?.(event);
    } else if (typeof message['id'] === 'number') {
      const waiting = pending.get(message['id']);
      pending.delete(message['id']);
      if ('error' in message)
        waiting?.reject(new Error(`QEMU: ${waiting.command}: ${errorText(message['error'])}`));
      else waiting?.resolve(message['return']);
    }
  };

  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const at = options.now();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parse(line);
      if (message !== null) take(message, at);
    }
  });
  for (const name of ['end', 'close'] as const) stream.on(name, () => end(new Error('QEMU has ended')));
  stream.on('error', (error: Error) => end(error));
  return { greeted, execute, events };
}

function parse(line: string): Message | null {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Message) : null;
  } catch {
    return null;
  }
}

function errorText(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'desc' in error ? error.desc : error;
  return typeof text === 'string' ? text : JSON.stringify(text);
}
