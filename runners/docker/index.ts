/**
 * Containers by docker, as users start them: a client that leaves (`run --detach`), a daemon that all share, a
 * shim and the container that stay. Container and shim are in the instance's group; the daemon is beside it: what
 * it spends on a launch is told apart (`shared`), never in the instance's figures.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool } from '../../host/exec.ts';
import { engineContainer } from '../../host/kept.ts';
import { exitCode, UserError } from '../../model/errors.ts';
import { cacheFolder } from '../../images/cache.ts';
import { ownUlimits, runArguments } from '../engine/args.ts';
import { makeEngineBeside } from '../engine/beside.ts';
import { joinBridge } from '../engine/bridge.ts';
import { ensureStored } from '../engine/import.ts';
import { startEngine } from '../engine/instance.ts';
import { adoptShim } from '../engine/shim.ts';
import { insideEnvironment } from '../hosted.ts';
import { createCellNetwork, networkTrait, refuseNetwork } from '../network.ts';
import { containerGroup, shortVersion } from '../oci/probe.ts';
import type { Availability, Context, Instance, Job, Prepared, PrepareRequest, Runner } from '../runner.ts';
import { hostBootId, notAsked, sharesKernel, substrateOf, substrateScript } from '../substrate.ts';
import { containerTraits } from '../traits.ts';
import { hostVolumeUse } from '../volume-use.ts';
import { seenInside, seenOutside } from '../watch.ts';
import { openEngine } from './daemon.ts';
import { dockerOptions } from './options.ts';
import type { DockerOptions } from './options.ts';

const trialImage = 'localhost/tare:probe';

/** A container of an image that holds a static busybox alone. */
async function probe(options: DockerOptions, context: Context): Promise<Availability> {
  const engine = await openEngine(options, context);
  if ('usable' in engine) return engine;
  const { argv, environment } = engine.client;
  const name = `tare-probe-${randomBytes(4).toString('hex')}`;
  const container = engineContainer(engine.client, name);
  context.lease.own(container);
  try {
    const limits = ownUlimits();
    // An image of nothing: its only file is the host's static busybox, mounted into it.
    const fill = 'tar -cf - --files-from /dev/null | "$@"';
    const made = await runTool(['sh', '-c', fill, 'sh', ...argv, 'import', '-', trialImage], {
      timeoutSeconds: 60,
      environment,
    });
    const tried =
      made.exitCode !== 0
        ? made
        : await runTool(
            [
              ...argv,
              ...[
                'run',
                '--rm',
                '--name',
                name,
                '--pull',
                'never',
                '--network',
                'none',
                '--log-driver',
                'none',
              ],
              ...['--runtime', engine.runtime],
              ...['--ulimit', `nofile=${limits.nofile}`, '--ulimit', `nproc=${limits.nproc}`],
              ...(options.seccomp === 'default' ? [] : ['--security-opt', 'seccomp=unconfined']),
              ...['/usr', '/bin', '/lib', '/lib64'].flatMap((place) => ['--volume', `${place}:${place}:ro`]),
              ...[trialImage, '/bin/sh', '-c', substrateScript],
            ],
            { timeoutSeconds: 60, environment },
          );
    if (tried.exitCode !== 0) {
      const lines = tried.stderr.trim().split('\n');
      const reason = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'docker failed';
      return { usable: false, reason, hint: `try by hand: docker run --runtime ${engine.runtime}` };
    }
    const asked = substrateOf(tried.stdout, hostBootId());
    if (asked === null) return notAsked(tried.stdout);
    return {
      usable: true,
      version: `docker ${engine.version}`,
      ...asked,
      details: {
        docker: engine.version,
        engine: engine.owned ? 'a dockerd of the run' : 'the one that answers',
        runtime: engine.runtime,
        cgroups: createRuler().mode,
        kernel: asked.substrate.kernel ?? 'unknown',
      },
    };
  } finally {
    await runTool([...argv, 'rm', '--force', name], { timeoutSeconds: 30, environment });
    await runTool([...argv, 'image', 'rm', trialImage], { timeoutSeconds: 30, environment });
    context.lease.release(container);
    await engine.close();
  }
}

