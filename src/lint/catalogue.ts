import { ruleFileName } from "../dockerfile/lint-rules.ts";

export type Severity = "warning" | "info";

/** What every finding of a rule has in common. */
export interface AdviceFacts {
  /** `warning`: almost surely a mistake or waste. `info`: good advice that has exceptions. */
  readonly severity: Severity;
  /** Why the rule exists, in one sentence. */
  readonly description: string;
  /** What to do, imperative. */
  readonly fix: string;
}

/** Rules beyond BuildKit's. Each has a page in docs/lint/; an id never changes its meaning. */
export const ADVICE = {
  ConsecutiveRun: {
    severity: "info",
    description: "Every RUN makes a layer: neighbours that end up in the image can be one",
    fix: "join them with `&&`, or with a here-document",
  },
  AptUpdateAlone: {
    severity: "warning",
    description:
      "A step of its own for `apt-get update` is cached, and later installs use lists that have grown old",
    fix: "write `apt-get update && apt-get install -y …` in one RUN",
  },
  AptListsKept: {
    severity: "warning",
    description:
      "Package lists that are left behind make the layer larger by tens of megabytes, and nothing reads them",
    fix: "end the same RUN with `rm -rf /var/lib/apt/lists/*`, or mount a cache at /var/lib/apt/lists",
  },
  AptVersionUnpinned: {
    severity: "info",
    description: "Without a version the same Dockerfile installs something else tomorrow",
    fix: "write `package=version`, or install from a snapshot of the archive",
  },
  AptAsksQuestions: {
    severity: "warning",
    description: "apt-get asks before it installs, and in a build nobody answers",
    fix: "add `-y`",
  },
  AptRecommendsInstalled: {
    severity: "info",
    description: "apt-get installs packages that are merely recommended, too",
    fix: "add `--no-install-recommends`, and name what is needed",
  },
  RootUserLast: {
    severity: "warning",
    description: "The last USER is what containers run as, and root can do more than a program needs",
    fix: "end with the USER that the program is to run as",
  },
  UserTooEarly: {
    severity: "warning",
    description: "What needs root fails below a USER that is not root",
    fix: "move USER below it",
  },
  UserSwitchedBack: {
    severity: "info",
    description: "Going back to root between two ordinary users makes it hard to see who owns and runs what",
    fix: "do everything that needs root first, then name the user once",
  },
  OnbuildStageReference: {
    severity: "warning",
    description: "A trigger runs in another build, which does not have the stages of this one",
    fix: "copy into this image, and let the trigger use it from there",
  },
  OnbuildUser: {
    severity: "warning",
    description:
      "A USER in a trigger holds for the whole build of the child, which then cannot install anything",
    fix: "leave USER to the child, or drop privileges when the container starts",
  },
  ShellEntrypointIgnoresCmd: {
    severity: "warning",
    description: "An ENTRYPOINT in shell form gets neither CMD nor the arguments of `run`",
    fix: 'write ENTRYPOINT as a list: ENTRYPOINT ["program"]',
  },
  LatestBase: {
    severity: "warning",
    description: "`latest` is whatever was pushed last, and changes without notice",
    fix: "name a version, best with its digest",
  },
  UnpinnedBase: {
    severity: "info",
    description: "A tag can be moved: only a digest always means the same base",
    fix: "add the digest, as in name:tag@sha256:…",
  },
} as const satisfies Readonly<Record<string, AdviceFacts>>;

export type AdviceRule = keyof typeof ADVICE;

/** Where the rule is explained, from the root of the project. */
export function advicePage(rule: AdviceRule): string {
  return `docs/lint/${ruleFileName(rule)}.md`;
}
