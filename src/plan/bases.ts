import { formatPlatform, normalizePlatform, type Platform, platformMatches } from "../core/platform.ts";
import type { ResolvedImage, StagePlan } from "./graph.ts";
import { classifyContext, type NamedContext, type NamedContexts } from "./named-context.ts";
import type { PlanOptions } from "./options.ts";
import type { StageEntry } from "./stage-table.ts";
import type { Warn } from "./warnings.ts";

export type ResolvedBase = Exclude<StagePlan["base"], { readonly kind: "stage" }>;

export interface BaseRequest {
  readonly options: PlanOptions;
  readonly contexts: NamedContexts;
  readonly warn: Warn;
}

/** A base with the platform that its stage then has. */
export interface StageBase {
  readonly base: ResolvedBase;
  readonly platform: Platform;
}

/** Resolves what an entry without a parent stage is made from (SPEC FR-03, SG-09, SG-11). Throws what the resolver throws, located. */
export async function resolveBase(entry: StageEntry, request: BaseRequest): Promise<StageBase> {
  const { options, contexts } = request;
  const platform = (entry.implicit ? undefined : entry.platform) ?? options.platform ?? options.buildPlatform;
  const context =
    entry.replacement ?? (entry.base === "scratch" ? undefined : contexts.find(entry.base, platform));
  if (context) return fromContext(entry, context, platform, request);
  if (entry.base === "scratch") return { base: { kind: "scratch" }, platform };
  return fromImage(entry, entry.base, platform, request);
}

async function fromContext(
  entry: StageEntry,
  context: NamedContext,
  platform: Platform,
  request: BaseRequest,
): Promise<StageBase> {
  const kind = classifyContext(context.specifier);
  if (kind.kind === "scratch") return { base: { kind: "scratch" }, platform };
  if (kind.kind === "files") return { base: { kind: "named-context", name: context.key }, platform };
  return fromImage(entry, kind.reference, platform, request);
}

async function fromImage(
  entry: StageEntry,
  reference: string,
  platform: Platform,
  request: BaseRequest,
): Promise<StageBase> {
  const image = await request.options.resolver.resolve(reference, platform);
  return { base: { kind: "image", image }, platform: settlePlatform(entry, image, platform, request) };
}

/** An image for another platform that this machine can run takes the stage along, unless a platform was asked for (SPEC FR-06). */
function settlePlatform(
  entry: StageEntry,
  image: ResolvedImage,
  expected: Platform,
  { options, warn }: BaseRequest,
): Platform {
  if (platformMatches(image.platform, expected)) return expected;
  const supported = options.supportedPlatforms ?? [options.buildPlatform];
  const asked = entry.platform !== undefined || options.platform !== undefined;
  if (!asked && supported.some((platform) => platformMatches(image.platform, platform)))
    return normalizePlatform(image.platform);
  warn(
    "InvalidBaseImagePlatform",
    `Base image ${entry.base} was pulled with platform "${formatPlatform(image.platform)}", expected "${formatPlatform(expected)}" for current build`,
    entry.source,
  );
  return expected;
}
