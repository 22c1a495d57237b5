/**
 * An OCI layout (or the form docker gives it): from its index, through further indexes, to the one manifest for
 * the platform wanted, its configuration and its layers. Source: OCI image specification 1.1, "Image Layout",
 * "Image Index", "Image Manifest"; docker's "Image Manifest V 2, Schema 2" differs in media types alone.
 */
import { z } from 'zod';
import { blobName, checkedBytes, descriptorSchema, parseDocument, readWhole } from './blobs.ts';
import type { Descriptor, FileSet } from './blobs.ts';
import type { Budget } from './budget.ts';
import { parseConfig, type RawConfig } from './config.ts';
import { formatPlatform, type FoundImage, type Platform } from './found.ts';
import { isBareTag, meantBy, nameMeant, waysToName, type NamedHere } from '../names.ts';
import { refusal, type Place } from './refusal.ts';
import { tarLayer } from './tar-layer.ts';

export interface Wanted {
  readonly platform: Platform;
  /** Whether the user named the platform. */
  readonly named: boolean;
  /** Of several images in one layout; null: there must be but one. */
  readonly tag: string | null;
}

const document = z.object({
  schemaVersion: z.number(),
  mediaType: z.string().nullish(),
  manifests: z.array(descriptorSchema).nullish(),
  config: descriptorSchema.nullish(),
  layers: z.array(descriptorSchema).nullish(),
  fsLayers: z.unknown().optional(),
});

type Document = z.infer<typeof document>;

interface Candidate {
  readonly descriptor: Descriptor;
  readonly platform: Platform | null;
  readonly called: Called;
}

/** What an index calls an image; both empty or null where it says nothing. */
type Called = Pick<FoundImage, 'name' | 'tag'>;

const nameless: Called = { name: '', tag: null };
const deepest = 8;
const mostManifests = 1000;
/** Where tools put an image's name, the one that is always whole first. */
const refNames = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'] as const;

/** The image that a layout's index leads to. */
export async function readLayout(
  files: FileSet,
  wanted: Wanted,
  budget: Budget,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const place: Place = { archive: files.archive };
  const index = await files.find('index.json');
  if (index === null) throw refusal(place, 'has no index.json');
  const indexPlace = { ...place, entry: 'index.json' };
  const top = parseDocument(await readWhole(index.open(), index.size, indexPlace), document, indexPlace);
  const tagged = chooseTag(top.manifests ?? [], wanted.tag, place);
  const candidates = await collect(files, tagged, 1, new Set(), place);
  const chosen = await choosePlatform(files, candidates, wanted, place);
  return await readManifest(files, chosen.descriptor, wanted, chosen.called, budget, signal);
}

/** The image of a manifest that is there by itself, as skopeo's `dir:` has it. */
export async function readSingle(
  files: FileSet,
  manifest: Descriptor,
  wanted: Wanted,
  budget: Budget,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const candidates = await collect(files, [{ descriptor: manifest, called: nameless }], 0, new Set(), {
    archive: files.archive,
  });
  const chosen = await choosePlatform(files, candidates, wanted, { archive: files.archive });
  return await readManifest(files, chosen.descriptor, wanted, nameless, budget, signal);
}

interface Tagged {
  readonly descriptor: Descriptor;
  readonly called: Called;
}

interface Named extends NamedHere {
  readonly descriptor: Descriptor;
}

function namedHere(descriptor: Descriptor): Named {
  const texts = refNames
    .flatMap((name) => descriptor.annotations?.[name] ?? [])
    .filter((text) => text !== '');
  return {
    descriptor,
    digest: descriptor.digest,
    names: texts.filter((text) => !isBareTag(text)),
    tag: texts.find(isBareTag) ?? null,
  };
}

/** The manifests of the one image that is meant; several where it is there for several platforms. */
function chooseTag(manifests: readonly Descriptor[], tag: string | null, place: Place): readonly Tagged[] {
  const all = manifests.filter((descriptor) => !isAttestation(descriptor)).map(namedHere);
  if (all.length === 0) throw refusal(place, 'holds no image: its index is empty');
  const offered = `images here: ${waysToName(all).join(', ')}`;
  const matching = tag === null ? all : meantBy(tag, all);
  if (matching.length === 0) throw refusal(place, `holds no image tagged ${JSON.stringify(tag)}`, offered);
  if (holdsSeveral(matching))
    throw refusal(
      place,
      tag === null ? 'holds several images' : `holds several images tagged ${JSON.stringify(tag)}`,
      `name one as PATH:NAME; ${offered}`,
    );
  return matching.map((one) => ({
    descriptor: one.descriptor,
    called: { name: nameMeant(one, tag), tag: one.tag },
  }));
}

