/**
 * Records as profiles that are never mixed: one for each host fingerprint and each way its VMs were executed; and
 * how a profile stands to the server that is asked about: usable as it is, with differences that are said, or
 * set aside.
 */
import { hostDifferences } from '../bench/record/comparable.ts';
import { machineName } from '../bench/scenario/requirements.ts';
import type { AccelerationClass, HostFingerprint } from '../model/instance.ts';
import { formatValue } from '../model/units.ts';
import type { Run } from '../verdicts/runs.ts';
import { sideOf, type Contrast } from './contrast.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import type { ImportedPair, Server } from './requirements.ts';

export interface Profile {
  readonly host: HostFingerprint;
  /** How its VMs were executed; null: no VM was measured. */
  readonly acceleration: AccelerationClass | null;
  readonly paths: readonly string[];
  readonly evidence: Evidence;
}

/** A profile as it counts for one server. */
export interface Fit {
  /** Null: it says nothing of this server, and the remarks say why. */
  readonly evidence: Evidence | null;
  /** The server with what the records know better. */
  readonly server: Server;
  /** Where the measured host differs from the server that is asked about. */
  readonly differences: readonly string[];
  readonly remarks: readonly string[];
}

/** In the order of the runs. */
export function profilesOf(runs: readonly Run[], imported: readonly ImportedPair[] = []): Profile[] {
  const hosts = Map.groupBy(runs, ({ ref }) => ref.host.hash);
  return [...hosts.values()].flatMap((ofHost) => {
    const [first] = ofHost;
    if (first === undefined) return [];
    const { host } = first.record.header;
    const classes = new Set(ofHost.flatMap(classesOf));
    return [...(classes.size === 0 ? [null] : classes)].map((acceleration): Profile => {
      // A run without VMs stands beside those of either class; VMs of another class do not.
      const own = ofHost.filter((run) => {
        const some = classesOf(run);
        return some.length === 0 || acceleration === null || some.includes(acceleration);
      });
      return {
        host,
        acceleration,
        paths: own.map(({ ref }) => ref.path),
        evidence: evidenceOf(
          own,
          (cell) => sideOf(cell) !== 'vm' || cell.acceleration.class === acceleration,
          imported,
        ),
      };
    });
  });
}

function classesOf({ record }: Run): AccelerationClass[] {
  const vms = record.header.cells.filter((cell) => sideOf(cell) === 'vm');
  return [...new Set(vms.map(({ acceleration }) => acceleration.class))];
}

/** "vm (VMs emulated)": a profile in a sentence. */
export function profileName({ host, acceleration }: Profile): string {
  const how: Readonly<Record<AccelerationClass, string>> = {
    'kvm-hw': 'VMs on hardware KVM',
    'kvm-nested': 'VMs on nested KVM',
    'kvm-pvm': 'VMs on KVM without hardware',
    tcg: 'VMs emulated',
    none: 'VMs executed in a way that is not known',
  };
  return `${host.hostname} (fingerprint ${host.hash.slice(0, 12)}, ${acceleration === null ? 'no VMs' : how[acceleration]})`;
}

/** What of the fingerprints of two profiles differs, for a reader who wonders why they are kept apart. */
export function differencesOf(one: Profile, other: Profile): string {
  const facts = hostDifferences([one.host, other.host]).map(
    ({ key, values }) => `${key}: ${values.map((value) => value ?? 'unknown').join(' | ')}`,
  );
  if (one.acceleration !== other.acceleration) {
    facts.unshift(`acceleration: ${one.acceleration ?? 'none'} | ${other.acceleration ?? 'none'}`);
  }
  const shown = facts.slice(0, 6);
  return `${shown.join('; ')}${facts.length > shown.length ? `; and ${facts.length - shown.length} more` : ''}`;
}

/** How far the measured memory of a host may be from what its vendor sells it as. */
const memorySlack = 0.15;

export function fitOf(profile: Profile, server: Server): Fit {
  const { must } = profile.host;
  const said = profileName(profile);
  const architecture = must['cpu.architecture'];
  const aside = (why: string): Fit => ({
    evidence: null,
    server,
    differences: [],
    remarks: [`${said} is set aside for ${server.id}: ${why}`],
  });
  if (server.os !== 'linux') return aside(`it was measured on linux, the server has ${server.os}`);
  if (architecture !== undefined && machineName(architecture) !== machineName(server.architecture)) {
    return aside(`it was measured on ${machineName(architecture)}, the server is ${server.architecture}`);
  }
  const release = must['kernel.release'] ?? null;
  const gib = Number(must['memory.gib'] ?? Number.NaN);
  const bytes = gib * 2 ** 30;
  const cpus = must['cpu.online'];
  const differences = [
    ...(server.kernel !== null && release !== null && release !== server.kernel
      ? [`kernel ${release}, not ${server.kernel}`]
      : []),
    ...(server.cpus !== null && cpus !== undefined && Number(cpus) !== server.cpus
      ? [`${cpus} CPUs, not ${server.cpus}`]
      : []),
    ...(server.memory !== null && Math.abs(bytes / server.memory - 1) > memorySlack
      ? [`${gib} GiB of memory, not ${formatValue(server.memory, 'B')}`]
      : []),
  ];
  const onHardware = server.virtualization === 'hardware';
  const nested = profile.evidence.contrasts.some(isNested);
  const emulated = profile.acceleration === 'tcg';
  const remarks = [
    ...(differences.length > 0
      ? [`${said} is of a host that differs from ${server.id}: ${differences.join('; ')}`]
      : []),
    ...(emulated
      ? [
          `${said}: KVM ran no VM there; speeds of VMs are refused (C17), and whether ${server.id} can run VMs at speed is not shown by it`,
        ]
      : []),
  ];
  // What the file does not tell, the host that was measured does, unless it is another one.
  const isSame = differences.length === 0;
  const kernel = server.kernel ?? (isSame ? release : null);
  if (kernel !== server.kernel) remarks.push(`kernel of ${server.id} taken from ${said}: ${release ?? ''}`);
  return {
    evidence: nested && onHardware ? withoutGeneralising(profile.evidence) : profile.evidence,
    server: { ...server, kernel },
    differences,
    remarks,
  };
}

function isNested({ acceleration }: Contrast): boolean {
  return acceleration === 'kvm-nested' || acceleration === 'kvm-pvm';
}

/** C18: what was measured on a nested host says nothing of hardware. */
function withoutGeneralising(evidence: Evidence): Evidence {
  const contrasts = evidence.contrasts.map((one): Contrast =>
    one.unit === null || !isNested(one)
      ? one
      : {
          ...one,
          favours: 'refused',
          remark: `C18: ${one.vm} ran on ${one.acceleration}; the server is said to have hardware`,
        },
  );
  return { ...evidence, contrasts, values: evidence.values.filter(({ side }) => side === 'container') };
}
