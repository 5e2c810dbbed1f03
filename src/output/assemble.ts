import { type Descriptor, MEDIA } from "../core/descriptor.ts";
import { digestOf } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { Chain } from "../execute/chain.ts";
import type { HistoryItem, ImageConfig } from "../image/config.ts";
import { encodeImageConfig } from "../image/encode-config.ts";
import { healthAnnotation } from "../image/health-annotation.ts";
import { clampTimes, composeHistory, createdFromHistory } from "../image/history.ts";
import { encodeManifest } from "../image/manifest.ts";
import { configType, convertDescriptor } from "../image/media-family.ts";
import type { StagePlan } from "../plan/graph.ts";
import { withAnnotations } from "./annotations.ts";

/** A finished image of one platform: its documents, and the chain that holds its layers. */
export interface BuiltImage {
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  readonly configDescriptor: Descriptor;
  readonly manifestBytes: Buffer;
  readonly manifest: Descriptor;
  readonly chain: Chain;
  /** The config with the times that the build gave it, and the history of its base: outputs may have epochs of their own. */
  readonly recorded: ImageConfig;
  readonly baseHistory: readonly HistoryItem[];
}

export interface AssembleRequest {
  readonly stage: StagePlan;
  readonly chain: Chain;
  /** History of the image that the stage's chain began with. */
  readonly baseHistory: readonly HistoryItem[];
  /** Items of this build's stages from the base up, the target's last. */
  readonly ownHistory: readonly HistoryItem[];
  readonly platform: Platform;
  readonly author: string | undefined;
  /** SOURCE_DATE_EPOCH in seconds (SPEC EP-06). */
  readonly epoch: number | undefined;
}

/**
 * Puts config and manifest together. Layers made here appear uncompressed, under their diff ID: they are compressed when they
 * leave (DESIGN decision 2). Base layers keep their blobs.
 */
export function assembleImage(request: AssembleRequest): BuiltImage {
  const { stage, chain, baseHistory, ownHistory, platform, author, epoch } = request;
  const layers = chain.layers.map(({ created, description }) => ({
    ...(created ? { created } : {}),
    ...(description ? { description } : {}),
  }));
  const history = composeHistory({ base: baseHistory, own: ownHistory.map(withoutStep), layers });
  const created = createdFromHistory(history);
  const timed: ImageConfig = {
    platform,
    config: stage.config,
    history,
    diffIds: chain.layers.map((layer) => layer.diffId),
    ...(author === undefined ? {} : { author }),
    ...(created === undefined ? {} : { created }),
  };
  const recorded = epoch === undefined ? timed : clampTimes(timed, epoch, baseHistory);
  return atEpoch({ recorded, baseHistory, chain }, epoch);
}

type Undated = Pick<BuiltImage, "recorded" | "baseHistory" | "chain">;

/** The image with no time after `epoch`, or with the recorded times where there is none (SPEC EP-05, EP-06, HI-08). */
export function atEpoch(image: Undated, epoch: number | undefined): BuiltImage {
  const { recorded, baseHistory, chain } = image;
  const config = epoch === undefined ? recorded : clampTimes(recorded, epoch, baseHistory);
  return { ...documentsOf(config, chain), recorded, baseHistory };
}

/** Config and manifest bytes of an image whose config is final. */
function documentsOf(config: ImageConfig, chain: Chain): Omit<BuiltImage, keyof Omit<Undated, "chain">> {
  const configBytes = encodeImageConfig(config);
  const configDescriptor: Descriptor = {
    mediaType: configType("oci"),
    digest: digestOf(configBytes),
    size: configBytes.length,
  };
  const { bytes, descriptor } = encodeManifest({
    family: "oci",
    config: configDescriptor,
    layers: chain.layers.map((layer) => {
      const descriptor = layer.blob
        ? convertDescriptor(layer.blob, "oci")
        : { mediaType: MEDIA.ociLayer, digest: layer.diffId, size: layer.info?.tarSize ?? 0 };
      return { ...descriptor, ...withAnnotations(descriptor.annotations, layer.annotations) };
    }),
    ...withAnnotations(undefined, healthAnnotation(config.config)),
  });
  return {
    platform: config.platform,
    config,
    configBytes,
    configDescriptor,
    manifestBytes: bytes,
    manifest: descriptor,
    chain,
  };
}

function withoutStep(
  item: HistoryItem & { readonly stepId?: unknown; readonly source?: unknown },
): HistoryItem {
  const { stepId: _, source: __, ...plain } = item;
  return plain;
}