/** Names that stand for the same manifests name one image; manifests without a name may be its other platforms. */
function holdsSeveral(all: readonly Named[]): boolean {
  const digests = new Map<string, Set<string>>();
  for (const { names, tag, digest } of all) {
    const name = names[0] ?? tag;
    if (name === null) continue;
    digests.set(name, (digests.get(name) ?? new Set()).add(digest));
  }
  return new Set([...digests.values()].map((set) => [...set].toSorted().join(' '))).size > 1;
}

/** Signatures and provenance lie beside images in an index, as manifests for no platform. */
function isAttestation({ platform, annotations }: Descriptor): boolean {
  return platform?.os === 'unknown' || annotations?.['vnd.docker.reference.type'] !== undefined;
}

async function collect(
  files: FileSet,
  tagged: readonly Tagged[],
  depth: number,
  seen: Set<string>,
  place: Place,
): Promise<readonly Candidate[]> {
  if (depth > deepest) throw refusal(place, `its indexes are nested more than ${String(deepest)} deep`);
  const candidates: Candidate[] = [];
  for (const { descriptor, called } of tagged) {
    if (seen.has(descriptor.digest)) continue;
    seen.add(descriptor.digest);
    if (seen.size > mostManifests) throw refusal(place, `names more than ${String(mostManifests)} manifests`);
    const { platform, mediaType } = descriptor;
    const known =
      platform === null || platform === undefined
        ? null
        : { os: platform.os, architecture: platform.architecture, variant: platform.variant ?? null };
    const isIndex = mediaType?.includes('index') === true || mediaType?.includes('manifest.list') === true;
    // Another platform's manifest may be named without being there: `docker save` does so.
    if (known !== null && !isIndex) {
      candidates.push({ descriptor, platform: known, called });
      continue;
    }
    const text = await readDocument(files, descriptor, place);
    if (text.manifests === null || text.manifests === undefined)
      candidates.push({ descriptor, platform: null, called });
    else {
      const inner = text.manifests
        .filter((one) => !isAttestation(one))
        .map((one) => ({ descriptor: one, called }));
      candidates.push(...(await collect(files, inner, depth + 1, seen, place)));
    }
  }
  return candidates;
}

async function readDocument(files: FileSet, descriptor: Descriptor, place: Place): Promise<Document> {
  return parseDocument(await readBlob(files, descriptor, place), document, {
    ...place,
    entry: descriptor.digest,
  });
}

async function readBlob(files: FileSet, descriptor: Descriptor, place: Place): Promise<Buffer> {
  const { digest, size } = descriptor;
  const blobPlace = { ...place, entry: digest };
  const file = await files.find(blobName(digest, place));
  if (file === null) throw refusal(blobPlace, 'is named but missing: the image is not whole');
  return await readWhole(checkedBytes(file, { digest, size }, blobPlace), file.size, blobPlace);
}

async function choosePlatform(
  files: FileSet,
  candidates: readonly Candidate[],
  wanted: Wanted,
  place: Place,
): Promise<Candidate> {
  const [only] = candidates;
  // Its configuration says what it is for, and is judged when it is read.
  if (only !== undefined && candidates.length === 1 && only.platform === null) return only;
  const known: (Candidate & { readonly platform: Platform })[] = [];
  for (const candidate of candidates) {
    const platform = candidate.platform ?? (await platformOf(files, candidate.descriptor, place));
    if (platform !== null) known.push({ ...candidate, platform });
  }
  const matching = known.filter(({ platform }) => fits(platform, wanted.platform));
  // Without a variant is the common ground; amd64/v3 runs only on some.
  const [best, ...others] = matching.toSorted((left, right) =>
    (left.platform.variant ?? '').localeCompare(right.platform.variant ?? ''),
  );
  if (best !== undefined) {
    const alike = others.filter(({ platform }) => platform.variant === best.platform.variant);
    if (alike.length === 0) return best;
    const ways = waysToName([best, ...alike].map(({ descriptor }) => namedHere(descriptor)));
    throw refusal(
      place,
      `holds several images for ${formatPlatform(wanted.platform)}`,
      `name one as PATH:NAME; images here: ${ways.join(', ')}`,
    );
  }
  throw foreignPlatform(
    place,
    known.map(({ platform }) => formatPlatform(platform)),
    wanted,
  );
}

