/**
 * Names of images as tools write them, and which of several a user means. Docker (25 and later) and skopeo put the
 * full name into one annotation and its tag alone into another; a tag alone is shared by unrelated images, so it
 * names one only inside the archive that it stands in.
 */

/** An image of an archive: the names it has there, best first, and what tells it from others in any case. */
export interface NamedHere {
  readonly names: readonly string[];
  /** A tag without a name, as `skopeo copy ... oci:PATH:TAG` leaves it; null: none. */
  readonly tag: string | null;
  /** "sha256:..." of its manifest or configuration. */
  readonly digest: string;
}

/** Whether a text could only be a tag (OCI distribution specification, "Pulling manifests": the form of a tag). */
export function isBareTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
}

/**
 * A name in full, as docker resolves it: "shop" is "docker.io/library/shop:latest". Equal results mean one name.
 * Source: distribution/reference, "ParseDockerRef": a first part with a dot, a colon or "localhost" is a registry.
 */
export function fullName(name: string): string {
  const [, path = '', version = ''] = /^(.*?)((?::[^/:@]+)?(?:@.*)?)$/s.exec(name) ?? [];
  const [first = ''] = path.split('/');
  const hasRegistry = path.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const repository = hasRegistry ? path : `docker.io/${path.includes('/') ? '' : 'library/'}${path}`;
  return `${repository.replace(/^index\.docker\.io\//, 'docker.io/')}${version === '' ? ':latest' : version}`;
}

/** Those that a name, a tag or the beginning of a digest means; a whole name goes before a tag, a tag before a digest. */
export function meantBy<T extends NamedHere>(wanted: string, all: readonly T[]): readonly T[] {
  const byName = all.filter(({ names }) => names.some((name) => isNamed(name, wanted)));
  if (byName.length > 0) return byName;
  const byTag = all.filter(
    ({ names, tag }) => tag === wanted || names.some((name) => name.endsWith(`:${wanted}`)),
  );
  if (byTag.length > 0) return byTag;
  const hex = wanted.replace(/^sha256:/, '');
  return /^[0-9a-f]{6,64}$/.test(hex) ? all.filter(({ digest }) => digest.startsWith(`sha256:${hex}`)) : [];
}

/** Whether a name, written in full or short, is this one. */
export function isNamed(name: string, wanted: string): boolean {
  return name === wanted || fullName(name) === fullName(wanted);
}

/** Which of an image's names was asked for; its first where the question was for a tag or for nothing. */
export function nameMeant({ names }: NamedHere, wanted: string | null): string {
  const asked = wanted === null ? undefined : names.find((name) => isNamed(name, wanted));
  const tagged = wanted === null ? undefined : names.find((name) => name.endsWith(`:${wanted}`));
  return asked ?? tagged ?? names[0] ?? '';
}

/** What can be typed after "PATH:" for each of these and means that one alone. */
export function waysToName(all: readonly NamedHere[]): readonly string[] {
  const distinct = new Map(all.map((one) => [one.digest, one]));
  return [...new Set([...distinct.values()].map((one) => wayToName(one, all)))];
}

function wayToName(one: NamedHere, all: readonly NamedHere[]): string {
  const ways = [
    ...one.names,
    ...(one.tag === null ? [] : [one.tag]),
    one.digest.slice(0, 'sha256:'.length + 12),
  ];
  return ways.find((way) => meantBy(way, all).every(({ digest }) => digest === one.digest)) ?? one.digest;
}
