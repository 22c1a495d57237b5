#!/usr/bin/env node
/**
 * The program: standard streams, signals and the exit status around the command line. The only file that exits.
 */
import { styleText } from 'node:util';
import { exitCode, UserError } from '../model/errors.ts';
import { runCommandLine } from './cli.ts';
import type { Output } from './command.ts';

/**
 * Standard streams as an Output. A reader of results that goes away (`tare report ... | head`) has what it wanted.
 * One of progress (`tare run ... 2>&1 | head`) ends the command as Ctrl-C does: nothing is left behind.
 */
function standardOutput(): Output {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (progressGone) return;
    progressGone = true;
    if (caught === undefined) process.exit(exitCode.interrupted);
    process.kill(process.pid, 'SIGTERM');
  });
  const live = process.stderr.isTTY && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;
  let statusShown = false;
  const clear = () => {
    if (statusShown) process.stderr.write('\r\u001b[K');
    statusShown = false;
  };
  return {
    out: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    err: (text) => {
      clear();
      const plain = !process.stderr.isTTY || process.env['NO_COLOR'] !== undefined;
      process.stderr.write(`${plain ? text : text.replace(/^tare:/, styleText('bold', 'tare:'))}\n`);
    },
    status: (text) => {
      if (!live) return;
      clear();
      process.stderr.write(text.slice(0, (process.stderr.columns || 80) - 1));
      statusShown = text !== '';
    },
    live,
    color: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    columns: process.stdout.columns || 100,
    get signal() {
      return interruption();
    },
  };
}

let caught: AbortSignal | undefined;
/** Nobody reads stderr any more. */
let progressGone = false;

/**
 * Signals are caught from when a command first reads this, because it has something to clean up. The others
 * only compute, and a computation that keeps the event loop busy would otherwise not hear Ctrl-C at all.
 */
function interruption(): AbortSignal {
  caught ??= catchSignals();
  return caught;
}

function catchSignals(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    // Asked twice: leave at once. Instances die with this process, and `tare gc` takes the rest.
    if (controller.signal.aborted) process.exit(exitCode.interrupted);
    controller.abort(new UserError('interrupted', 'continue with --resume', exitCode.interrupted));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  return controller.signal;
}

process.exitCode = await runCommandLine(process.argv.slice(2), standardOutput());
