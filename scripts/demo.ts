/** `npm run demo`: sets the machine up, measures the quick scenario, and ends with the path of its report. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, tare } from './process.ts';
import { setUp } from './setup.ts';

await setUp((line) => console.error(line));
const [node = '', ...args] = tare('run', join(root, 'scenarios/quick.yaml'), ...process.argv.slice(2));
// The terminal is handed over, so that progress is live and Ctrl-C reaches the run, which cleans up itself.
process.on('SIGINT', () => undefined);
const child = spawn(node, args, { stdio: 'inherit' });
child.once('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 70);
});
