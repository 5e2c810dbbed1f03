import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { fullName, parseReference } from "../image/reference.ts";
import { formatEpoch } from "../image/timestamp.ts";
import { openDestination } from "./destination.ts";
import type { ExportRequest, ExportResult } from "./export-request.ts";
import { type Exportable, exportable } from "./exportable.ts";
import { writeFilesArchive } from "./files-archive.ts";
import { writeFilesFolder } from "./files-folder.ts";
import { writeLayoutArchive, writeLayoutFolder } from "./oci-layout.ts";
import { epochOf, outputImage } from "./output-image.ts";
import type { OutputSpec } from "./output-spec.ts";
import { filesParts } from "./platform-files.ts";

/** Hands a finished build to every output that was asked for, one after the other (SPEC XP-07). */
export async function exportBuild(request: ExportRequest): Promise<ExportResult> {
  const pushed: Record<string, Digest> = {};
  const names = new Set<string>();
  let image: Exportable | undefined;
  for (const [i, output] of request.outputs.entries()) {
    if (hasNames(output)) for (const name of namesOf(request, output)) names.add(name);
    if (isKept(output)) image = await keepImage(request, output);
    if (output.type === "cacheonly" || (isKept(output) && !output.push)) continue;
    const title = output.push ? "pushing" : `exporting to ${output.type}`;
    await request.step(`export.${i}`, title, async () => {
      const left = output.push ? await push(request, output, pushed) : await exportOne(request, output);
      image = left ?? image;
    });
  }
  return { pushed, names: [...names], ...(image ? { image } : {}) };
}

/** Outputs whose image stays in the store under its names; there is no daemon for `docker load` to talk to. */
export function isKept({ type, dest }: OutputSpec): boolean {
  return type === "image" || type === "registry" || (type === "docker" && dest === undefined);
}

function hasNames({ type }: OutputSpec): boolean {
  return type !== "local" && type !== "tar" && type !== "cacheonly";
}

/** The tags of the build, else the output's own names; `*` stands for a name that no Dockerfile gives (SPEC 6.5). */
function namesOf({ names }: ExportRequest, output: OutputSpec): readonly string[] {
  return names.length > 0 ? names : output.names.filter((name) => name !== "*").map(fullNameOf);
}

/**
 * Whether the output reads the files of layers themselves, other than through `LayerContent`: an ordinary user can do that inside a
 * user namespace only.
 */
export function readsFiles({ type, push, rewriteTimestamp }: OutputSpec): boolean {
  if (type === "local" || type === "tar") return true;
  return rewriteTimestamp && type !== "cacheonly" && (type !== "image" || push);
}

async function exportOne(request: ExportRequest, output: OutputSpec): Promise<Exportable | undefined> {
  switch (output.type) {
    case "oci":
    case "docker":
      return exportLayout(request, output);
    case "local":
      await exportFolder(request, output);
      return undefined;
    case "tar":
      await exportTar(request, output);
      return undefined;
    case "image":
    case "registry":
    case "cacheonly":
      return undefined;
    default:
      return output.type satisfies never;
  }
}

async function exportLayout(request: ExportRequest, output: OutputSpec): Promise<Exportable> {
  if (output.type === "docker" && request.isIndex)
    throw new SlipwayError(
      "OUTPUT_INVALID",
      "docker exporter does not currently support exporting manifest lists",
      { hint: "use type=oci, or one platform" },
    );
  const image = await prepare(request, output);
  const layout = {
    images: [{ image, names: namesOf(request, output) }],
    dockerManifest: output.type === "docker",
    ...createdOf(request, output),
  };
  if (output.tar) {
    const destination = await openDestination(output.dest!, request);
    await destination.write((sink) => writeLayoutArchive(layout, sink));
  } else await writeLayoutFolder(layout, output.dest!, request);
  return image;
}

/** The epoch, else the time of the image: an archive of the same image stays the same from day to day (SPEC XP-02, EP-06). */
function createdOf({ builds }: ExportRequest, output: OutputSpec): { readonly created?: string } {
  const [build] = builds;
  const epoch = build && epochOf(output, build);
  const created = epoch === undefined ? build?.image.recorded.created : formatEpoch(epoch);
  return created === undefined ? {} : { created: created.replace(/\.\d+Z$/, "Z") };
}

async function prepare(request: ExportRequest, output: OutputSpec): Promise<Exportable> {
  return exportable(await outputImage(request, output), request.content, {
    compression: output.compression,
    ...(output.compressionLevel === undefined ? {} : { compressionLevel: output.compressionLevel }),
    forceCompression: output.forceCompression,
    reproducible: isReproducible(request, output),
    ...exportOptions(output),
  });
}

/** Who sets times asks for the same image from every machine (SPEC EP-05, EP-07). */
function isReproducible({ builds }: ExportRequest, output: OutputSpec): boolean {
  return output.rewriteTimestamp || builds.some((build) => epochOf(output, build) !== undefined);
}

function exportOptions(output: OutputSpec) {
  const { ociMediaTypes, annotations, preferNonDistributable } = output;
  return { family: ociMediaTypes ? "oci" : "docker", annotations, preferNonDistributable } as const;
}

/** Keeps the image as this output wants it; layers made here are not compressed before they leave (DESIGN decision 2). */
async function keepImage(request: ExportRequest, output: OutputSpec): Promise<Exportable> {
  const { store } = request;
  const image = await exportable(await outputImage(request, output), request.content, exportOptions(output));
  for (const bytes of image.documents.values()) await store.blobs.writeBytes(bytes);
  for (const { config, manifest } of image.images) store.images.add(config.digest, manifest);
  for (const name of namesOf(request, output)) await store.images.tag(name, image.root);
  return image;
}

async function exportFolder(request: ExportRequest, output: OutputSpec): Promise<void> {
  await writeFilesFolder({
    parts: await filesParts(request.builds, output, request.isIndex),
    folder: output.dest!,
    cwd: request.cwd,
    deleteExtraneous: output.deleteExtraneous,
    warn: request.warn,
    ...(request.signal ? { signal: request.signal } : {}),
  });
}

async function exportTar(request: ExportRequest, output: OutputSpec): Promise<void> {
  const destination = await openDestination(output.dest!, request);
  await destination.write(async (sink) => {
    await writeFilesArchive(await filesParts(request.builds, output, request.isIndex), sink, request.signal);
  });
}

async function push(
  request: ExportRequest,
  output: OutputSpec,
  pushed: Record<string, Digest>,
): Promise<Exportable> {
  const { pushImage } = await import("../registry/push.ts");
  const references = namesOf(request, output).map((name) => parseReference(name));
  const registry = await request.registry(output.insecure ? references.map(({ domain }) => domain) : []);
  const image = await prepare(request, output);
  for (const reference of references) {
    const { domain, repository } = reference;
    await pushImage({
      registry,
      reference: output.pushByDigest ? { domain, repository, digest: image.root.digest } : reference,
      source: image.source,
      descriptor: image.root,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    pushed[fullName(reference)] = image.root.digest;
  }
  return image;
}

function fullNameOf(name: string): string {
  return fullName(parseReference(name));
}
