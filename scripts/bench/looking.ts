/**
 * What finding out that a service is ready costs: the instance, whose CPU time until ready must not grow with the
 * time that its service sleeps before it listens; and tare, which looks from outside meanwhile.
 */
import type { ServiceSpec } from '../../model/scenario.ts';
import { median } from '../../model/descriptive.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { namespace } from '../../runners/namespace/index.ts';
import { oci } from '../../runners/oci/index.ts';
import { qemu } from '../../runners/qemu/index.ts';
import type { Runner } from '../../runners/runner.ts';
import { byTare, withBed, type Bed } from './launches.ts';
import { boundRow, interleave, ratioRow, type Bench, type Row } from './row.ts';

const rounds = { container: 20, machine: 5 };
const sleepSeconds = 0.3;

function service(seconds: number): ServiceSpec {
  const script = `busybox sleep ${String(seconds)}; exec busybox httpd -f -p 127.0.0.1:{port} -h .`;
  const argv = ['busybox', 'sh', '-c', script];
  return { name: 'httpd', argv, input: '', port: 18_090, ready: { kind: 'tcp' }, own: null };
}

const ownCpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function rowsOf<Options>(
  bed: Bed,
  name: string,
  runner: Runner<Options>,
  options: object,
  { times, goal }: { readonly times: number; readonly goal: number },
): Promise<readonly Row[]> {
  const { prepared, charged } = await byTare(bed, runner, options);
  const own: number[] = [];
  const sleeping = async () => {
    const [cpu, at] = [ownCpuSeconds(), monotonicSeconds()];
    const seconds = await charged(service(sleepSeconds));
    own.push((ownCpuSeconds() - cpu) / (monotonicSeconds() - at));
    return seconds;
  };
  const values = await interleave(times, sleeping, () => charged(service(0)));
  await prepared[Symbol.asyncDispose]();
  const cores = median(own) ?? Number.NaN;
  return [
    ratioRow(`${name}: CPU until ready, service that sleeps 300 ms / one that does not`, values, goal),
    boundRow(`${name}: tare's own CPU during such a launch`, cores, 'cores', null, own.length),
  ];
}

export const looking: Bench = (say) =>
  withBed(say, async (bed) => {
    say(`looking: ${String(rounds.container)} rounds of containers, twice`);
    const container = { times: rounds.container, goal: 1.2 };
    const rows = [
      ...(await rowsOf(bed, 'namespace', namespace, { user: 'root' }, container)),
      ...(await rowsOf(bed, 'runc', oci, { runtime: 'runc' }, container)),
    ];
    say(`looking: ${String(rounds.machine)} rounds of virtual machines`);
    const machine = { times: rounds.machine, goal: 1.05 };
    return [...rows, ...(await rowsOf(bed, 'VM', qemu, { machine: 'q35', accel: 'auto' }, machine))];
  });
