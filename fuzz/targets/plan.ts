import { tryFullName } from "../../src/api/images.ts";
import { type Digest, digestOf } from "../../src/core/digest.ts";
import { decodeName } from "../../src/core/file-name.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import type { BuildPlan, ImageResolver } from "../../src/plan/graph.ts";
import { planBuild } from "../../src/plan/plan-build.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { DOCKERFILE_WORDS, dockerfile, instruction } from "../grammar/dockerfile.ts";
import { checkLocated } from "./shown-error.ts";

const FILE = "Dockerfile";
const AMD64 = { os: "linux", architecture: "amd64" };
const OPTIONS = {
  buildArgs: new Map([
    ["A", "given"],
    ["HTTP_PROXY", "http://proxy"],
    ["EMPTY", ""],
  ]),
  labels: new Map([["l", "v"]]),
  namedContexts: new Map([
    ["named", "."],
    ["img", "docker-image://busybox"],
  ]),
  buildPlatform: AMD64,
  noCache: false,
  noCacheFilter: ["s0"],
  allow: ["network.host", "security.insecure", "device"],
};

/** Typed instructions to the graph of steps. Behind the Dockerfile, after a NUL, come triggers that its base images carry. */
export const planTarget: Target = {
  name: "plan",
  about: "a Dockerfile to the graph of steps, with base images that carry ONBUILD triggers",
  seeds: [
    "FROM a AS b\nENV a=1\nRUN x\nFROM b\nCOPY --from=b /x /y\nRUN --mount=from=b,target=/m y\0COPY . /x\0RUN z",
  ].map((text) => Buffer.from(text)),
  dictionary: DOCKERFILE_WORDS,
  generate: (random) => {
    const triggers = random.several(0, 2, () => instruction(random));
    return Buffer.from([dockerfile(random), ...triggers].join("\0"));
  },
  mutators: [mutateLines],
  run: async (input) => {
    const [text = "", ...triggers] = decodeName(input).split("\0");
    const dockerfile = parseDockerfile(text, FILE);
    let plan: BuildPlan;
    try {
      plan = await planBuild({ ...OPTIONS, dockerfile, resolver: imagesWith(triggers) });
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    checkPlan(plan);
  },
};

function imagesWith(triggers: readonly string[]): ImageResolver {
  return {
    resolve: async (reference, platform) => {
      await Promise.resolve();
      return {
        name: tryFullName(reference) ?? reference,
        reference,
        platform,
        manifest: digestOf(reference),
        config: {
          platform,
          config: { Env: ["PATH=/bin", "E=v"], ...(triggers.length > 0 ? { OnBuild: triggers } : {}) },
          history: [{ created_by: "base" }],
          diffIds: [digestOf("layer") as Digest],
        },
      };
    },
  };
}

/** What later parts rely on. */
function checkPlan({ stages, target }: BuildPlan): void {
  const planned = new Set(stages.map(({ index }) => index));
  must(planned.has(target), () => "the target is not among the stages");
  const ids = stages.flatMap(({ steps }) => steps.map(({ id }) => id));
  must(new Set(ids).size === ids.length, () => "two steps have the same id");
  for (const { steps, history, base } of stages) {
    must(base.kind !== "stage" || planned.has(base.stage), () => "a stage's base is not planned");
    const layers = history.filter((item) => item.stepId !== undefined);
    must(layers.length === steps.length, () => "history and steps do not agree");
  }
}
