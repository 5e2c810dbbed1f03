import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { type Descriptor, isIndexType, MEDIA } from "../core/descriptor.ts";
import { hexOf } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { type ContentSource, type ContentTarget, copyImage } from "../image/copy.ts";
import { decodeImageConfig } from "../image/decode-config.ts";
import { type DockerManifestItem, decodeDockerManifest } from "../image/docker-manifest.ts";
import { decodeIndex } from "../image/index-document.ts";

import { decodeManifest, encodeManifest } from "../image/manifest.ts";
import { familiarName, fullName, parseReference } from "../image/reference.ts";
import { readArchiveEntries } from "../layer/archive-entries.ts";
import { decompressor, detectCompression } from "../layer/compression.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { peek } from "./peek.ts";
import type { Session } from "./session.ts";

export interface LoadOptions {
  /** An archive (plain or compressed) or a folder with an OCI layout; `-` is `stdin`. */
  readonly source: string;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface LoadedImage {
  /** Familiar name; undefined for an image that has none. */
  readonly name?: string;
  readonly descriptor: Descriptor;
}

/** Host path of a file by its path inside the archive or folder. */
export type FindFile = (path: string) => string | undefined;

/** Reads images from `docker save` archives and OCI layouts into the store (the counterpart of `save`). */
export function loadImages(options: LoadOptions, environment: Environment): Promise<LoadedImage[]> {
  return withSession(environment, async (session) => {
    const scope = new CleanupScope();
    return scope.around(async () => {
      const folder = await openLayout(options, session, environment.cwd, scope);
      return loadFolder(session, folder, options.signal);
    });
  });
}

/** A folder that holds the layout: the given one, or the archive's contents under safe names. */
async function openLayout(
  options: LoadOptions,
  session: Session,
  cwd: string,
  scope: CleanupScope,
): Promise<FindFile> {
  const path = resolve(cwd, options.source);
  const stat = options.source === "-" ? undefined : statSync(path, { throwIfNoEntry: false });
  if (options.source !== "-" && !stat)
    throw new SlipwayError("CONTEXT_NOT_FOUND", `there is no file ${options.source}`);
  if (stat?.isDirectory()) return (name) => insideFolder(path, name);
  const source = stat ? createReadStream(path, { highWaterMark: 1 << 20 }) : options.stdin;
  if (!source) throw new SlipwayError("USAGE", "there is no standard input to load from");
  const { head, stream } = await peek(source, 512);
  const compression = detectCompression(head);
  const spool = session.store.temp.directory("load");
  scope.defer(() => session.store.temp.remove(spool));
  const files = new Map<string, string>();
  for await (const { entry, file } of readArchiveEntries(
    compression ? decompressor(compression, stream) : stream,
    spool,
  )) {
    const target = file ?? (entry.hardLink === undefined ? undefined : files.get(entry.hardLink));
    const linked =
      entry.type === "symlink" ? files.get(join(entry.path, "..", entry.linkTarget ?? "")) : target;
    if (linked !== undefined) files.set(entry.path, linked);
  }
  return (name) => files.get(name);
}

/** Layout folders of this machine are read by plain names only; what is there but is no file counts as missing. */
export function insideFolder(folder: string, name: string): string | undefined {
  if (name.includes("\0") || name.split("/").includes("..")) return undefined;
  const path = join(folder, name);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

async function loadFolder(session: Session, find: FindFile, signal?: AbortSignal): Promise<LoadedImage[]> {
  const index = find("index.json");
  if (index) return loadOci(session, index, find, signal);
  const manifest = find("manifest.json");
  if (manifest) return loadDocker(session, manifest, find, signal);
  throw new SlipwayError("IMAGE_INVALID", "this is neither an OCI layout nor a `docker save` archive", {
    hint: "it has no index.json and no manifest.json; use `slipway import` for a root filesystem",
  });
}

async function loadOci(
  session: Session,
  indexFile: string,
  find: FindFile,
  signal?: AbortSignal,
): Promise<LoadedImage[]> {
  const index = decodeIndex(readSmall(indexFile), MEDIA.ociIndex);
  const from = layoutBlobs(find);
  const loaded: LoadedImage[] = [];
  for (const { annotations, ...descriptor } of index.manifests) {
    await copyImage({ from, to: storeTarget(session.store), descriptor, ...(signal ? { signal } : {}) });
    await registerImage(session.store, descriptor);
    const name = nameOf(annotations);
    if (name) await session.store.images.tag(name, descriptor);
    loaded.push({ descriptor, ...(name ? { name: familiarName(parseReference(name)) } : {}) });
  }
  return loaded;
}

/** The blobs of a layout, by digest. */
export function layoutBlobs(find: FindFile): ContentSource {
  return {
    fetch: async ({ digest }) => {
      const file = find(`blobs/sha256/${hexOf(digest)}`);
      if (!file) throw new SlipwayError("BLOB_NOT_FOUND", `the layout has no blob ${digest}`);
      return createReadStream(file, { highWaterMark: 1 << 20 });
    },
  };
}

/** Full name of a layout's entry: containerd's annotation, else the OCI one where it is a whole reference. */
function nameOf(annotations: Readonly<Record<string, string>> | undefined): string | undefined {
  const text =
    annotations?.["io.containerd.image.name"] ?? annotations?.["org.opencontainers.image.ref.name"];
  if (!text || !/[/:]/.test(text)) return undefined;
  return fullName(parseReference(text));
}

async function loadDocker(
  session: Session,
  manifestFile: string,
  find: FindFile,
  signal?: AbortSignal,
): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  for (const item of decodeDockerManifest(readSmall(manifestFile)))
    loaded.push(...(await loadDockerItem(session, item, find, signal)));
  return loaded;
}

async function loadDockerItem(
  session: Session,
  item: DockerManifestItem,
  find: FindFile,
  signal?: AbortSignal,
): Promise<LoadedImage[]> {
  const { store } = session;
  const bytes = readSmall(required(find, item.config));
  const config = decodeImageConfig(bytes);
  const layers: Descriptor[] = [];
  for (const path of item.layers) {
    const file = required(find, path);
    const compression = detectCompression(readHead(file));
    const blob = await store.blobs.write(
      createReadStream(file, { highWaterMark: 1 << 20 }),
      signal ? { signal } : {},
    );
    layers.push({
      mediaType:
        compression === "gzip"
          ? MEDIA.ociLayerGzip
          : compression === "zstd"
            ? MEDIA.ociLayerZstd
            : MEDIA.ociLayer,
      ...blob,
    });
  }
  if (layers.length !== config.diffIds.length)
    throw new SlipwayError(
      "IMAGE_INVALID",
      `${item.config} names ${config.diffIds.length} layers, the archive has ${layers.length}`,
    );
  const configBlob = await store.blobs.writeBytes(bytes);
  const manifest = encodeManifest({
    family: "oci",
    config: { mediaType: MEDIA.ociConfig, ...configBlob },
    layers,
  });
  await store.blobs.writeBytes(manifest.bytes);
  await registerImage(store, manifest.descriptor);
  const names = item.tags.map((tag) => fullName(parseReference(tag)));
  for (const name of names) await store.images.tag(name, manifest.descriptor);
  if (names.length === 0) return [{ descriptor: manifest.descriptor }];
  return names.map((name) => ({ name: familiarName(parseReference(name)), descriptor: manifest.descriptor }));
}

/** The store as the target of a copy. */
export function storeTarget(store: Store): ContentTarget {
  return {
    has: async ({ digest }) => store.blobs.has(digest),
    push: async ({ digest, size }, content, signal) => {
      await store.blobs.write(content, { digest, size, ...(signal ? { signal } : {}) });
    },
  };
}

/** Makes an image findable by its id. */
export async function registerImage(store: Store, root: Descriptor): Promise<void> {
  const bytes = await store.blobs.readBytes(root, root.size);
  if (!isIndexType(root.mediaType)) {
    store.images.add(decodeManifest(bytes, root.mediaType).config.digest, root);
    return;
  }
  for (const entry of decodeIndex(bytes, root.mediaType).manifests)
    if (store.blobs.has(entry.digest)) await registerImage(store, entry);
}

function required(find: FindFile, path: string): string {
  const file = find(path);
  if (!file) throw new SlipwayError("IMAGE_INVALID", `the archive has no ${JSON.stringify(path)}`);
  return file;
}

export function readSmall(file: string): Buffer {
  if (statSync(file).size > LIMITS.manifest)
    throw new SlipwayError("IMAGE_INVALID", "a document of the archive is too large");
  return readFileSync(file);
}

function readHead(file: string): Buffer {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(512);
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}
