import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ObservedImage, ObservedLayer } from "../observation.ts";
import { observedTime } from "../observation.ts";
import { readTar } from "./tar.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly platform?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface ImageConfig {
  readonly history?: readonly Readonly<Record<string, unknown>>[];
  readonly rootfs: { readonly diff_ids: readonly string[] | null };
  readonly [member: string]: unknown;
}

export interface LayoutContext {
  /** Seconds since 1970 at which the build began. */
  readonly started: number;
  /** Diff IDs of layers that are not looked into. */
  readonly known: ReadonlySet<string>;
}

/** Every image of an OCI layout folder, attestations left out, in the order of the index. */
export function readLayout(folder: string, context: LayoutContext): readonly ObservedImage[] {
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { manifests: Descriptor[] };
  return index.manifests.flatMap((descriptor) => readDescriptor(folder, descriptor, context));
}

function readDescriptor(
  folder: string,
  descriptor: Descriptor,
  context: LayoutContext,
): readonly ObservedImage[] {
  const document = JSON.parse(blob(folder, descriptor.digest).toString("utf8")) as {
    manifests?: Descriptor[];
    config: Descriptor;
    layers: Descriptor[] | null;
  };
  if (document.manifests) return document.manifests.flatMap((each) => readDescriptor(folder, each, context));
  if (descriptor.annotations?.["vnd.docker.reference.type"]) return [];
  const config = JSON.parse(blob(folder, document.config.digest).toString("utf8")) as ImageConfig;
  const layers = readLayers(folder, document.layers ?? [], config, context);
  const documents = { manifest: descriptor.digest, config: document.config.digest };
  return [{ ...observeImage(config, layers, context.started), documents }];
}

function observeImage(
  config: ImageConfig,
  layers: readonly ObservedLayer[],
  started: number,
): Omit<ObservedImage, "documents"> {
  const { history, rootfs: _, ...rest } = config;
  const platform = [config.os, config.architecture, config.variant].filter(Boolean).join("/");
  return {
    platform,
    config: withTimes(rest, started),
    history: (history ?? []).map((item) => withTimes(item, started)),
    layers,
  };
}

/** `created` as text where it is from before the build, else `now`. */
function withTimes<T extends Readonly<Record<string, unknown>>>(value: T, started: number): T {
  if (typeof value.created !== "string") return value;
  const seconds = Math.floor(Date.parse(value.created) / 1000);
  return { ...value, created: observedTime(seconds, started) === "now" ? "now" : value.created };
}

function readLayers(
  folder: string,
  layers: readonly Descriptor[],
  config: ImageConfig,
  context: LayoutContext,
): readonly ObservedLayer[] {
  return layers.map((layer, index) => {
    const diffId = config.rootfs.diff_ids?.[index] ?? "none";
    if (context.known.has(diffId)) return { diffId };
    const bytes = blob(folder, layer.digest);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return { diffId, entries: readTar(isGzip ? gunzipSync(bytes) : bytes, context.started) };
  });
}

function blob(folder: string, digest: string): Buffer {
  return readFileSync(join(folder, "blobs", digest.replace(":", "/")));
}
