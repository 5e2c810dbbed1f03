import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Descriptor, MEDIA } from "../core/descriptor.ts";
import { hexOf } from "../core/digest.ts";
import type { ContentSource } from "../image/copy.ts";
import { descriptorMembers } from "../image/descriptor-json.ts";
import { decodeIndex } from "../image/index-document.ts";
import { members, writeJson } from "../image/ordered-json.ts";
import { familiarName, parseReference } from "../image/reference.ts";
import { entryHeader, paddingAfter, TAR_END } from "../layer/tar-writer.ts";
import { verified } from "../store/verified.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { withAnnotations } from "./annotations.ts";
import { type ByteSink, outputError } from "./destination.ts";
import type { Exportable } from "./exportable.ts";
import { withFolderLock } from "./folder-lock.ts";

export interface NamedImage {
  readonly image: Exportable;
  /** Full names; none gives one descriptor without a name. */
  readonly names: readonly string[];
}

export interface LayoutRequest {
  readonly images: readonly NamedImage[];
  /** Add what `docker load` reads. */
  readonly dockerManifest: boolean;
  /** RFC 3339, for the annotation. */
  readonly created?: string;
}

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** One archive with an OCI image layout (SPEC XP-02): entries sorted, times at the epoch, so that equal images give equal archives. */
export async function writeLayoutArchive(request: LayoutRequest, sink: ByteSink): Promise<void> {
  await directory(sink, "blobs");
  await directory(sink, "blobs/sha256");
  for (const [blob, source] of blobsOf(request)) {
    await header(sink, `blobs/sha256/${hexOf(blob.digest)}`, blob.size);
    for await (const chunk of verified(await source.fetch(blob), blob)) await sink.write(chunk);
    await sink.write(paddingAfter(blob.size));
  }
  await file(sink, "index.json", indexJson(request));
  if (request.dockerManifest) await file(sink, "manifest.json", dockerManifest(request));
  await file(sink, "oci-layout", LAYOUT);
  await sink.write(TAR_END);
}

/**
 * The same as a folder; blobs that are there already stay, and index.json is merged (SPEC XP-03), by one process at a time: of
 * two that write to the same folder, neither loses what the other added.
 */
export async function writeLayoutFolder(
  request: LayoutRequest,
  dest: string,
  { cwd, signal }: { readonly cwd: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const folder = resolve(cwd, dest);
  try {
    makeFolders(join(folder, "blobs/sha256"));
    for (const [blob, source] of blobsOf(request)) await writeBlob(source, folder, blob);
    await withFolderLock(folder, signal, () => {
      replaceFile(join(folder, "oci-layout"), LAYOUT);
      replaceFile(join(folder, "index.json"), indexJson(request, existingManifests(folder)));
      if (request.dockerManifest) replaceFile(join(folder, "manifest.json"), dockerManifest(request));
    });
  } catch (error) {
    throw outputError(error, folder);
  }
}

/** Every blob once, by digest. */
function blobsOf({ images }: LayoutRequest): (readonly [Descriptor, ContentSource])[] {
  const all = new Map(
    images.flatMap(({ image }) =>
      image.blobs.map((blob) => [blob.digest, [blob, image.source] as const] as const),
    ),
  );
  return [...all.values()].sort(([a], [b]) => (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0));
}

async function writeBlob(source: ContentSource, folder: string, blob: Descriptor): Promise<void> {
  const path = join(folder, "blobs/sha256", hexOf(blob.digest));
  if (existsSync(path)) return;
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await pipeline(verified(await source.fetch(blob), blob), createWriteStream(temporary, { flags: "wx" }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function existingManifests(folder: string): readonly Descriptor[] {
  const path = join(folder, "index.json");
  if (!existsSync(path)) return [];
  return decodeIndex(readFileSync(path), MEDIA.ociIndex).manifests;
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** A nameless image is the `latest` of a folder, so that the next one takes its place; in an archive it is alone. */
const NAMELESS = { "org.opencontainers.image.ref.name": "latest" };

function indexJson({ images, created }: LayoutRequest, existing?: readonly Descriptor[]): string {
  const time = created ? { "org.opencontainers.image.created": created } : undefined;
  const fresh = images.flatMap(({ image: { root }, names }): readonly Descriptor[] =>
    names.length === 0
      ? [{ ...root, ...withAnnotations(root.annotations, existing ? { ...time, ...NAMELESS } : time) }]
      : names.map((name) => ({
          ...root,
          ...withAnnotations(root.annotations, { ...time, ...nameAnnotations(name) }),
        })),
  );
  const replaced = new Set(fresh.map(keyOf));
  const kept = (existing ?? []).filter((descriptor) => !replaced.has(keyOf(descriptor)));
  const tree = members([
    ["schemaVersion", 2],
    ["mediaType", "application/vnd.oci.image.index.v1+json"],
    ["manifests", [...kept, ...fresh].map(descriptorMembers)],
  ]);
  return writeJson(tree);
}

function nameAnnotations(name: string): Record<string, string> {
  return {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": parseReference(name).tag ?? "latest",
  };
}

function keyOf({ annotations, digest }: Descriptor): string {
  return (
    annotations?.["io.containerd.image.name"] ?? annotations?.["org.opencontainers.image.ref.name"] ?? digest
  );
}

/** `manifest.json` of docker save (the layers are the blobs of the layout). */
function dockerManifest({ images }: LayoutRequest): string {
  const path = (descriptor: Descriptor) => `blobs/sha256/${hexOf(descriptor.digest)}`;
  return JSON.stringify(
    images.flatMap(({ image, names }) =>
      image.images.map(({ config, layers }) => ({
        Config: path(config),
        RepoTags: names.map((name) => familiarName(parseReference(name))),
        Layers: layers.map(path),
      })),
    ),
  );
}

async function directory(sink: ByteSink, path: string): Promise<void> {
  await sink.write(entryHeader({ ...PLAIN, path, type: "dir", mode: 0o755, size: 0 }));
}

async function header(sink: ByteSink, path: string, size: number): Promise<void> {
  await sink.write(entryHeader({ ...PLAIN, path, type: "file", mode: 0o444, size }));
}

async function file(sink: ByteSink, path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  await header(sink, path, bytes.length);
  await sink.write(bytes);
  await sink.write(paddingAfter(bytes.length));
}

const PLAIN = { uid: 0, gid: 0, mtime: 0, mtimeNs: 0 } as const;
