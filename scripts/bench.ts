/**
 * `npm run bench [NAME...]`: what tare itself costs, as ratios with intervals from interleaved runs made in one
 * go on this machine. Quote its figures only with the machine and the date.
 */
import { messageOf } from '../model/errors.ts';
import { help } from './bench/help.ts';
import { history } from './bench/history.ts';
import { idle } from './bench/idle.ts';
import { imports } from './bench/import.ts';
import { looking } from './bench/looking.ts';
import { machines } from './bench/machines.ts';
import { page } from './bench/page.ts';
import { rates } from './bench/rates.ts';
import { report } from './bench/report.ts';
import { formatRows, type Bench, type Row } from './bench/row.ts';
import { sampler } from './bench/sampler.ts';
import { share } from './bench/share.ts';
import { sizing } from './bench/sizing.ts';
import { start } from './bench/start.ts';
import { verdicts } from './bench/verdicts.ts';

const benches: Readonly<Record<string, Bench>> = {
  help,
  start,
  rates,
  idle,
  looking,
  machines,
  sampler,
  report,
  page,
  share,
  import: imports,
  verdicts,
  sizing,
  history,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`No such bench: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    rows.push(...(await bench((line) => console.error(line))));
  } catch (error) {
    console.error(`${name}: ${messageOf(error)}`);
    rows.push({ what: name, value: 'could not run', n: 0, goal: '', met: false });
  }
}
console.log(formatRows(rows));
process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0;
