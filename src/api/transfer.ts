import type { Descriptor } from "../core/descriptor.ts";
import { isIndexType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { hostPlatform, type Platform } from "../core/platform.ts";
import { familiarName, fullName, parseReference } from "../image/reference.ts";
import { openDestination } from "../output/destination.ts";
import { exportable } from "../output/exportable.ts";
import { LayerContent } from "../output/layer-content.ts";
import { writeLayoutArchive, writeLayoutFolder } from "../output/oci-layout.ts";
import type { Environment } from "./environment.ts";
import { findImage, tryFullName, withSession } from "./images.ts";
import { registerImage } from "./load.ts";
import type { Session } from "./session.ts";
import { elevated, NeedsUserNamespace, userNamespaceAvailable } from "./user-namespace.ts";

/** Told about bytes on their way. */
export type OnTransfer = (item: Digest, current: number, total: number) => void;

export interface PullOptions {
  readonly name: string;
  readonly platform?: Platform;
  readonly onProgress?: OnTransfer;
  readonly signal?: AbortSignal;
}

/** Gets an image from a registry, layers included, and tags it. */
export function pull(
  options: PullOptions,
  environment: Environment,
): Promise<{ readonly name: string; readonly descriptor: Descriptor }> {
  return withSession(environment, async (session) => {
    const { pullImage } = await import("../registry/pull.ts");
    const reference = parseReference(options.name);
    const { root } = await pullImage({
      registry: await session.registry(),
      reference,
      platform: options.platform ?? hostPlatform(),
      store: session.store,
      lazyLayers: false,
      ...(options.onProgress
        ? { onProgress: (p) => options.onProgress?.(p.descriptor.digest, p.current, p.descriptor.size) }
        : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    await registerImage(session.store, root);
    await session.store.images.tag(fullName(reference), root);
    return { name: familiarName(reference), descriptor: root };
  });
}

export interface PushOptions {
  readonly name: string;
  readonly onProgress?: OnTransfer;
  readonly signal?: AbortSignal;
}

/** Sends an image of the store to the registry that its name says. Layers made here are compressed with gzip on the way. */
export function push(
  options: PushOptions,
  environment: Environment,
): Promise<{ readonly name: string; readonly digest: Digest }> {
  const { onProgress: _, signal, ...plain } = options;
  const call = { operation: "push", options: plain, environment, ...(signal ? { signal } : {}) };
  return elevated(call, () => pushHere(options, environment));
}

export function pushHere(
  options: PushOptions,
  environment: Environment,
): Promise<{ readonly name: string; readonly digest: Digest }> {
  return withSession(environment, async (session) => {
    const reference = parseReference(options.name);
    const root = findImage(session.store, options.name);
    const image = await exportable(root, contentOf(session, options.signal), {
      compression: "gzip",
      forceCompression: false,
      reproducible: isReproducible(environment),
      family: "oci",
    });
    const { pushImage } = await import("../registry/push.ts");
    const pushed = await pushImage({
      registry: await session.registry(),
      reference,
      source: image.source,
      descriptor: image.root,
      mountFrom: (digest) => session.store.sources(digest).map((name) => parseReference(name)),
      ...(options.onProgress
        ? { onProgress: (p) => options.onProgress?.(p.descriptor.digest, p.current, p.descriptor.size) }
        : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return { name: familiarName(reference), digest: pushed.digest };
  });
}

export interface SaveOptions {
  readonly names: readonly string[];
  /** A file, or `-` for `stdout`. */
  readonly output: string;
  /** `docker`: what `docker load` reads (an OCI layout with manifest.json); `oci-archive`, `oci-dir`. */
  readonly format: "docker" | "oci-archive" | "oci-dir";
  readonly stdout?: NodeJS.WritableStream;
  readonly signal?: AbortSignal;
}

/** Writes images to an archive or a folder. */
export function save(options: SaveOptions, environment: Environment): Promise<void> {
  const { stdout, signal, ...plain } = options;
  const call = {
    operation: "save",
    options: plain,
    environment,
    ...(stdout ? { stdout } : {}),
    ...(signal ? { signal } : {}),
  };
  return elevated(call, () => saveHere(options, environment));
}

export function saveHere(options: SaveOptions, environment: Environment): Promise<void> {
  return withSession(environment, async (session) => {
    const content = contentOf(session, options.signal);
    const family = options.format === "docker" ? "docker" : "oci";
    const images = [];
    for (const name of options.names) {
      const root = findImage(session.store, name);
      const full = tryFullName(name);
      const reproducible = isReproducible(environment);
      const how = { compression: "gzip", forceCompression: false, reproducible, family } as const;
      const image = await exportable(root, content, how);
      images.push({
        image,
        names: full && session.store.images.find(full)?.digest === root.digest ? [full] : [],
      });
    }
    const dockerManifest =
      options.format === "docker" && images.every(({ image }) => !isIndexType(image.root.mediaType));
    const layout = { images, dockerManifest };
    if (options.format === "oci-dir") {
      const { signal } = options;
      return writeLayoutFolder(layout, options.output, { cwd: environment.cwd, signal });
    }
    const destination = await openDestination(options.output, {
      cwd: environment.cwd,
      ...(options.stdout ? { stdout: options.stdout } : {}),
    });
    await destination.write((sink) => writeLayoutArchive(layout, sink));
  });
}

/** Whether layers have to be compressed as on every other machine. */
function isReproducible({ variables }: Environment): boolean {
  return Boolean(variables.SOURCE_DATE_EPOCH);
}

/** Bytes of an image's parts; files of native snapshots are out of an ordinary user's reach outside a namespace. */
export function contentOf(session: Session, signal?: AbortSignal): LayerContent {
  return new LayerContent(session.store, (blob) => session.fetchBlob(blob, signal), {
    searchPath: session.environment.path,
    beforeRead: () => {
      if (session.privilege.kind === "user" && userNamespaceAvailable(session.environment).available)
        throw new NeedsUserNamespace();
    },
    ...(signal ? { signal } : {}),
  });
}
