/** What a machine does at the moment, in the words of whatever manages it and of spreadsheets in five languages. */
import { plainName } from './table.ts';

export type Power = 'on' | 'off' | 'suspended' | 'unknown';

const suspended = /^(suspend|angehalten|saved|saving|gespeichert|paus|hibernat|サスヘント|一時停止)/;
/** Looked for before `off`: "wird ausgeführt" holds "aus". */
const running = /ausgefuhrt|^ein|encours|ejecuc|^running|^up$/;
const off =
  /off|aus|eteint|horstension|apagad|desactiv|オフ|停止|stop|^halt|down|shut|terminated|deallocated|inactive/;
const on = /on$|^ein|^on|run|^up|active|allum|encend|オン|start|^true$|^1$/;

/** `unknown` where the text says nothing of it, an empty one included. */
export function powerOf(text: string): Power {
  const plain = plainName(text);
  if (suspended.test(plain)) return 'suspended';
  if (running.test(plain)) return 'on';
  if (off.test(plain)) return 'off';
  return on.test(plain) ? 'on' : 'unknown';
}

/** Why a machine in this state takes no host; null: it takes one. */
export function whyNotRunning(power: Power): string | null {
  if (power === 'suspended') return 'suspended';
  return power === 'off' ? 'powered off' : null;
}
