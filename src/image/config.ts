import type { Digest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";

/** Healthcheck of the Docker image specification v1.3; durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The `config` member (OCI image-spec v1.1 §config, with Docker's extensions); field order as SPEC OC-02. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  /** null and absent are the same; an empty list is kept. */
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

export interface HistoryItem {
  /** RFC 3339. */
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** A whole image config, decoded. Bytes are made by `encodeImageConfig` only, so that equal values give equal digests. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly author?: string;
  /** RFC 3339. */
  readonly created?: string;
  readonly config: ContainerConfig;
  readonly history: readonly HistoryItem[];
  readonly diffIds: readonly Digest[];
}
