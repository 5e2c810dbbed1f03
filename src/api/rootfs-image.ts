import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { DEFAULT_PATH } from "../core/default-path.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { finishDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import { hostPlatform, type Platform } from "../core/platform.ts";
import { EMPTY_CHAIN, stackLayer } from "../execute/chain.ts";
import { storeLayer } from "../execute/layer-commit.ts";
import type { ContainerConfig, ImageConfig } from "../image/config.ts";
import { fullName, parseReference } from "../image/reference.ts";
import { layerArchive } from "../layer/archive.ts";
import { decompressor, detectCompression } from "../layer/compression.ts";
import { ingestLayer } from "../layer/ingest.ts";
import type { PackedLayer } from "../layer/packed-layer.ts";
import { Toc } from "../layer/toc.ts";
import { atEpoch } from "../output/assemble.ts";
import { storeImage } from "../output/store-image.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { peek } from "./peek.ts";
import type { Session } from "./session.ts";

export interface ImportOptions {
  /** A tar file, plain or compressed, or `-` for `stdin`. */
  readonly source: string;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly name: string;
  readonly platform?: Platform;
  readonly message?: string;
  readonly config?: ContainerConfig;
  readonly signal?: AbortSignal;
}

export interface ImportedImage {
  readonly id: string;
  readonly name: string;
  readonly descriptor: Descriptor;
}

/** Makes an image of one layer out of any root filesystem tar. */
export function importRootfs(options: ImportOptions, environment: Environment): Promise<ImportedImage> {
  return withSession(environment, (session) => {
    const source =
      options.source === "-"
        ? options.stdin
        : createReadStream(resolve(environment.cwd, options.source), { highWaterMark: 1 << 20 });
    if (!source) throw new SlipwayError("USAGE", "there is no standard input to import from");
    return importArchive(session, source, options);
  });
}

/** The same for a stream; used by `bootstrap`, too. */
export async function importArchive(
  session: Session,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ImportedImage> {
  const { store } = session;
  const name = fullName(parseReference(options.name));
  const info = await storeRootfs(session, source, options);
  const created = new Date().toISOString();
  const chain = stackLayer(EMPTY_CHAIN, info, { created, description: options.source });
  const config: ImageConfig = {
    platform: options.platform ?? hostPlatform(),
    created,
    config: options.config ?? { Env: [`PATH=${DEFAULT_PATH}`], Cmd: ["/bin/sh"] },
    history: [
      {
        created,
        created_by: options.message ?? `imported from ${options.source}`,
        comment: "slipway import",
      },
    ],
    diffIds: [info.diffId],
  };
  const image = atEpoch({ recorded: config, baseHistory: [], chain }, undefined);
  const descriptor = await storeImage(store, [image], false);
  await store.images.tag(name, descriptor);
  return { id: image.configDescriptor.digest, name, descriptor };
}

/** Unpacks the archive as a layer of the store. */
async function storeRootfs(
  { store, privilege: { form } }: Session,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<LayerInfo> {
  const directory = store.temp.directory("import");
  const scope = new CleanupScope();
  scope.defer(() => store.temp.remove(directory));
  return scope.around(async () => {
    const { head, stream } = await peek(readable(source, options.source), 512);
    const compression = detectCompression(head);
    const archive = compression ? decompressor(compression, stream) : stream;
    const packed = await ingestLayer({
      archive,
      directory,
      form,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const layer = { info: await canonicalInfo(packed, directory), toc: packed.toc };
    await storeLayer({ store, form }, layer, directory);
    return layer.info;
  });
}

/**
 * The archive that came in is not kept, so the layer is known by the one that we make of the same files: any tar of a root filesystem,
 * however it was written, gives the same image.
 */
async function canonicalInfo({ info, toc }: PackedLayer, directory: string): Promise<LayerInfo> {
  const hash = createHash("sha256");
  let tarSize = 0;
  for await (const chunk of layerArchive(Toc.open(toc), directory)) {
    hash.update(chunk as Buffer);
    tarSize += (chunk as Buffer).length;
  }
  return { ...info, diffId: finishDigest(hash), tarSize };
}

/** A file that cannot be read is an error with a name, not a stack trace. */
async function* readable(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw new SlipwayError("CONTEXT_NOT_FOUND", `cannot read ${name}: ${(error as Error).message}`, {
      cause: error,
      hint: "check the path",
    });
  }
}
