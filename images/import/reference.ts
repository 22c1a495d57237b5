/**
 * What a reference to an image means: a path, whose kind is found by looking, or TRANSPORT:REFERENCE. A bare
 * name is refused rather than guessed: "redis" may mean a registry, an engine or a file, and each is another image.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../../model/errors.ts';

/** Kinds that are read from a path; `path`: find out by looking. */
export type PathKind = 'path' | 'oci' | 'oci-archive' | 'docker-archive' | 'rootfs' | 'dir';
/** Kinds that other tools copy first. */
export type ToolKind = 'containers-storage' | 'docker-daemon' | 'docker';

export type Reference =
  | { readonly kind: PathKind; readonly path: string; readonly tag: string | null }
  | { readonly kind: ToolKind; readonly name: string };

const forms = `an image is a path (an OCI layout or archive, a \`docker save\` or \`podman save\` archive, a root file system as a folder or tarball) or one of
  oci:PATH[:TAG]  oci-archive:PATH[:TAG]  docker-archive:PATH[:TAG]  rootfs:PATH  dir:PATH (skopeo's)
  containers-storage:NAME (podman's)  docker-daemon:NAME (docker's)  docker://REGISTRY/NAME[:TAG]
  app:NAME (a ready application)`;

/**
 * @param exists whether a path is there; decides whether a last ":..." is a tag
 * @throws UserError listing the forms where it is none of them, or naming the path that is not there
 */
export function parseReference(text: string, exists: (path: string) => boolean = existsSync): Reference {
  if (/[\0\n]/.test(text) || text === '')
    throw new UserError(`${JSON.stringify(text)} names no image`, forms);
  if (text.startsWith('docker://'))
    return { kind: 'docker', name: named(text, text.slice('docker://'.length)) };
  const [, transport = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  if (transport === 'containers-storage' || transport === 'docker-daemon')
    return { kind: transport, name: named(text, rest) };
  if (transport === 'rootfs' || transport === 'dir')
    return { kind: transport, path: there(rest, exists), tag: null };
  if (transport === 'oci' || transport === 'oci-archive' || transport === 'docker-archive')
    return { kind: transport, ...tagged(rest, exists) };
  if (exists(text)) return { kind: 'path', path: resolve(text), tag: null };
  if (splitTag(text, exists) !== null) return { kind: 'path', ...tagged(text, exists) };
  const looksLikePath = /^[./~]|\.(tar|tgz|gz|zst|xz)$/.test(text);
  throw new UserError(
    looksLikePath
      ? `there is no file or folder ${JSON.stringify(text)}`
      : `${JSON.stringify(text)} is no path, and a name alone does not say where the image is`,
    forms,
  );
}

/** A reference whose relative path, if it is one and is there, is told from a folder: as good anywhere else. */
export function placeReference(
  text: string,
  folder: string,
  exists: (path: string) => boolean = existsSync,
): string {
  const [, transport = '', rest = ''] =
    /^((?:oci|oci-archive|docker-archive|rootfs|dir):)?(.*)$/s.exec(text) ?? [];
  if (rest === '' || isAbsolute(rest) || rest.startsWith('docker')) return text;
  const placed = join(folder, rest);
  return exists(placed) || splitTag(placed, exists) !== null ? `${transport}${placed}` : text;
}

/** A name for a tool, which must not be able to pass for an option. */
function named(text: string, name: string): string {
  if (name === '' || name.startsWith('-'))
    throw new UserError(`${JSON.stringify(text)} names no image`, forms);
  return name;
}

function there(path: string, exists: (path: string) => boolean): string {
  if (path !== '' && exists(path)) return resolve(path);
  throw new UserError(`there is no file or folder ${JSON.stringify(path)}`, forms);
}

function tagged(
  text: string,
  exists: (path: string) => boolean,
): { readonly path: string; readonly tag: string | null } {
  if (text !== '' && exists(text)) return { path: resolve(text), tag: null };
  return splitTag(text, exists) ?? { path: there(text, exists), tag: null };
}

/** PATH:TAG, where the path may hold colons and so may the tag: the longest path that is there. */
function splitTag(
  text: string,
  exists: (path: string) => boolean,
): { readonly path: string; readonly tag: string } | null {
  for (let colon = text.lastIndexOf(':'); colon > 0; colon = text.lastIndexOf(':', colon - 1)) {
    const tag = text.slice(colon + 1);
    if (tag !== '' && exists(text.slice(0, colon))) return { path: resolve(text.slice(0, colon)), tag };
  }
  return null;
}
