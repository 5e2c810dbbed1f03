import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { ContainerConfig, ImageConfig } from "./config.ts";
import { containerMembers } from "./encode-config.ts";
import { writeJson } from "./ordered-json.ts";

export interface InspectInput {
  readonly id: Digest;
  readonly config: ImageConfig;
  readonly manifest: Descriptor;
  /** Familiar names with tags. */
  readonly tags: readonly string[];
  /** Familiar names with `@digest`. */
  readonly repoDigests: readonly string[];
  /** Bytes: uncompressed layers. */
  readonly size: number;
  /** RFC 3339; when a tag was last put on the image. */
  readonly lastTagTime?: string;
}

/** What `docker image inspect` shows of one image (SPEC DK-02). Names and order are Docker's. */
export interface DockerInspect {
  readonly Id: Digest;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Comment: string;
  readonly Created: string;
  readonly Author: string;
  readonly Config: ContainerConfig;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly GraphDriver: { readonly Data: null; readonly Name: string };
  readonly RootFS: { readonly Type: "layers"; readonly Layers: readonly Digest[] };
  readonly Metadata: { readonly LastTagTime: string };
  readonly Descriptor: Descriptor;
}

/** Docker's "no time". */
const NO_TIME = "0001-01-01T00:00:00Z";

export function dockerInspect(input: InspectInput): DockerInspect {
  const { config } = input;
  const { os, architecture, variant, osVersion } = config.platform;
  return {
    Id: input.id,
    RepoTags: input.tags,
    RepoDigests: input.repoDigests,
    Comment: config.history.at(-1)?.comment ?? "",
    Created: config.created ?? NO_TIME,
    Author: config.author ?? "",
    Config: JSON.parse(writeJson(containerMembers(config.config))) as ContainerConfig,
    Architecture: architecture,
    ...(variant ? { Variant: variant } : {}),
    Os: os,
    ...(osVersion ? { OsVersion: osVersion } : {}),
    Size: input.size,
    GraphDriver: { Data: null, Name: "overlayfs" },
    RootFS: { Type: "layers", Layers: config.diffIds },
    Metadata: { LastTagTime: input.lastTagTime ?? NO_TIME },
    Descriptor: input.manifest,
  };
}
