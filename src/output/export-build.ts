import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { formatPlatform } from "../core/platform.ts";
import { parseReference } from "../image/reference.ts";
import { openDestination } from "./destination.ts";
import type { ExportedBuild, ExportRequest } from "./export-request.ts";
import { exportable } from "./exportable.ts";
import { writeFilesArchive } from "./files-archive.ts";
import { writeFilesFolder } from "./files-folder.ts";
import { writeLayoutArchive, writeLayoutFolder } from "./oci-layout.ts";
import type { OutputSpec } from "./output-spec.ts";
import { rewriteTimestamps } from "./rewrite-timestamps.ts";

/** Hands a finished build to every output that was asked for, one after the other. Gives the digests that were pushed, by name. */
export async function exportBuild(request: ExportRequest): Promise<Readonly<Record<string, Digest>>> {
  const pushed: Record<string, Digest> = {};
  for (const [i, output] of request.outputs.entries()) {
    if (output.type === "cacheonly" || (output.type === "image" && !output.push)) continue;
    const name = output.push ? "pushing" : `exporting to ${output.type}`;
    await request.step(`export.${i}`, name, async () => {
      if (output.push) Object.assign(pushed, await push(request, output));
      else await exportOne(request, output);
    });
  }
  return pushed;
}

/**
 * Whether the output reads the files of layers themselves, other than through `LayerContent`: an ordinary user can do that inside a
 * user namespace only.
 */
export function readsFiles({ type, push, rewriteTimestamp }: OutputSpec): boolean {
  if (type === "local" || type === "tar") return true;
  return rewriteTimestamp && type !== "cacheonly" && (type !== "image" || push);
}

async function exportOne(request: ExportRequest, output: OutputSpec): Promise<void> {
  switch (output.type) {
    case "oci":
    case "docker":
      return exportLayout(request, output);
    case "local":
      return exportFolder(request, output);
    case "tar":
      return exportTar(request, output);
    case "image":
    case "registry":
    case "cacheonly":
      return;
    default:
      return output.type satisfies never;
  }
}

async function exportLayout(request: ExportRequest, output: OutputSpec): Promise<void> {
  if (output.type === "docker" && request.builds.length > 1)
    throw new SlipwayError(
      "OUTPUT_INVALID",
      "docker exporter does not currently support exporting manifest lists",
      { hint: "use type=oci, or one platform" },
    );
  const image = await prepare(request, output);
  const created = request.builds[0]?.epoch;
  const layout = {
    images: [{ image, names: [...request.names, ...output.names.map(fullNameOf)] }],
    dockerManifest: output.type === "docker",
    ...(created === undefined ? {} : { created: new Date(created * 1000).toISOString() }),
  };
  if (!output.tar) return writeLayoutFolder(layout, output.dest!, request.cwd);
  // `docker load` has no meaning without a daemon: the image is in the store already.
  if (output.dest === undefined) return;
  const destination = await openDestination(output.dest, request);
  await destination.write((sink) => writeLayoutArchive(layout, sink));
}

async function prepare(request: ExportRequest, output: OutputSpec) {
  const root = output.rewriteTimestamp ? await rewriteTimestamps(request, output) : request.root;
  return exportable(root, request.content, {
    compression: output.compression,
    ...(output.compressionLevel === undefined ? {} : { compressionLevel: output.compressionLevel }),
    forceCompression: output.forceCompression,
    family: output.ociMediaTypes ? "oci" : "docker",
    annotations: output.annotations,
  });
}

async function exportFolder(request: ExportRequest, output: OutputSpec): Promise<void> {
  const split = output.platformSplit ?? request.builds.length > 1;
  for (const build of request.builds)
    await writeFilesFolder({
      tree: await build.tree(),
      folder: output.dest!,
      cwd: request.cwd,
      deleteExtraneous: output.deleteExtraneous,
      ...(split ? { subfolder: platformFolder(build) } : {}),
      ...(build.epoch === undefined ? {} : { time: build.epoch }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
}

async function exportTar(request: ExportRequest, output: OutputSpec): Promise<void> {
  const split = output.platformSplit ?? request.builds.length > 1;
  const destination = await openDestination(output.dest!, request);
  await destination.write(async (sink) => {
    const parts = await Promise.all(
      request.builds.map(async (build) => ({
        tree: await build.tree(),
        prefix: split ? platformFolder(build) : "",
        ...(build.epoch === undefined ? {} : { time: build.epoch }),
      })),
    );
    await writeFilesArchive(parts, sink, request.signal);
  });
}

async function push(request: ExportRequest, output: OutputSpec): Promise<Record<string, Digest>> {
  const { pushImage } = await import("../registry/push.ts");
  const registry = await request.registry();
  const image = await prepare(request, output);
  const pushed: Record<string, Digest> = {};
  for (const name of new Set([...request.names, ...output.names.map(fullNameOf)])) {
    const reference = parseReference(name);
    await pushImage({
      registry,
      reference: output.pushByDigest
        ? { domain: reference.domain, repository: reference.repository, digest: image.root.digest }
        : reference,
      source: image.source,
      descriptor: image.root,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    pushed[name] = image.root.digest;
  }
  return pushed;
}

function fullNameOf(name: string): string {
  const { domain, repository, tag, digest } = parseReference(name);
  return `${domain}/${repository}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
}

/** `linux_arm64_v8`-like folder names (SPEC XP-04). */
function platformFolder(build: ExportedBuild): string {
  return formatPlatform(build.image.platform).replaceAll("/", "_");
}
