import { SlipwayError } from "../core/errors.ts";
import {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  type Platform,
  parsePlatform,
} from "../core/platform.ts";
import { SYNTAX_ARG } from "../dockerfile/frontend.ts";
import type { ParsedDockerfile } from "../dockerfile/instructions.ts";
import { CHECK_ARG } from "../dockerfile/lint-settings.ts";
import type { WarningSink } from "../dockerfile/linter.ts";
import type { ParseOptions } from "../dockerfile/parse-dockerfile.ts";
import type { LayerContent } from "../output/layer-content.ts";
import type { ImageResolver } from "../plan/graph.ts";
import { NamedContexts } from "../plan/named-context.ts";
import type { PlanOptions } from "../plan/options.ts";
import type { BuildContexts } from "./build-contexts.ts";
import type { BuildOptions } from "./build-options.ts";
import { booleanArg } from "./control-args.ts";
import { StoreImageResolver } from "./image-resolver.ts";
import { loadLayoutContext } from "./layout-context.ts";
import type { Session } from "./session.ts";

/** What planning a build needs, whatever the plan is for. */
export interface PlanInputs {
  readonly session: Session;
  readonly options: BuildOptions;
  readonly contexts: BuildContexts;
  readonly dockerfile: ParsedDockerfile;
  readonly content: LayerContent;
  /** Told each finding of the linter as it is met. */
  readonly warn: WarningSink;
}

/** One of the platforms of a build. */
export interface PlatformView {
  readonly platform: Platform | undefined;
  readonly multiPlatform: boolean;
  /** Only the first platform reports findings (SPEC LN-05). */
  readonly lint: boolean;
}

/** The step that people see while bases are resolved. */
export const RESOLVE_STEP = "[internal] resolve bases and plan";

/** The build argument that asks for an index, or refuses one (SPEC SG-14). */
const MULTI_PLATFORM_ARG = "BUILDKIT_MULTI_PLATFORM";

/** The platforms that were asked for; undefined stands for "whatever the bases are". Throws `USAGE`, `PLATFORM_INVALID`. */
export function requestedPlatforms({ platforms = [], buildArgs }: BuildOptions): readonly PlatformView[] {
  const asked = platforms.map((p) => (typeof p === "string" ? parsePlatform(p) : normalizePlatform(p)));
  const list = asked.length > 0 ? asked : [undefined];
  const multiPlatform = booleanArg(buildArgs, MULTI_PLATFORM_ARG) ?? list.length > 1;
  if (!multiPlatform && list.length > 1)
    throw new SlipwayError(
      "USAGE",
      "conflicting config: returning multiple target platforms is not allowed",
      { hint: `ask for one platform, or leave the build argument ${MULTI_PLATFORM_ARG} out` },
    );
  return list.map((platform, index) => ({ platform, multiPlatform, lint: index === 0 }));
}

/** Platforms that were asked for more than once: each is built, as often as it is asked for (SPEC SG-13). */
export function repeatedPlatforms(views: readonly PlatformView[]): readonly string[] {
  const names = views.flatMap(({ platform }) => (platform ? [formatPlatform(platform)] : []));
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
}

/** How the Dockerfile is to be read, and by whom (SPEC LN-02, LX-19). */
export function parseOptions({ buildArgs = {}, buildContexts = {} }: BuildOptions): ParseOptions {
  const [check, syntax] = [buildArgs[CHECK_ARG], buildArgs[SYNTAX_ARG]];
  const contexts = new NamedContexts(new Map(Object.entries(buildContexts)));
  return {
    ...(check === undefined ? {} : { check }),
    ...(syntax === undefined ? {} : { syntax }),
    frontendContext: (reference) => contexts.find(reference, hostPlatform())?.specifier,
  };
}

/** Finds base images and image contexts in the store and in registries. */
export function baseResolver(
  { session, options, content, contexts }: Pick<PlanInputs, "session" | "options" | "content" | "contexts">,
  signal: AbortSignal,
): StoreImageResolver {
  return new StoreImageResolver({
    session,
    content,
    pull: options.pull ? "always" : "missing",
    lock: contexts.lock,
    loadLayout: (specifier) => loadLayoutContext(session, specifier),
    onProgress: () => {},
    signal,
  });
}

/** The options of planning for one platform. */
export function planOptions(
  { session, options, contexts, dockerfile, warn }: PlanInputs,
  view: PlatformView & { readonly resolver: ImageResolver; readonly signal: AbortSignal },
): PlanOptions {
  const { platform, multiPlatform, lint, resolver, signal } = view;
  return {
    dockerfile,
    ...(options.target ? { target: options.target } : {}),
    buildArgs: new Map(Object.entries(options.buildArgs ?? {})),
    labels: new Map(Object.entries(options.labels ?? {})),
    ...(platform ? { platform } : {}),
    buildPlatform: hostPlatform(),
    canRun: session.foreignPrograms.canRun,
    resolver,
    namedContexts: new Map(Object.entries(options.buildContexts ?? {})),
    noCache: options.noCache ?? false,
    noCacheFilter: options.noCacheFilter ?? [],
    ...(options.network ? { network: options.network } : {}),
    allow: options.allow ?? [],
    multiPlatform,
    sourceTime: contexts.sourceTime,
    ignoreRules: contexts.ignoreRules,
    lint,
    onWarning: warn,
    signal,
  };
}
