import { type Digest, isDigest } from "../core/digest.ts";
import { normalizePlatform, type Platform } from "../core/platform.ts";
import type { ContainerConfig, Healthcheck, HistoryItem, ImageConfig } from "./config.ts";
import { JsonReader } from "./json-reader.ts";
import { isTimestamp } from "./timestamp.ts";

/**
 * Reads an image config of either family (OCI image-spec v1.1 §config, Docker image specification v1.3). Members that are
 * not known are dropped (SPEC OC-06); null counts as absent. Throws `IMAGE_INVALID` naming the member that is wrong.
 */
export function decodeImageConfig(bytes: Uint8Array): ImageConfig {
  const doc = JsonReader.parse(bytes, "the image config");
  const author = doc.get("author")?.text();
  const created = timestamp(doc.get("created"));
  const container = doc.get("config");
  return {
    platform: readPlatform(doc),
    ...(author ? { author } : {}),
    ...(created ? { created } : {}),
    config: container ? readContainer(container) : {},
    history: doc.get("history")?.list().map(readHistoryItem) ?? [],
    diffIds: readDiffIds(doc.get("rootfs")),
  };
}

function readPlatform(doc: JsonReader): Platform {
  const os = doc.require("os").text() || doc.fail('has an empty "os"');
  const architecture = doc.require("architecture").text() || doc.fail('has an empty "architecture"');
  const variant = doc.get("variant")?.text();
  const osVersion = doc.get("os.version")?.text();
  const osFeatures = doc.get("os.features")?.texts();
  return normalizePlatform({
    os,
    architecture,
    ...(variant ? { variant } : {}),
    ...(osVersion ? { osVersion } : {}),
    ...(osFeatures ? { osFeatures } : {}),
  });
}

function readContainer(c: JsonReader): ContainerConfig {
  const health = c.get("Healthcheck");
  return present({
    User: c.get("User")?.text() || undefined,
    ExposedPorts: c.get("ExposedPorts")?.record(() => ({})),
    Env: c.get("Env")?.texts(),
    Entrypoint: c.get("Entrypoint")?.words(),
    Cmd: c.get("Cmd")?.words(),
    Volumes: c.get("Volumes")?.record(() => ({})),
    WorkingDir: c.get("WorkingDir")?.text() || undefined,
    Labels: c.get("Labels")?.record((label) => label.text()),
    StopSignal: c.get("StopSignal")?.text() || undefined,
    ArgsEscaped: c.get("ArgsEscaped")?.flag() || undefined,
    Healthcheck: health && readHealthcheck(health),
    OnBuild: c.get("OnBuild")?.texts(),
    Shell: c.get("Shell")?.words(),
  });
}

/** Reads what `healthMembers` writes. */
export function readHealthcheck(h: JsonReader): Healthcheck {
  return present({
    Test: h.get("Test")?.texts(),
    Interval: h.get("Interval")?.integer(),
    Timeout: h.get("Timeout")?.integer(),
    StartPeriod: h.get("StartPeriod")?.integer(),
    StartInterval: h.get("StartInterval")?.integer(),
    Retries: h.get("Retries")?.integer(),
  });
}

function readHistoryItem(item: JsonReader): HistoryItem {
  return present({
    created: timestamp(item.get("created")),
    created_by: item.get("created_by")?.text() || undefined,
    author: item.get("author")?.text() || undefined,
    comment: item.get("comment")?.text() || undefined,
    empty_layer: item.get("empty_layer")?.flag() || undefined,
  });
}

function readDiffIds(rootfs: JsonReader | undefined): readonly Digest[] {
  const type = rootfs?.get("type");
  if (type && type.text() !== "layers") type.fail('must be "layers"');
  const list = rootfs?.get("diff_ids")?.list() ?? [];
  return list.map((item) => {
    const text = item.text();
    return isDigest(text) ? text : item.fail("is not a sha256 digest");
  });
}

function timestamp(value: JsonReader | undefined): string | undefined {
  const text = value?.text();
  if (value && text && !isTimestamp(text)) value.fail("is not an RFC 3339 time");
  return text || undefined;
}

/** The same object without its undefined members. */
function present<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const pairs = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(pairs) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
