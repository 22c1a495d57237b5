/** What an image changes is judged, and said; what the scenario changes is other work. */
import { expect, test } from 'vitest';
import { workDigest } from '../bench/record/comparable.ts';
import { factsOfImage } from '../bench/scenario/image-facts.ts';
import type { ImageConfig } from '../images/image.ts';
import type { OwnService, WorkloadSpec } from '../model/scenario.ts';
import { compareRuns } from './compare.ts';
import { gateRuns } from './gate.ts';
import { parsePolicy } from './policy.ts';
import { runOf, type Run } from './runs.ts';
import { world } from './testing/worlds.ts';

const config: ImageConfig = {
  entrypoint: ['/bin/shop'],
  command: ['serve'],
  environment: { GIT_SHA: 'abc123', TOKEN: 'very-secret' },
  user: 'app',
  identity: { uid: 1000, gid: 1000, groups: [], home: '/home/app' },
  workingFolder: '/srv',
  stopSignal: 'SIGTERM',
  ports: [{ port: 8080, protocol: 'tcp' }],
  volumes: ['/data'],
  healthcheck: null,
  architecture: 'amd64',
  os: 'linux',
};
const own: OwnService = { run: [], environment: {}, program: '', stop: null };
const text = 'image: shop:v1\nblocks: 10\nworkloads:\n  shop:\n    service: { port: 8080 }\n';

/** A run of the image's own service; `digest` as its record has it, `facts` as records hold them since they do. */
function runWith(id: number, facts: Record<string, string>, digest: string, slower = 1, said = text): Run {
  const { record, ref } = world({ id, slower });
  const { header } = record;
  const cells = header.cells.map((cell) => ({
    ...cell,
    workDigest: digest,
    identity: { ...cell.identity, ...facts },
  }));
  const scenario = { ...header.scenario, text: said };
  return runOf({ ...record, header: { ...header, cells, scenario } }, ref.path);
}

const changes: readonly (readonly [string, Partial<ImageConfig>, RegExp])[] = [
  [
    'ENV',
    { environment: { ...config.environment, GIT_SHA: 'def456' } },
    /environment changed: GIT_SHA \(changed\)/,
  ],
  ['a new ENV', { environment: { ...config.environment, MODE: 'x' } }, /environment changed: MODE \(added\)/],
  [
    'ENTRYPOINT',
    { entrypoint: ['/bin/wrap', '/bin/shop'] },
    /command changed: \/bin\/shop serve -> \/bin\/wrap \/bin\/shop serve/,
  ],
  ['CMD', { command: ['serve', '--fast'] }, /command changed/],
  ['USER', { user: 'root' }, /user changed: app -> root/],
  ['WORKDIR', { workingFolder: '/' }, /working folder changed: \/srv -> \//],
  ['EXPOSE', { ports: [] }, /exposed ports changed: 8080\/tcp -> none/],
  ['STOPSIGNAL', { stopSignal: 'SIGINT' }, /stop signal changed: SIGTERM -> SIGINT/],
  ['VOLUME', { volumes: [] }, /volumes changed: \/data -> none/],
  [
    'HEALTHCHECK',
    {
      healthcheck: {
        test: ['CMD', 'true'],
        intervalSeconds: 1,
        timeoutSeconds: 1,
        startPeriodSeconds: 0,
        retries: 3,
      },
    },
    /health check changed: none -> /,
  ],
];

const policy = parsePolicy(
  'rules:\n  - {metric: startup.ready, runner: namespace, limit: 10%}\n',
  'gate.yaml',
);

test.each(changes)('%s of the image does not blind the gate, and is said', (_what, changed, said) => {
  const before = runWith(1, factsOfImage(config, own), 'same');
  const after = (slower: number) => runWith(2, factsOfImage({ ...config, ...changed }, own), 'same', slower);
  const slow = gateRuns(policy, [before], [after(3)], { resamples: 500 });
  expect(slow.state).toBe('fail');
  expect(slow.checks[0]?.remarks.map(({ message }) => message).join()).toMatch(said);
  expect(gateRuns(policy, [before], [after(1)], { resamples: 500 }).state).toBe('pass');
});

test('values of variables are nowhere, what the scenario says instead is no fact of the image', () => {
  const facts = factsOfImage(config, own);
  expect(JSON.stringify(facts)).not.toMatch(/very-secret|abc123/);
  const overridden = factsOfImage(config, { ...own, run: ['/bin/other'], environment: { TOKEN: 'mine' } });
  expect(overridden['image.command']).toBeUndefined();
  expect(overridden['image.environment']).not.toMatch(/TOKEN/);
});

test('what the scenario says of the service is part of the work', () => {
  const workload = (service: OwnService) =>
    workDigest({ service: { kind: 'own', own: service } } as unknown as WorkloadSpec);
  expect(workload({ ...own, run: ['/bin/other'] })).not.toBe(workload(own));
  expect(workload({ ...own, environment: { MODE: 'x' } })).not.toBe(workload(own));
  expect(workload({ ...own, program: '/bin/shop' })).toBe(workload(own));
});

test('records without facts of the image compare by what their scenarios say', () => {
  const old = runWith(1, {}, 'bound to v1');
  const compared = (head: Run) =>
    compareRuns([old], [head], { resamples: 500 }).rows.find(
      ({ key }) => key.metric === 'startup.ready' && key.runner === 'namespace',
    );
  expect(compared(runWith(2, {}, 'bound to v2', 3))?.verdict).toBe('regression');
  expect(compared(runWith(2, factsOfImage(config, own), 'unbound', 3))?.verdict).toBe('regression');
  const otherTag = text.replace('shop:v1', 'shop:v2').replace('blocks: 10', 'blocks: 20');
  expect(compared(runWith(2, {}, 'bound to v2', 3, otherTag))?.verdict).toBe('regression');
  const otherWork = text.replace('port: 8080', 'port: 9090');
  expect(compared(runWith(2, {}, 'bound to v2', 3, otherWork))?.verdict).toBe('refused');
  const plain = 'workloads:\n  cpu:\n    programs: [{ use: cpu }]\n';
  const other = compareRuns([runWith(1, {}, 'one', 1, plain)], [runWith(2, {}, 'two', 1, plain)], {
    resamples: 500,
  });
  expect(other.rows[0]?.verdict).toBe('refused');
});