async function prepare(request: PrepareRequest<DockerOptions>, context: Context): Promise<Prepared> {
  const { options, found, image, shape, pidsLimit } = request;
  const engine = await openEngine(options, context);
  // Usable when it was probed: taken away since.
  if ('usable' in engine) throw new UserError(engine.reason, engine.hint, exitCode.hostCannot);
  const { client } = engine;
  const ruler = createRuler();
  const folder = await mkdtemp(join(tmpdir(), 'tare-docker-cell-'));
  context.lease.own({ kind: 'folder', path: folder });
  const beside = join(folder, 'beside');
  const files = await makeEngineBeside(beside, image);
  const lockFolder = join(cacheFolder(), 'engines');
  await mkdir(lockFolder, { recursive: true });
  const stored = await ensureStored(image, client, join(lockFolder, 'docker-import.lock'));
  // Affinity of the client does not reach what the daemon starts: only the group's set of CPUs holds it.
  const placed = ruler.usable && ruler.controllers.includes('cpuset');
  const placement = placed ? {} : { cpuPlacement: 'not held: no cpuset controller' };
  const network = createCellNetwork(options.network, 'slirp4netns');
  const argvFor = (job: Job | null, name: string, channel: string): readonly string[] =>
    runArguments({
      client: client.argv,
      name,
      runId: context.lease.runId,
      image: stored,
      beside,
      channel,
      cgroupParent: job === null || job.group === null ? null : dirname(containerGroup(job.group)),
      network: options.network === 'host' ? 'host' : 'none',
      runtime: engine.runtime,
      seccomp: options.seccomp,
      limits: ownUlimits(),
      environment: { ...insideEnvironment, ...job?.environment },
      files,
      volume: job?.volume ?? null,
      more: [],
    });
  return {
    ...found.substrate,
    product: `docker ${shortVersion(engine.version)}`,
    decisive: ['runtime'],
    identity: {
      version: engine.version,
      runtime: engine.runtime,
      engine: engine.owned ? 'a dockerd of the run' : 'the one that answers',
      argv: argvFor(null, 'NAME', 'CHANNEL').join(' '),
      readiness: sharesKernel(found.substrate) && ruler.usable ? seenOutside : seenInside,
    },
    acceleration: found.acceleration,
    sharedDiskBytes: image.treeBytes,
    traits: {
      ...containerTraits(request, ruler, "overlay on the host's disk"),
      ...placement,
      network: networkTrait(options.network, 'container'),
      privileges: `root, docker's default capabilities, seccomp ${options.seccomp === 'default' ? "docker's default" : 'none'}`,
      environment: 'PATH, HOME, TARE_*, padding, and what engines set (HOSTNAME)',
    },
    shared: engine.usage,
    start: (job, inner) => start(job, inner),
    async [Symbol.asyncDispose]() {
      await network.close();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
      context.lease.release({ kind: 'folder', path: folder });
    },
  };

  async function start(job: Job, inner: Context): Promise<Instance> {
    const attached = await network.attach(job, inner);
    const name = `tare-${job.id}-${randomBytes(3).toString('hex')}`;
    const channelFolder = join(folder, `channel-${name}`);
    const { group } = job;
    return startEngine({
      job,
      context: inner,
      limits: { shape, pidsLimit },
      client,
      name,
      argv: argvFor(job, name, channelFolder),
      channelFolder,
      owner: null,
      network: attached,
      async whenRunning(pids) {
        if (group !== null) await adoptShim(group, pids);
        if (attached.link !== null) await joinBridge(attached.link, pids);
      },
      busybox: sharesKernel(found.substrate) ? image.busybox : null,
      layers: () => layersOf(name),
    });
  }

  async function layersOf(name: string): Promise<readonly string[] | null> {
    const asked = [
      ...client.argv,
      'container',
      'inspect',
      '--format',
      '{{.GraphDriver.Data.UpperDir}}',
      name,
    ];
    const { environment } = client;
    const { stdout } = await runTool(asked, { timeoutSeconds: 10, environment });
    return stdout.trim() === '' ? null : [stdout.trim()];
  }
}

export const docker: Runner<DockerOptions> = {
  kind: 'docker',
  title: 'Container by docker',
  options: dockerOptions,
  refuse: ({ network }, { reachable }) => refuseNetwork(network, { reachable }, 'root container'),
  costs: () => ({ startSeconds: 0.7, serviceSeconds: 0.05, stopSeconds: 0.4, programSeconds: 0.05 }),
  volumeUse: ({ loopDirect }, kind) => hostVolumeUse(kind, loopDirect, true),
  probe,
  prepare,
};
