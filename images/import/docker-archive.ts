/**
 * What `docker save` and `podman save` write: a tar archive with `manifest.json`, a configuration and layers, in
 * folders of their own (older) or as blobs (newer). Layers have no digest of their stored form here; the
 * configuration's diff ids prove their content.
 */
import { z } from 'zod';
import { blobName, checkedBytes, parseDocument, readWhole, type FileSet } from './blobs.ts';
import type { Budget } from './budget.ts';
import { parseConfig } from './config.ts';
import type { FoundImage } from './found.ts';
import { requirePlatform, type Wanted } from './oci.ts';
import { refusal, type Place } from './refusal.ts';
import { tarLayer } from './tar-layer.ts';
import { meantBy, nameMeant, waysToName } from '../names.ts';
import { sha256 } from '../tree.ts';

const manifestSchema = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()).nullish(),
    }),
  )
  .min(1);

export async function readDockerArchive(
  files: FileSet,
  wanted: Wanted,
  budget: Budget,
  signal?: AbortSignal,
): Promise<FoundImage> {
  const place: Place = { archive: files.archive };
  const manifest = await files.find('manifest.json');
  if (manifest === null)
    throw refusal(
      place,
      'has no manifest.json; archives of docker before 1.10 have none',
      'load and save it again',
    );
  const manifestPlace = { ...place, entry: 'manifest.json' };
  const images = parseDocument(
    await readWhole(manifest.open(), manifest.size, manifestPlace),
    manifestSchema,
    manifestPlace,
  );
  const all = images.map((image) => ({
    image,
    names: image.RepoTags ?? [],
    tag: null,
    digest: `sha256:${digestIn(image.Config) ?? sha256(image.Config)}`,
  }));
  const offered = `images here: ${waysToName(all).join(', ')}`;
  const matching = wanted.tag === null ? all : meantBy(wanted.tag, all);
  const [chosen] = matching;
  if (chosen === undefined)
    throw refusal(place, `holds no image tagged ${JSON.stringify(wanted.tag)}`, offered);
  if (matching.some(({ digest }) => digest !== chosen.digest))
    throw refusal(
      place,
      wanted.tag === null
        ? 'holds several images'
        : `holds several images tagged ${JSON.stringify(wanted.tag)}`,
      `name one as PATH:NAME; ${offered}`,
    );
  const { image } = chosen;
  const configPlace = { ...place, entry: image.Config };
  const text = await readNamed(files, image.Config, configPlace);
  const raw = parseConfig(parseDocument(text, z.unknown(), configPlace), configPlace);
  requirePlatform(raw, wanted, place);
  const layers = image.Layers ?? [];
  const diffIds = raw.rootfs.diff_ids ?? [];
  if (diffIds.length !== layers.length)
    throw refusal(
      place,
      `has ${String(layers.length)} layers, but its configuration speaks of ${String(diffIds.length)}`,
    );
  const sources = [];
  for (const [index, name] of layers.entries()) {
    const layerPlace = {
      ...place,
      layer: `${String(index + 1)} of ${String(layers.length)} (${name.slice(0, 80)})`,
    };
    const diffId = diffIds[index] ?? '';
    blobName(diffId, layerPlace);
    const file = await files.find(name);
    if (file === null) throw refusal(layerPlace, 'is named but missing: the image is not whole');
    sources.push(tarLayer({ place: layerPlace, file, blob: null, diffId, whiteouts: true }, budget, signal));
  }
  return {
    name: nameMeant(chosen, wanted.tag),
    tag: null,
    key: `config ${sha256(text)}`,
    place,
    config: raw,
    layers: sources,
  };
}

/** The digest that names a configuration, in either form: "HEX.json" or "blobs/sha256/HEX". */
const digestIn = (name: string): string | undefined => /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];

/** The configuration is named by its own digest, in either form. */
async function readNamed(files: FileSet, name: string, place: Place): Promise<Buffer> {
  const file = await files.find(name);
  if (file === null) throw refusal(place, 'is named but missing: the image is not whole');
  const hex = digestIn(name);
  const bytes =
    hex === undefined ? file.open() : checkedBytes(file, { digest: `sha256:${hex}`, size: null }, place);
  return await readWhole(bytes, file.size, place);
}
