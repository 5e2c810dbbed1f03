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
  BuildTimeEnv: {
    severity: "info",
    description: "ENV stays in the image: what only the build needs should not be set for every container",
    fix: "declare it with ARG, or set it in front of the command that needs it",
  },
  AptUpdateAlone: {
    severity: "warning",
    description: "A step of its own for `apt-get update` is cached, and later installs use lists that have grown old",
    fix: "write `apt-get update && apt-get install -y …` in one RUN",
  },
  AptListsKept: {
    severity: "warning",
    description: "Package lists that are left behind make the layer larger by tens of megabytes, and nothing reads them",
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
  AptInsteadOfAptGet: {
    severity: "info",
    description: "apt is made for people: what it prints and takes may change, as it says itself",
    fix: "use apt-get, or apt-cache",
  },
  ApkCacheKept: {
    severity: "warning",
    description: "The index of packages that apk leaves behind only makes the layer larger",
    fix: "use `apk add --no-cache`, without `apk update`",
  },
  DnfCacheKept: {
    severity: "warning",
    description: "What dnf and yum keep of packages and lists only makes the layer larger",
    fix: "end the same RUN with `dnf clean all`, or mount a cache at /var/cache/dnf",
  },
  DnfAsksQuestions: {
    severity: "warning",
    description: "dnf and yum ask before they install, and in a build nobody answers",
    fix: "add `-y`",
  },
  PipCacheKept: {
    severity: "warning",
    description: "pip keeps what it downloads, and the image never needs it again",
    fix: "add `--no-cache-dir`, or mount a cache at /root/.cache/pip",
  },
  MissingDockerignore: {
    severity: "warning",
    description: "Without .dockerignore a COPY of a whole folder takes along history, secrets and what other tools left there",
    fix: "write a .dockerignore that names them",
  },
  DockerignoreGap: {
    severity: "warning",
    description: "The .dockerignore leaves in what no image should hold",
    fix: "add a line for it to the .dockerignore",
  },
  CopyBeforeInstall: {
    severity: "warning",
    description: "A COPY of everything ahead of the installation of dependencies makes every change install them again",
    fix: "first COPY the files that name the dependencies, install, and COPY the rest afterwards",
  },
  AddInsteadOfCopy: {
    severity: "warning",
    description: "ADD may also fetch and unpack: where nothing of that is meant, COPY says so",
    fix: "write COPY",
  },
  RootUserLast: {
    severity: "warning",
    description: "The last USER is what containers run as, and root can do more than a program needs",
    fix: "end with the USER that the program is to run as",
  },
  NoUserSet: {
    severity: "info",
    description: "Without USER the program runs as root",
    fix: "make an account, and name it with USER ahead of CMD or ENTRYPOINT",
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
  OnbuildNotNamed: {
    severity: "info",
    description: "Triggers run in the builds of others, who can only know if the image's name says so",
    fix: "give the image a tag or a title with `onbuild` in it",
  },
  OnbuildStageReference: {
    severity: "warning",
    description: "A trigger runs in another build, which does not have the stages of this one",
    fix: "copy into this image, and let the trigger use it from there",
  },
  OnbuildCopyFromHere: {
    severity: "info",
    description: "A trigger copies from the context of the build in which it runs, not from this one",
    fix: "use COPY without ONBUILD for a file of this context, and ONBUILD only for what every child brings",
  },
  OnbuildArgLost: {
    severity: "warning",
    description: "Build arguments end with the build: in a trigger they have no value",
    fix: "keep the value with ENV, or declare the argument with ONBUILD ARG",
  },
  OnbuildUser: {
    severity: "warning",
    description: "A USER in a trigger holds for the whole build of the child, which then cannot install anything",
    fix: "leave USER to the child, or drop privileges when the container starts",
  },
  OnbuildEntrypointDropsCmd: {
    severity: "warning",
    description: "An ENTRYPOINT in the child's build removes the CMD that it inherits",
    fix: "set ENTRYPOINT here, or repeat CMD with ONBUILD CMD",
  },
  OnbuildBase: {
    severity: "info",
    description: "The base brings instructions of its own into this build, right behind FROM",
    fix: "make sure that they are meant; `slipway inspect` lists them as OnBuild",
  },
  SecretInCommand: {
    severity: "warning",
    description: "What a RUN gets from a build argument stays in the history, and in a file that it writes",
    fix: "use RUN --mount=type=secret",
  },
  CredentialsInUrl: {
    severity: "warning",
    description: "A password in a URL can be read by everybody who has the image or the Dockerfile",
    fix: "use RUN --mount=type=secret, and replace the password, for it is known",
  },
  ShellEntrypointIgnoresCmd: {
    severity: "warning",
    description: "An ENTRYPOINT in shell form gets neither CMD nor the arguments of `run`",
    fix: 'write ENTRYPOINT as a list: ENTRYPOINT ["program"]',
  },
  StartupScriptWithoutExec: {
    severity: "warning",
    description: "A script that does not end with exec stays between the container and its program, which then never gets a signal",
    fix: 'put `exec` in front of the last command, for example `exec "$@"`',
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
