import type { Digest } from "../core/digest.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { StepInputs } from "./inputs.ts";

/** What a step left behind the last time it ran with these inputs. */
export interface CacheRecord {
  readonly version: 1;
  readonly key: Digest;
  /** Every step makes a layer, an empty one where it changed nothing. */
  readonly layer: LayerInfo;
  /** When the layer was made, RFC 3339: history times of a cached build stay the same. */
  readonly created: string;
  /** The step's text, for listings. */
  readonly description: string;
}

/** Reads a record; a damaged or newer one counts as absent (the step runs again). */
export function decodeRecord(bytes: Uint8Array | undefined): CacheRecord | undefined {
  if (!bytes) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as CacheRecord;
    return value.version === 1 && typeof value.layer?.diffId === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

export function encodeRecord(record: CacheRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

export function encodeInputs(inputs: StepInputs): Uint8Array {
  return Buffer.from(JSON.stringify(inputs));
}

export function decodeInputs(bytes: Uint8Array | undefined): StepInputs | undefined {
  if (!bytes) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString("utf8")) as StepInputs;
    return typeof value.tag === "string" && value.fields && Array.isArray(value.files) ? value : undefined;
  } catch {
    return undefined;
  }
}
