import { digestOf } from "../../src/core/digest.ts";
import type { ErrorCode } from "../../src/core/error-codes.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import type { Platform } from "../../src/core/platform.ts";
import type { WarningSink } from "../../src/dockerfile/linter.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import type { ContainerConfig, HistoryItem } from "../../src/image/config.ts";
import { fullName, parseReference } from "../../src/image/reference.ts";
import type {
  BuildPlan,
  CopyStep,
  ImageResolver,
  ResolvedImage,
  RunStep,
  StagePlan,
} from "../../src/plan/graph.ts";
import { type PlanOptions, planBuild } from "../../src/plan/plan-build.ts";

export const AMD64: Platform = { os: "linux", architecture: "amd64" };
export const ARM64: Platform = { os: "linux", architecture: "arm64" };
export const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** An image as a registry would have it. */
export interface KnownImage {
  readonly config?: ContainerConfig;
  readonly platform?: Platform;
  readonly author?: string;
  readonly history?: readonly HistoryItem[];
}

/** A resolver that knows some images by the name a Dockerfile uses, and keeps a list of what it was asked. */
export class KnownImages implements ImageResolver {
  readonly asked: string[] = [];
  readonly #images: Readonly<Record<string, KnownImage>>;

  constructor(images: Readonly<Record<string, KnownImage>> = { busybox: {} }) {
    this.#images = images;
  }

  async resolve(reference: string, platform: Platform): Promise<ResolvedImage> {
    this.asked.push(`${reference} ${platform.os}/${platform.architecture}`);
    await Promise.resolve();
    const image = this.#images[reference];
    if (!image) throw new SlipwayError("REGISTRY_NOT_FOUND", `no image ${reference}`);
    return {
      name: /[A-Z]|:\/\//.test(reference) ? reference : fullName(parseReference(reference)),
      reference,
      platform: image.platform ?? platform,
      manifest: digestOf(reference),
      config: {
        platform: image.platform ?? platform,
        ...(image.author ? { author: image.author } : {}),
        config: image.config ?? { Env: [PATH], Cmd: ["sh"] },
        history: image.history ?? [{ created_by: "base layer" }],
        diffIds: [digestOf(`layer of ${reference}`)],
      },
    };
  }
}

export type PlanRequest = Partial<
  Omit<PlanOptions, "dockerfile" | "buildArgs" | "labels" | "namedContexts">
> & {
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly contexts?: Readonly<Record<string, string>>;
};

type Planning = PlanRequest & { readonly onParseWarning?: WarningSink };

/** Plans a Dockerfile. Everything that goes in is frozen, so a planner that changes its input fails. */
export async function plan(text: string, request: Planning = {}): Promise<BuildPlan> {
  return planBuild(planningOptions(text, request));
}

export function planningOptions(text: string, request: Planning = {}): PlanOptions {
  const { args = {}, labels = {}, contexts = {}, onParseWarning, ...rest } = request;
  const parsing = onParseWarning ? { onWarning: onParseWarning } : {};
  return {
    dockerfile: deepFreeze(parseDockerfile(text, "Dockerfile", parsing)),
    buildArgs: new Map(Object.entries(args)),
    labels: new Map(Object.entries(labels)),
    namedContexts: new Map(Object.entries(contexts)),
    buildPlatform: deepFreeze({ ...AMD64 }),
    resolver: new KnownImages(),
    noCache: false,
    noCacheFilter: [],
    allow: [],
    ...rest,
  };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

/** Code, message and first line of the error that planning ends with. */
export async function failure(
  text: string,
  request: PlanRequest = {},
): Promise<{ code: ErrorCode; message: string; line: number | undefined }> {
  const error = await plan(text, request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SlipwayError)) throw error ?? new Error("nothing was thrown");
  return { code: error.code, message: error.message, line: error.source?.start };
}

export function targetOf(build: BuildPlan): StagePlan {
  return stageOf(build, build.target);
}

export function stageOf(build: BuildPlan, index: number): StagePlan {
  const stage = build.stages.find((candidate) => candidate.index === index);
  if (!stage) throw new Error(`stage ${index} is not planned`);
  return stage;
}

/** Config of the target of a Dockerfile. */
export async function configOf(text: string, request: PlanRequest = {}): Promise<ContainerConfig> {
  return targetOf(await plan(text, request)).config;
}

/** History texts of the target's own items; those of items that make no layer begin with `- `. */
export async function historyOf(text: string, request: PlanRequest = {}): Promise<string[]> {
  const { history } = targetOf(await plan(text, request));
  return history.map((item) => `${item.empty_layer ? "- " : ""}${item.created_by}`);
}

export async function runsOf(text: string, request: PlanRequest = {}): Promise<RunStep[]> {
  return targetOf(await plan(text, request)).steps.filter((step) => step.kind === "run");
}

export async function copiesOf(text: string, request: PlanRequest = {}): Promise<CopyStep[]> {
  return targetOf(await plan(text, request)).steps.filter((step) => step.kind === "copy");
}

export async function namesOf(text: string, request: PlanRequest = {}): Promise<string[]> {
  const { stages } = await plan(text, request);
  return stages.flatMap((stage) => [
    ...(stage.fromStepName ? [stage.fromStepName] : []),
    ...stage.steps.map((s) => s.name),
  ]);
}

/** `Rule: message (line N)` of every warning, the parser's included. */
export async function warningsOf(text: string, request: PlanRequest = {}): Promise<string[]> {
  const found: string[] = [];
  const onWarning: WarningSink = ({ rule, message, source }) =>
    void found.push(`${rule}: ${message} (line ${source.start})`);
  await plan(text, { ...request, onWarning, onParseWarning: onWarning }).catch((error: unknown) => {
    if (!(error instanceof SlipwayError)) throw error;
  });
  return found;
}
