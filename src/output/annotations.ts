import { SlipwayError } from "../core/errors.ts";
import { formatPlatform, type Platform, parsePlatform, platformMatches } from "../core/platform.ts";
import type { MediaFamily } from "../image/media-family.ts";

/** One `annotation…` option of an output (SPEC MF-04): `target` is a type, with a platform in brackets where one was named. */
export interface Annotation {
  readonly target: string;
  readonly key: string;
  readonly value: string;
}

export type AnnotationType = "manifest" | "manifest-descriptor" | "index" | "index-descriptor";

const TYPES: ReadonlySet<string> = new Set(["manifest", "manifest-descriptor", "index", "index-descriptor"]);

/** Refuses annotations that no image could have. Throws `OUTPUT_INVALID`, `PLATFORM_INVALID`. */
export function checkAnnotations(annotations: readonly Annotation[], family: MediaFamily): void {
  if (annotations.length > 0 && family === "docker")
    throw new SlipwayError("OUTPUT_INVALID", 'cannot export annotations with "oci-mediatypes=false"');
  for (const { target } of annotations) {
    const { type } = parseTarget(target);
    if (TYPES.has(type)) continue;
    throw new SlipwayError("OUTPUT_INVALID", `unknown annotation type ${JSON.stringify(type)}`, {
      hint: `use one of ${[...TYPES].join(", ")}`,
    });
  }
}

/** Refuses annotations of an index where there is none. Throws `OUTPUT_INVALID`. */
export function checkIndexAnnotations(annotations: readonly Annotation[], isIndex: boolean): void {
  if (isIndex || !annotations.some(({ target }) => target.startsWith("index"))) return;
  throw new SlipwayError("OUTPUT_INVALID", "index annotations not supported for single platform export");
}

/** Refuses annotations for a platform that the result does not have. Throws `OUTPUT_INVALID`. */
export function checkAnnotatedPlatforms(annotations: readonly Annotation[], have: readonly Platform[]): void {
  for (const { target } of annotations) {
    const { platform } = parseTarget(target);
    if (!platform || have.some((own) => platformMatches(own, platform))) continue;
    throw new SlipwayError(
      "OUTPUT_INVALID",
      `invalid annotation: no platform ${formatPlatform(platform)} found in source`,
      { hint: `the result has ${have.map(formatPlatform).join(", ")}` },
    );
  }
}

/** The annotations of one type, for one platform; undefined where there are none. */
export function annotationsFor(
  annotations: readonly Annotation[] | undefined,
  type: AnnotationType,
  platform?: Platform,
): Readonly<Record<string, string>> | undefined {
  const own = (annotations ?? []).filter(({ target }) => {
    const wanted = parseTarget(target);
    if (wanted.type !== type) return false;
    return (
      wanted.platform === undefined || (platform !== undefined && platformMatches(platform, wanted.platform))
    );
  });
  return own.length === 0 ? undefined : Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

/** Members for a document that may have annotations already. */
export function withAnnotations(
  before: Readonly<Record<string, string>> | undefined,
  added: Readonly<Record<string, string>> | undefined,
): { readonly annotations?: Readonly<Record<string, string>> } {
  return added ? { annotations: { ...before, ...added } } : {};
}

/** Parses `[type[,type…]:]key=value` of `--annotation`. Throws `USAGE`. */
export function parseAnnotation(text: string): readonly Annotation[] {
  const match = /^(?:([^=:]*):)?([^=]+)=(.*)$/s.exec(text);
  if (!match)
    throw new SlipwayError("USAGE", `invalid annotation ${JSON.stringify(text)}, expected key=value`, {
      hint: "write [type:]key=value",
    });
  const [, targets = "manifest", key, value] = match;
  return targets.split(",").map((target) => {
    const type = /^([a-z-]+)(?:\[[A-Za-z0-9_/.()-]+\])?$/.exec(target)?.[1];
    if (type !== undefined && TYPES.has(type)) return { target, key: key!, value: value! };
    throw new SlipwayError("USAGE", `unknown annotation type ${JSON.stringify(target)}`, {
      hint: `use one of ${[...TYPES].join(", ")}, each with a platform in square brackets if need be`,
    });
  });
}

function parseTarget(target: string): { readonly type: string; readonly platform?: Platform } {
  const match = /^([^[]+)\[(.+)\]$/.exec(target);
  return match ? { type: match[1]!, platform: parsePlatform(match[2]!) } : { type: target };
}
