/**
 * `npm run gate-example`: the pipeline of docs/ci from a clean clone of this commit, with real launches. It measures,
 * calibrates, keeps a baseline, proves the gate and judges a run in which nothing changed, then one whose instances
 * get a twentieth of a CPU. Takes some minutes on a quiet host and needs root, as limiting a group does; on a busy
 * one blocks are voided, calibration has nothing to go by, and it says so. Not part of the tests for these reasons.
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createRuler } from '../host/cgroup/cgroup.ts';
import { root, run } from './process.ts';
import { readYaml, runSteps, type Ran, type Workflow } from './testing/workflow.ts';

/** Of one CPU, for all instances together. */
const limitedTo = 0.05;

const scratch = mkdtempSync(join(tmpdir(), 'tare-gate-example-'));
const clone = join(scratch, 'tare');
const place = join(scratch, 'work');
const say = (line: string) => console.log(`\n# ${line}`);

async function must(argv: readonly string[], cwd: string): Promise<void> {
  const { code, stderr } = await run(argv, { cwd });
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}: ${stderr}`);
}

/** The commands that the pipelines call: tare of the clone; `npm install -g tare-bench` is what the clone stands for. */
function command(name: string, line: string): void {
  const file = join(scratch, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${line}\n`);
  chmodSync(file, 0o755);
}

function job(name: string): Ran {
  const { env, jobs } = readYaml('docs/ci/github.yml') as Workflow;
  const search = [join(scratch, 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''];
  const noExpression = (expression: string): never => {
    throw new Error(`an expression in a script: ${expression}`);
  };
  const ran = runSteps(jobs[name]?.steps ?? [], noExpression, {
    cwd: place,
    env: { ...env, PATH: search.join(delimiter) },
  });
  console.log(ran.log.trim());
  console.log(`# ended with ${String(ran.code)}`);
  return ran;
}

/** Every instance of tare on this host lies below this group. */
async function limited<T>(use: () => T): Promise<T> {
  const ruler = createRuler();
  if (!ruler.usable) throw new Error(`no group can be limited here: ${ruler.reason}`);
  const hold = await ruler.createGroup(`tare/gate-example-${String(process.pid)}`);
  const all = ruler.existingGroup('tare');
  try {
    const { unset } = await all.limit({ cpuQuota: limitedTo });
    if (unset.length > 0) throw new Error(`the CPU quota could not be set: ${unset.join(', ')}`);
    return use();
  } finally {
    await all.limit({ cpuQuota: 64 });
    await hold.remove();
  }
}

try {
  say('a clean clone of this commit');
  mkdirSync(join(scratch, 'bin'));
  mkdirSync(join(place, 'perf'), { recursive: true });
  await must(['git', 'clone', '--quiet', root, clone], scratch);
  await must(['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], clone);
  command('tare', `exec '${process.execPath}' '${join(clone, 'cli/main.ts')}' "$@"`);
  command('npm', 'echo "not installed from a registry: npm $*"');
  copyFileSync(join(clone, 'docs/ci/scenario.yaml'), join(place, 'perf/scenario.yaml'));

  say('job baseline: five runs, calibration, baseline, proof');
  const baseline = job('baseline');
  say('job gate: nothing changed');
  const same = baseline.code === 0 ? job('gate') : null;
  rmSync(join(place, 'results/head'), { recursive: true, force: true });
  say(`job gate: instances limited to ${String(limitedTo)} of a CPU`);
  const slower = baseline.code === 0 ? await limited(() => job('gate')) : null;

  const good = baseline.code === 0 && [0, 5].includes(same?.code ?? 70) && slower?.code === 1;
  say(good ? 'as it should be: nothing changed did not fail, a regression did' : 'NOT as it should be');
  process.exitCode = good ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
