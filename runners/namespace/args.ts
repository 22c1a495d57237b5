/** The namespace runner's command line and fstab, as values. */
import { keptCapabilities, overlayOptions, rootMounts } from '../container-root.ts';

export interface NamespacePlan {
  readonly rootless: boolean;
  /** Static busybox of the image, absolute on the host. */
  readonly busybox: string;
  readonly enterScript: string;
}

/**
 * `setpriv --pdeathsig` is done by the launcher; `--kill-child` carries its death on to the namespaces' first
 * process, and the kernel kills the rest with that one. Six namespaces besides mounts, private to all.
 */
export function namespaceArguments({ rootless, busybox, enterScript }: NamespacePlan): readonly string[] {
  const user = rootless ? ['--user', '--map-root-user'] : [];
  const kinds = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup'];
  const control = ['--fork', '--kill-child=SIGKILL', '--propagation', 'private'];
  const bounding = ['-all', ...keptCapabilities.map((name) => `+${name}`)].join(',');
  return ['unshare', ...user, ...kinds, ...control, 'sh', enterScript, busybox, bounding];
}

/** Mounted by one `mount -a`: the root, then what lies on it. Paths are relative to the instance's folder. */
export function fstab(rootless: boolean): string {
  const lines = [
    ['overlay', 'layer/root', 'overlay', overlayOptions(rootless).join(',')],
    ...rootMounts(!rootless).map(({ source, place, type, options }) => [
      source,
      `layer/root${place}`,
      type,
      options.join(','),
    ]),
  ];
  return lines.map((fields) => `${fields.join(' ')} 0 0\n`).join('');
}
