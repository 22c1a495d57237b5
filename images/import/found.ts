/** What reading a source comes to before anything is unpacked: a name, a key, a configuration and layers. */
import type { RawConfig } from './config.ts';
import type { LayerSource } from './layer.ts';
import type { Place } from './refusal.ts';

export interface FoundImage {
  /** What the image calls itself, or what its file is called; "" until one of them is known. */
  readonly name: string;
  /** A tag that stands alone, without a name. */
  readonly tag: string | null;
  /** The path that the name was taken from; null: the name is the image's own. */
  readonly origin?: string | null;
  /** Equal keys mean equal content: made of digests, or of a file's identity on this host. */
  readonly key: string;
  readonly place: Place;
  readonly config: RawConfig;
  readonly layers: readonly LayerSource[];
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

const architectures: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'amd64',
  ia32: '386',
  loong64: 'loong64',
};

/** As images name this machine's. */
export function hostArchitecture(): string {
  return architectures[process.arch] ?? (process.arch === 'ppc64' ? 'ppc64le' : process.arch);
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === null ? [] : [variant])].join('/');
}
