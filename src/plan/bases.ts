import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { formatPlatform, normalizePlatform, type Platform } from "../core/platform.ts";
import { suggest } from "../core/suggest.ts";
import { parseReference } from "../image/reference.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { ImageResolver, ResolvedImage, StagePlan } from "./graph.ts";
import { classifyContext, type NamedContext, type NamedContexts } from "./named-context.ts";
import type { PlanOptions } from "./options.ts";
import { formatWithVersion } from "./predefined-args.ts";
import type { StageEntry } from "./stage-table.ts";

export type ResolvedBase = Exclude<StagePlan["base"], { readonly kind: "stage" }>;

export interface BaseRequest {
  readonly options: PlanOptions;
  readonly images: ImageResolver;
  readonly contexts: NamedContexts;
  /** What the stages are called, by index: a mistyped base may have meant one above it. */
  readonly stageNames: readonly (string | undefined)[];
}

/** A base with the platform that its stage then has. */
export interface StageBase {
  readonly base: ResolvedBase;
  readonly platform: Platform;
  /** SPEC §7 InvalidBaseImagePlatform, in words: the image is for another platform, which cannot be run here. */
  readonly mismatch?: string;
}

/** Resolves what an entry without a parent stage is made from (SPEC FR-03, SG-09, SG-11). Throws what the resolver throws. */
export async function resolveBase(entry: StageEntry, request: BaseRequest): Promise<StageBase> {
  const { options, contexts } = request;
  const target = options.platform ?? options.buildPlatform;
  const platform = entry.platform ?? target;
  if (!entry.replacement && entry.base === "scratch") return { base: { kind: "scratch" }, platform: target };
  const context = entry.replacement ?? contexts.find(entry.base, platform);
  return context
    ? fromContext(entry, context, platform, request)
    : fromImage(entry, entry.base, platform, request);
}

/** Refuses a base that is neither a stage nor a context and cannot be an image, whether it is needed or not. Throws REFERENCE_INVALID. */
export function checkBaseName(entry: StageEntry, { options, contexts }: BaseRequest): void {
  if (entry.parent !== undefined || entry.replacement || entry.base === "scratch") return;
  const platform = entry.platform ?? options.platform ?? options.buildPlatform;
  if (!contexts.find(entry.base, platform)) parseReference(entry.base);
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
  const image = await request.images.resolve(reference, platform).catch((error: unknown) => {
    throw withSuggestion(error, reference, request.stageNames.slice(0, entry.index));
  });
  return { base: { kind: "image", image }, ...(await settlePlatform(entry, image, platform, request)) };
}

/** An image for another platform that this machine can run takes the stage along, unless a platform was asked for (SPEC FR-06). */
async function settlePlatform(
  entry: StageEntry,
  image: ResolvedImage,
  expected: Platform,
  { options }: BaseRequest,
): Promise<Omit<StageBase, "base">> {
  const actual = image.config.platform;
  if (isSameMachine(actual, expected)) return { platform: expected };
  const asked = entry.platform !== undefined || options.platform !== undefined;
  if (!asked && (await options.canRun?.(actual))) return { platform: normalizePlatform(actual) };
  const [pulled, wanted] = [actual, expected].map((p) => formatWithVersion(normalizePlatform(p)));
  const mismatch = `Base image ${entry.base} was pulled with platform "${pulled}", expected "${wanted}" for current build`;
  return { platform: expected, mismatch };
}

/** Variants do not count here. */
function isSameMachine(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture;
}

const WELL_KNOWN =
  "alpine almalinux amazonlinux archlinux bash busybox caddy debian docker fedora gcc golang haproxy httpd mariadb maven memcached mongo mysql nginx node openjdk perl php postgres python rabbitmq redis rockylinux ruby rust traefik ubuntu".split(
    " ",
  );

/**
 * An image that is not there may be a mistyped stage or a well-known image (SPEC FR-08). Where the registry cannot be asked,
 * only a stage is worth mentioning.
 */
function withSuggestion(error: unknown, reference: string, above: readonly (string | undefined)[]): unknown {
  const isUnreachable = isSlipwayError(error, "REGISTRY_UNREACHABLE");
  const isMissing = isSlipwayError(error, "IMAGE_NOT_FOUND", "REGISTRY_NOT_FOUND", "REGISTRY_UNAUTHORIZED");
  if (!isUnreachable && !isMissing) return error;
  const name = reference.replace(/[:@].*$/s, "");
  const stages = above.filter((stage) => stage !== undefined);
  const candidate = suggest(name, isMissing ? [...stages, ...WELL_KNOWN] : stages);
  if (candidate === undefined || WELL_KNOWN.includes(name)) return error;
  const { code, message, cause, hint, facts, source } = error;
  return new SlipwayError(code, message + didYouMean(candidate), {
    cause,
    facts,
    ...(hint ? { hint } : {}),
    ...(source ? { source } : {}),
  });
}

/** A resolver that is asked once for each reference and platform, however many stages want it (SPEC SG-07). */
export function resolvingOnce(resolver: ImageResolver): ImageResolver {
  const known = new Map<string, Promise<ResolvedImage>>();
  return {
    resolve(reference, platform) {
      const key = JSON.stringify([reference, formatPlatform(platform), platform.osVersion]);
      const image = known.get(key) ?? resolver.resolve(reference, platform);
      known.set(key, image);
      return image;
    },
  };
}
