import { isSlipwayError } from "../core/errors.ts";
import { formatPlatform, normalizePlatform, type Platform, parsePlatform } from "../core/platform.ts";
import { namedContextKey } from "../image/reference.ts";
import { invalidStage } from "./located.ts";

/** A named context of the request, found under a stage's or an image's name. */
export interface NamedContext {
  /** The key as the request has it. */
  readonly key: string;
  readonly specifier: string;
}

/** What a named context is for planning: an image with a config, nothing at all, or files without a config (SPEC SG-10, SG-11). */
export type ContextKind =
  | { readonly kind: "image"; readonly reference: string }
  | { readonly kind: "scratch" }
  | { readonly kind: "files" };

/** Stages of these names are never replaced (SPEC SG-09). */
const OWN_NAMES: ReadonlySet<string> = new Set(["scratch", "context"]);

/** The request's named contexts, found by stage name or image reference, first for a platform, then for any (SPEC SG-09). */
export class NamedContexts {
  readonly #byKey = new Map<string, NamedContext>();

  constructor(contexts: ReadonlyMap<string, string>) {
    for (const [key, specifier] of contexts) {
      const [name = "", platform] = key.split("::");
      const normalized = familiar(name) ?? name;
      this.#byKey.set(platform ? qualified(normalized, parsePlatform(platform)) : normalized, {
        key,
        specifier,
      });
    }
  }

  /** What replaces the stage `name`. */
  forStage(name: string, platform: Platform): NamedContext | undefined {
    return OWN_NAMES.has(name.toLowerCase()) ? undefined : this.find(name, platform);
  }

  /** What replaces the image `name`. */
  find(name: string, platform: Platform): NamedContext | undefined {
    if (this.#byKey.size === 0 || name === "scratch") return undefined;
    const key = familiar(name) ?? name;
    return this.#byKey.get(qualified(key, platform)) ?? this.#byKey.get(key);
  }
}

function qualified(name: string, platform: Platform): string {
  return `${name}::${formatPlatform(normalizePlatform(platform))}`;
}

/** `docker.io/library/alpine:latest` → `alpine`; undefined where the text is no image reference. */
function familiar(name: string): string | undefined {
  try {
    return namedContextKey(name);
  } catch (error) {
    if (isSlipwayError(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}

const LAYOUT_HINT = "write oci-layout://<folder>@sha256:<digest>";

/** Sorts a specifier into image, nothing and files. Throws STAGE_INVALID for an OCI layout without name or digest. */
export function classifyContext(specifier: string): ContextKind {
  const image = /^docker-image:(?:\/\/)?(.*)$/s.exec(specifier)?.[1];
  if (image !== undefined)
    return image === "scratch" ? { kind: "scratch" } : { kind: "image", reference: image };
  if (!specifier.startsWith("oci-layout:")) return { kind: "files" };
  const reference = specifier.slice("oci-layout:".length).replace(/^\/\//, "");
  const [name, digest] = reference.split("@");
  if (!name) throw invalidStage(`oci-layout reference "${reference}" has no name`, LAYOUT_HINT);
  if (!digest) throw invalidStage(`oci-layout reference "${reference}" has no digest`, LAYOUT_HINT);
  return { kind: "image", reference: specifier };
}
