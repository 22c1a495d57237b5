/** Signals as images name them ("", "TERM", "SIGRTMIN+3", "15"), as one name, and as the kernel's number. */
import { constants } from 'node:os';

/** The first real-time signal that the C library leaves free; images count from it by name or number. */
const firstRealtime = 34;
const lastRealtime = 64;

/** "SIGTERM" of "TERM" and "15"; real-time signals as "SIGRTMIN+n"; null: Linux has no such signal. */
export function signalName(text: string): string | null {
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (name in constants.signals) return name;
  const number = /^[0-9]{1,2}$/.test(text) ? Number(text) : realtimeNumber(name);
  const known = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (known !== undefined) return known;
  if (number < firstRealtime || number > lastRealtime) return null;
  return number === firstRealtime ? 'SIGRTMIN' : `SIGRTMIN+${String(number - firstRealtime)}`;
}

/** The kernel's number of a name as `signalName` gives it. */
export function signalNumber(name: string): number {
  const known: Readonly<Record<string, number>> = constants.signals;
  return known[name] ?? realtimeNumber(name);
}

/** 0: none of them. */
function realtimeNumber(name: string): number {
  const relative = /^SIGRT(?:MIN(?:\+([0-9]{1,2}))?|MAX(?:-([0-9]{1,2}))?)$/.exec(name);
  if (relative === null) return 0;
  return name.startsWith('SIGRTMIN')
    ? firstRealtime + Number(relative[1] ?? 0)
    : lastRealtime - Number(relative[2] ?? 0);
}
