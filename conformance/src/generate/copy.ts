import type { Random } from "./random.ts";

/** What a stage may refer to. */
export interface Surroundings {
  readonly random: Random;
  /** Paths of the context. */
  readonly paths: readonly string[];
  readonly archives: readonly string[];
  /** Names of the stages above. */
  readonly stages: readonly string[];
  /** Whether the stage has accounts to look names up in. */
  readonly hasAccounts: boolean;
  /** Whether the stage has a layer, without which names cannot be looked up at all. */
  readonly hasLayer: boolean;
}

const DESTINATIONS = [
  "/t",
  "/t/",
  "/u/v",
  "/u/v/",
  "/w/",
  ".",
  "./",
  "sub",
  "sub/",
  "/",
  "/l",
  "/l/",
  "/t/s",
  "/etc/",
  "/tmp",
  "../up/",
  "$D/e",
];
const OWNERS = ["5", "5:6", "0:7", "root", ":8", "9:"];
const NAMES = ["app", "app:users", "www-data", "nosuch", "5:users", "nosuch:nogroup"];
const OCTAL = ["755", "700", "644", "600", "0711", "4755", "1700"];
const SYMBOLIC = ["u=rwX,go=rX", "go-w", "+x", "a-x,u+X", "g=u", "u+s,o=", "a=r,u+w"];
const EXCLUDES = ["*.txt", "sub", "**/*.go", "a/**", "!**/f", ".*", "l*", "*/g.txt"];
/** Paths of stages that are there or, as wildcards, need not be. */
const STAGE_PATHS = ["/t*", "/u*", "/w*/", "/t*/*", "/", "/etc/passw*", "/l*", "/su?/*", "/tm[p]"];

/** A COPY or ADD of paths of the context, or a COPY from a stage above. */
export function copyInstruction(around: Surroundings): string {
  const { random, stages, archives } = around;
  if (archives.length > 0 && random.oneIn(4)) return unpackInstruction(around);
  const from = stages.length > 0 && random.oneIn(3) ? random.pick(stages) : undefined;
  const sources = from
    ? random.list(1, 2, () => random.pick(STAGE_PATHS))
    : random.list(1, 3, () => contextSource(around));
  const flags = [...(from ? [`--from=${from}`] : []), ...copyFlags(around, sources)];
  const word = from === undefined && random.oneIn(5) ? "ADD" : "COPY";
  return [word, ...flags, ...sources, destination(around)].join(" ");
}

function unpackInstruction(around: Surroundings): string {
  const { random, archives } = around;
  const word = random.oneIn(5) ? "COPY" : "ADD";
  const flags = copyFlags(around, archives);
  return [word, ...flags, random.pick([...archives, "pack*"]), destination(around)].join(" ");
}

function copyFlags({ random, hasAccounts, hasLayer }: Surroundings, sources: readonly string[]): string[] {
  const isLink = random.oneIn(5);
  const mayName = hasAccounts && hasLayer && !isLink;
  return [
    ...(isLink ? ["--link"] : []),
    ...(random.oneIn(4) ? [`--chown=${random.pick(mayName ? [...OWNERS, ...NAMES] : OWNERS)}`] : []),
    ...(random.oneIn(5) ? [`--chmod=${random.pick(random.oneIn(2) ? OCTAL : SYMBOLIC)}`] : []),
    ...(random.oneIn(5) && sources.length > 0
      ? random.list(1, 2, () => `--exclude=${random.pick(EXCLUDES)}`)
      : []),
  ];
}

function contextSource({ random, paths }: Surroundings): string {
  const path = random.pick(paths);
  const slash = path.lastIndexOf("/") + 1;
  const [above, name] = [path.slice(0, slash), path.slice(slash)];
  return random.weighted([
    [8, path],
    [2, `./${path}`],
    [1, `/${path}`],
    [1, `../${path}`],
    [3, `${above}${name.slice(0, 1)}*`],
    [2, `${above}*`],
    [1, `${above}?${name.slice(1)}`],
    [1, "*"],
    [1, "."],
    [1, `${path}*`],
    [1, `${above}[${name.slice(0, 1)}z]${name.slice(1)}`],
    [1, "nothing*"],
  ]);
}

function destination({ random }: Surroundings): string {
  return random.pick(DESTINATIONS);
}

/** A COPY of one or two heredocs. */
export function heredocInstruction({ random }: Surroundings): string {
  const quote = random.oneIn(3) ? '"' : "";
  const dash = random.oneIn(3) ? "-" : "";
  const names = random.oneIn(3) ? ["one", "two.txt"] : ["EOF"];
  const lines = ["plain", "\ttab $D and ${E:-none}", "\\$D \\\\ 'q' \"$D\"", "# comment", "", "${D#/}x"];
  const target = random.pick(["/h/", "/t/", "h", "/deep/er/h"]);
  const flags = random.oneIn(4) ? `--chmod=${random.pick(OCTAL)} ` : "";
  const openers = names.map((name) => `<<${dash}${quote}${name}${quote}`).join(" ");
  const bodies = names.map((name) => [...random.list(0, 3, () => random.pick(lines)), name].join("\n"));
  return [`COPY ${flags}${openers} ${target}`, ...bodies].join("\n");
}
