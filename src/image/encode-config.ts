import { SlipwayError } from "../core/errors.ts";
import type { ContainerConfig, Healthcheck, HistoryItem, ImageConfig } from "./config.ts";
import {
  compareBytes,
  type JsonMembers,
  type JsonTree,
  members,
  sortedMembers,
  writeJson,
} from "./ordered-json.ts";

/**
 * The bytes of an image config (OCI image-spec v1.1 §config, SPEC OC-01 to OC-05). Equal values give equal bytes. `extra`
 * are further top-level members (`moby.buildkit.cache.v0` …). Throws `IMAGE_INVALID` where os or architecture is missing.
 */
export function encodeImageConfig(
  config: ImageConfig,
  extra: Readonly<Record<string, JsonTree>> = {},
): Buffer {
  const { platform } = config;
  if (platform.os === "") throw missing("os");
  if (platform.architecture === "") throw missing("architecture");
  const top: [string, JsonTree | undefined][] = [
    ["architecture", platform.architecture],
    ["author", config.author || undefined],
    ["config", containerMembers(config.config)],
    ["created", config.created ?? null],
    ["history", config.history.length > 0 ? config.history.map(historyMembers) : null],
    ["os", platform.os],
    ["os.features", platform.osFeatures?.length ? platform.osFeatures : undefined],
    ["os.version", platform.osVersion || undefined],
    ["rootfs", rootfsMembers(config)],
    ["variant", platform.variant || undefined],
    ...Object.entries(extra),
  ];
  return Buffer.from(writeJson(members(top.sort(([a], [b]) => compareBytes(a, b)))));
}

function missing(member: string): SlipwayError {
  return new SlipwayError("IMAGE_INVALID", `invalid image config for export: missing ${member}`);
}

/** The `config` member in the order of SPEC OC-02. */
export function containerMembers(c: ContainerConfig): JsonMembers {
  const empty = () => members([]);
  return members([
    ["User", c.User || undefined],
    ["ExposedPorts", sortedMembers(c.ExposedPorts, empty)],
    ["Env", filled(c.Env)],
    ["Entrypoint", filled(c.Entrypoint)],
    ["Cmd", filled(c.Cmd)],
    ["Volumes", sortedMembers(c.Volumes, empty)],
    ["WorkingDir", c.WorkingDir || undefined],
    ["Labels", sortedMembers(c.Labels, (text) => text)],
    ["StopSignal", c.StopSignal || undefined],
    ["ArgsEscaped", c.ArgsEscaped || undefined],
    ["Healthcheck", c.Healthcheck && healthMembers(c.Healthcheck)],
    ["OnBuild", filled(c.OnBuild)],
    ["Shell", filled(c.Shell)],
  ]);
}

/** As the config has them (Docker image specification v1.3). */
export function healthMembers(h: Healthcheck): JsonMembers {
  return members([
    ["Test", filled(h.Test)],
    ["Interval", h.Interval || undefined],
    ["Timeout", h.Timeout || undefined],
    ["StartPeriod", h.StartPeriod || undefined],
    ["StartInterval", h.StartInterval || undefined],
    ["Retries", h.Retries || undefined],
  ]);
}

/** SPEC HI-01. */
function historyMembers(item: HistoryItem): JsonMembers {
  return members([
    ["created", item.created],
    ["created_by", item.created_by || undefined],
    ["author", item.author || undefined],
    ["comment", item.comment || undefined],
    ["empty_layer", item.empty_layer || undefined],
  ]);
}

/** SPEC OC-03: no layers are written as null, as other builders do. */
function rootfsMembers({ diffIds }: ImageConfig): JsonMembers {
  return members([
    ["type", "layers"],
    ["diff_ids", diffIds.length > 0 ? diffIds : null],
  ]);
}

function filled(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length ? list : undefined;
}
