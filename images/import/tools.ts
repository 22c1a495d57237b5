/**
 * Images that others keep: podman's store, docker's engine, registries. Their own tools copy them, with their
 * own credentials and policies, into a temporary folder; what comes out is checked like anything from outside.
 * The form is skopeo's `dir:`, because it keeps the manifest as it is: an OCI layout would lose the health check.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError, exitCode } from '../../model/errors.ts';
import { runTool, type ToolResult } from '../../host/exec.ts';
import type { Platform } from './found.ts';
import type { ToolKind } from './reference.ts';

export interface ToolReference {
  readonly kind: ToolKind;
  readonly name: string;
}

export interface Copied {
  readonly form: 'dir' | 'docker-archive';
  readonly path: string;
}

/** An image may be gigabytes, from afar. */
const copySeconds = 3600;
const askSeconds = 60;

/** As tare's user writes it. */
export function formatReference({ kind, name }: ToolReference): string {
  return kind === 'docker' ? `docker://${name}` : `${kind}:${name}`;
}

const engines: Readonly<Partial<Record<ToolKind, string>>> = {
  'containers-storage': 'podman',
  'docker-daemon': 'docker',
};

/**
 * What identifies the image now, asked without copying it: the engine's id of it, or the digest of its manifest.
 * Null where nobody could say; the copy then tells why.
 */
export async function identify(reference: ToolReference, platform: Platform | null): Promise<string | null> {
  const engine = engines[reference.kind];
  if (engine !== undefined) {
    const asked = await runTool([engine, 'image', 'inspect', '--format', '{{.Id}}', reference.name], {
      timeoutSeconds: askSeconds,
    });
    const id = asked.stdout.trim();
    if (asked.exitCode === 0 && /^(sha256:)?[0-9a-f]{64}$/.test(id)) return `${engine} ${id}`;
  }
  const asked = await runTool(['skopeo', 'inspect', '--raw', formatReference(reference)], {
    timeoutSeconds: askSeconds,
  });
  if (asked.exitCode !== 0) return null;
  const digest = createHash('sha256').update(asked.stdout).digest('hex');
  return `raw ${digest} ${platform === null ? '' : `${platform.os}/${platform.architecture}/${platform.variant ?? ''}`}`;
}

/**
 * The command lines that may copy an image, best first. Docker's own client knows which engine is meant (contexts,
 * DOCKER_HOST); skopeo must be told.
 */
export function copyCommands(
  reference: ToolReference,
  platform: Platform | null,
  folder: string,
  dockerHost: string | null,
): readonly { readonly argv: readonly string[]; readonly copied: Copied }[] {
  const directory = join(folder, 'copy');
  const archive = join(folder, 'copy.tar');
  const override =
    platform === null
      ? []
      : [
          ...['--override-os', platform.os, '--override-arch', platform.architecture],
          ...(platform.variant === null ? [] : ['--override-variant', platform.variant]),
        ];
  const host =
    reference.kind === 'docker-daemon' && dockerHost !== null ? ['--src-daemon-host', dockerHost] : [];
  const skopeo = {
    argv: [
      ...['skopeo', ...override, 'copy', '--quiet', ...host],
      ...[formatReference(reference), `dir:${directory}`],
    ],
    copied: { form: 'dir', path: directory },
  } as const;
  const engine = engines[reference.kind];
  const save = [
    'save',
    ...(engine === 'podman' ? ['--quiet', '--format', 'docker-archive'] : []),
    '-o',
    archive,
  ];
  if (engine === undefined) return [skopeo];
  const own = {
    argv: [engine, ...save, reference.name],
    copied: { form: 'docker-archive', path: archive },
  } as const;
  return engine === 'docker' ? [own, skopeo] : [skopeo, own];
}

/** Copies the image with the first tool that is installed. @throws UserError with the tool's own reason */
export async function copyImage(
  reference: ToolReference,
  platform: Platform | null,
  folder: string,
  signal?: AbortSignal,
): Promise<Copied> {
  for (const { argv, copied } of copyCommands(
    reference,
    platform,
    folder,
    process.env['DOCKER_HOST'] ?? null,
  )) {
    const result = await runTool(argv, {
      timeoutSeconds: copySeconds,
      ...(signal === undefined ? {} : { signal }),
    });
    signal?.throwIfAborted();
    if (result.exitCode === 0) return copied;
    if (result.exitCode !== 127) throw copyError(reference, argv[0] ?? '', result);
  }
  const engine = engines[reference.kind];
  throw new UserError(
    `${formatReference(reference)} cannot be copied: ${engine === undefined ? 'skopeo is' : `neither skopeo nor ${engine} is`} installed`,
    'sudo apt-get install skopeo, or save the image to an archive elsewhere and name that',
    exitCode.hostCannot,
  );
}

function copyError(
  reference: ToolReference,
  tool: string,
  { stderr, exitCode: code, timedOut }: ToolResult,
): UserError {
  const how = timedOut ? `was not done after ${String(copySeconds)} s` : `ended with ${String(code)}`;
  return new UserError(
    `${formatReference(reference)} cannot be copied: ${tool} ${how}: ${stderr.trim().slice(-1000)}`,
    `its credentials and policies are ${tool}'s own: try the same with ${tool} by hand`,
    exitCode.hostCannot,
  );
}