const fits = (platform: Platform, wanted: Platform): boolean =>
  platform.os === wanted.os &&
  platform.architecture === wanted.architecture &&
  (wanted.variant === null || platform.variant === wanted.variant);

function foreignPlatform(place: Place, present: readonly string[], wanted: Wanted): Error {
  const there = present.length === 0 ? 'none' : [...new Set(present)].join(', ');
  return refusal(
    place,
    `holds nothing for ${formatPlatform(wanted.platform)}; it is for ${there}`,
    wanted.named
      ? 'name one of those'
      : 'get the image for this platform, or import another by --platform OS/ARCHITECTURE',
  );
}

async function platformOf(files: FileSet, descriptor: Descriptor, place: Place): Promise<Platform | null> {
  const { config } = await readDocument(files, descriptor, place);
  if (config === null || config === undefined) return null;
  const { os, architecture, variant } = await readConfigBlob(files, config, place);
  return { os, architecture, variant: variant ?? null };
}

async function readConfigBlob(files: FileSet, descriptor: Descriptor, place: Place): Promise<RawConfig> {
  const configPlace = { ...place, entry: descriptor.digest };
  const value = parseDocument(await readBlob(files, descriptor, place), z.unknown(), configPlace);
  return parseConfig(value, configPlace);
}

async function readManifest(
  files: FileSet,
  descriptor: Descriptor,
  wanted: Wanted,
  called: Called,
  budget: Budget,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const place: Place = { archive: files.archive };
  const manifest = await readDocument(files, descriptor, place);
  if (manifest.schemaVersion === 1 || manifest.fsLayers !== undefined)
    throw refusal(
      place,
      "is of docker's schema 1, which names no digests of unpacked layers and cannot be checked",
      'pull and save it again with a current tool; registries convert it',
    );
  const { config, layers } = manifest;
  if (config === null || config === undefined || layers === null || layers === undefined)
    throw refusal({ ...place, entry: descriptor.digest }, 'is no manifest of an image');
  const raw = await readConfigBlob(files, config, place);
  requirePlatform(raw, wanted, place);
  const diffIds = raw.rootfs.diff_ids ?? [];
  if (diffIds.length !== layers.length)
    throw refusal(
      place,
      `has ${String(layers.length)} layers, but its configuration speaks of ${String(diffIds.length)}`,
    );
  const sources = [];
  for (const [index, layer] of layers.entries()) {
    const label = `${String(index + 1)} of ${String(layers.length)} (${layer.digest.slice(0, 19)})`;
    const layerPlace = { ...place, layer: label };
    const diffId = diffIds[index] ?? '';
    blobName(diffId, layerPlace);
    const file = await files.find(blobName(layer.digest, layerPlace));
    refuseUnreadable(layer, file !== null, layerPlace);
    if (file === null) throw refusal(layerPlace, 'is named but missing: the image is not whole');
    const blob = { digest: layer.digest, size: layer.size };
    sources.push(tarLayer({ place: layerPlace, file, blob, diffId, whiteouts: true }, budget, signal));
  }
  return { ...called, key: `manifest ${descriptor.digest}`, place, config: raw, layers: sources };
}

/** @throws UserError where the configuration is for another platform than wanted */
export function requirePlatform(raw: RawConfig, wanted: Wanted, place: Place): void {
  const platform = { os: raw.os, architecture: raw.architecture, variant: raw.variant ?? null };
  if (!fits(platform, { ...wanted.platform, variant: null }))
    throw foreignPlatform(place, [formatPlatform(platform)], wanted);
  if (platform.os !== 'linux')
    throw refusal(place, `is for ${platform.os}; only Linux images can be run here`);
}

function refuseUnreadable({ mediaType }: Descriptor, isThere: boolean, place: Place): void {
  if (mediaType?.endsWith('+encrypted') === true)
    throw refusal(place, 'is encrypted', 'decrypt the image first: skopeo copy --decryption-key KEY ...');
  if (!isThere && /nondistributable|foreign/.test(mediaType ?? ''))
    throw refusal(
      place,
      'may not be distributed and was left out of the archive',
      'pull the image where its layers are allowed',
    );
}
