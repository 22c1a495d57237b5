/** The namespace runner's command line and fstab, as values. */
import type { Volume } from '../runner.ts';
import {
  keptCapabilities,
  kindOnHost,
  maskedPaths,
  overlayOptions,
  readOnlyPaths,
  rootMounts,
} from '../container-root.ts';

export interface NamespacePlan {
  readonly rootless: boolean;
  /** Static busybox of the image, absolute on the host. */
  readonly busybox: string;
  readonly enterScript: string;
  /** Stays in the network namespace of whoever starts it. */
  readonly hostNetwork?: boolean;
}

/**
 * `setpriv --pdeathsig` is done by the launcher; `--kill-child` carries its death on to the namespaces' first
 * process, and the kernel kills the rest with that one. Six namespaces besides mounts, private to all.
 */
export function namespaceArguments(plan: NamespacePlan): readonly string[] {
  const { rootless, busybox, enterScript, hostNetwork = false } = plan;
  const user = rootless ? ['--user', '--map-root-user'] : [];
  const kinds = ['--mount', '--pid', ...(hostNetwork ? [] : ['--net']), '--uts', '--ipc', '--cgroup'];
  const control = ['--fork', '--kill-child=SIGKILL', '--propagation', 'private'];
  const bounding = ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(',');
  return ['unshare', ...user, ...kinds, ...control, 'sh', enterScript, busybox, bounding];
}

/**
 * Mounted by one `mount -a`: the root, then what lies on it, then what hides parts of that. Paths are relative
 * to the instance's folder: under an absolute one busybox would take a remount for a mount made already.
 */
export function fstab(rootless: boolean, volume: Volume | null = null, kindOf = kindOnHost): string {
  const lines = [
    ['overlay', 'layer/root', 'overlay', overlayOptions(rootless).join(',')],
    ...rootMounts(!rootless).map(({ source, place, type, options }) => [
      source,
      `layer/root${place}`,
      type,
      options.join(','),
    ]),
    ...maskedPaths.flatMap((place) => masked(`layer/root${place}`, kindOf(place))),
    ...readOnlyPaths
      .filter((place) => kindOf(place) !== 'absent')
      .flatMap((place) => readOnly(`layer/root${place}`)),
    ...volumeLine(volume),
  ];
  return lines.map((fields) => `${fields.join(' ')} 0 0\n`).join('');
}

/** `volume` is a link in the instance's folder: no path of the host in the table. Its place is made by enter.sh. */
function volumeLine(volume: Volume | null): readonly string[][] {
  if (volume === null) return [];
  const place = `layer/root${volume.place}`;
  return volume.kind === 'filesystem'
    ? [['volume', place, 'ext4', 'nosuid,nodev']]
    : [['volume', place, 'none', 'bind']];
}

function masked(place: string, kind: ReturnType<typeof kindOnHost>): readonly string[][] {
  if (kind === 'absent') return [];
  return kind === 'folder' ? [['tmpfs', place, 'tmpfs', 'ro']] : [['/dev/null', place, 'none', 'bind']];
}

/** A new bind mount takes no options but those of what it shows, so `ro` needs a second line. */
function readOnly(place: string): readonly string[][] {
  return [
    [place, place, 'none', 'bind'],
    ['none', place, 'none', 'remount,bind,ro,nosuid,nodev,noexec'],
  ];
}
