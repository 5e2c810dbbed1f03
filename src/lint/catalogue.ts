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
  PackageCacheKept: {
    severity: "warning",
    description:
      "What a package manager keeps for its next run makes the layer larger, and there is no next run",
    fix: "tell it to keep nothing (apk --no-cache, pip --no-cache-dir), clean up in the same RUN, or mount a cache",
  },
  InstallAsksQuestions: {
    severity: "warning",
    description: "The package manager asks before it installs, and in a build nobody answers",
    fix: "add the flag that says yes (-y; zypper -n; pacman --noconfirm)",
  },
  PackageVersionUnpinned: {
    severity: "info",
    description: "Without a version the same Dockerfile installs something else tomorrow",
    fix: "write the version, or install from a list that has them",
  },
  NpmInstallUnlocked: {
    severity: "info",
    description: "`npm install` may take newer versions than the lock has; `npm ci` takes those, or fails",
    fix: "copy package-lock.json and use `npm ci`",
  },
  AddForCopy: {
    severity: "warning",
    description: "ADD also fetches and unpacks; where it does neither, readers have to find that out",
    fix: "use COPY",
  },
  CopyBeforeInstall: {
    severity: "warning",
    description: "What is copied ahead of an installation is part of its cache key",
    fix: "copy the lists of dependencies alone first, install, and copy the rest behind it",
  },
  UnignoredFiles: {
    severity: "warning",
    description:
      "What belongs to a working copy or to this machine makes images larger, tells others what they should not know, and spoils the cache",
    fix: "name it in .dockerignore",
  },
  SecretFileCopied: {
    severity: "warning",
    description: "Whoever has an image has all files of its layers, those that later layers delete included",
    fix: "name it in .dockerignore; a step that needs it gets it by RUN --mount=type=secret or type=ssh",
  },
  SecretInText: {
    severity: "warning",
    description: "What stands in a Dockerfile is in its repository and in the history of the image",
    fix: "use RUN --mount=type=secret, or give it when the container starts; make a new secret, this one is known",
  },
  SecretInBuildArg: {
    severity: "warning",
    description: "Values of build arguments and variables stay in the history and configuration of the image",
    fix: "use RUN --mount=type=secret,id=…,env=…",
  },
  NoUser: {
    severity: "info",
    description: "Without a USER containers run as root, which can do more than a program needs",
    fix: "add an account, and end with the USER that the program is to run as",
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
  OnbuildNeedsRoot: {
    severity: "warning",
    description: "A trigger runs as the user that this image ends with",
    fix: "leave USER to the child, or let the trigger do nothing that needs root",
  },
  OnbuildUsesArg: {
    severity: "warning",
    description: "A trigger runs in another build, which does not have the ARGs of this one",
    fix: "put ONBUILD ARG in front of it, or keep the value in ENV",
  },
  ScriptWithoutExec: {
    severity: "warning",
    description:
      "A shell that waits for the program is process 1: signals end there, and `stop` has to kill what runs",
    fix: 'start the program with exec, as in exec "$@"',
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
