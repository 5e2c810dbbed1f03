import type { Entry, FileTree } from "../core/file-tree.ts";
import { commandChain } from "../image/command-chain.ts";
import { isShellForm } from "../image/command-form.ts";
import type { ContainerConfig } from "../image/config.ts";
import { programName, SHELLS } from "../image/known-programs.ts";
import { isEnv } from "../shell/env-split.ts";
import { shebangWords } from "../shell/shebang.ts";
import { type FoundProgram, findProgram } from "./find-program.ts";

/** A program that an image starts by itself. */
export interface StartedProgram {
  /** `ENTRYPOINT`, `CMD` or `HEALTHCHECK`; with the script that names the program: `CMD (/start.sh)`. */
  readonly by: string;
  /** As it is named. */
  readonly program: string;
  /** Undefined where the image has no such program. */
  readonly found: FoundProgram | undefined;
}

/** An image, and how the texts of its files are read. */
export interface StartedImage {
  readonly config: ContainerConfig;
  readonly tree: FileTree;
  /** By path; one that cannot be read as a text is missing or empty. */
  readonly texts: (files: readonly Entry[]) => Promise<ReadonlyMap<string, string>>;
}

/** Larger files are no scripts. */
const LARGEST_SCRIPT = 1024 * 1024;
/** The kernel follows fewer interpreters; what goes on through `env` is nobody's. */
const DEEPEST = 8;
/** Commands of people have fewer words. */
const MOST_WORDS = 64;

/**
 * The programs behind ENTRYPOINT, CMD and HEALTHCHECK: what they name, what inits and wrappers among them start, and the interpreters of scripts, which may be
 * scripts themselves (execve(2)). Any word that is the path of a file counts, as a program that is not known may start it.
 */
export async function startedPrograms(image: StartedImage): Promise<readonly StartedProgram[]> {
  const all: StartedProgram[] = [];
  const seen = new Set<string>();
  let wave = ownPrograms(image);
  for (let depth = 0; depth < DEEPEST && wave.length > 0; depth++) {
    all.push(...wave);
    wave = await interpretersOf(wave, seen, image);
  }
  return all;
}

function ownPrograms({ config, tree }: StartedImage): StartedProgram[] {
  const started = new Map<string, StartedProgram>();
  for (const { by, argv } of commandsOf(config)) {
    const named = commandChain(argv).map(([program]) => program);
    const paths = argv.slice(0, MOST_WORDS).filter((word) => word.includes("/"));
    for (const program of [...named, ...paths]) {
      const found = findProgram(program, config, tree);
      const who = by(program);
      if (found || named.includes(program)) started.set(`${who} ${program}`, { by: who, program, found });
    }
  }
  return [...started.values()];
}

interface OwnCommand {
  /** Who names a word. */
  readonly by: (word: string) => string;
  readonly argv: readonly string[];
}

function commandsOf(config: ContainerConfig): readonly OwnCommand[] {
  const { Entrypoint = [], Cmd = [], Healthcheck } = config;
  const args = isShellForm(config, Entrypoint) ? [] : Cmd;
  const isOfCmd = (word: string) => !Entrypoint.includes(word) && args.includes(word);
  const by = (word: string) => (Entrypoint.length === 0 || isOfCmd(word) ? "CMD" : "ENTRYPOINT");
  return [
    { by, argv: [...Entrypoint, ...args] },
    { by: () => "HEALTHCHECK", argv: healthCommand(Healthcheck?.Test, config.Shell) },
  ];
}

function healthCommand([kind, ...words]: readonly string[] = [], shell?: readonly string[]) {
  if (kind === "CMD-SHELL") return [shell?.[0] ?? "/bin/sh"];
  return kind === "CMD" ? words : [];
}

/** Of files that were not looked into before. */
async function interpretersOf(
  wave: readonly StartedProgram[],
  seen: Set<string>,
  { config, tree, texts }: StartedImage,
): Promise<StartedProgram[]> {
  const scripts: { readonly by: string; readonly file: Entry }[] = [];
  for (const { by, found } of wave) {
    const file = found?.file;
    if (!file || seen.has(file.path) || !mayBeScript(file)) continue;
    seen.add(file.path);
    scripts.push({ by, file });
  }
  if (scripts.length === 0) return [];
  const read = await texts(scripts.map(({ file }) => file));
  return scripts.flatMap(({ by, file }) => {
    const who = `${by.split(" ")[0]!} (/${file.path})`;
    return commandChain(shebangWords(read.get(file.path) ?? "") ?? []).map(([program]) => ({
      ...{ by: who, program, found: findProgram(program, config, tree) },
    }));
  });
}

/** Shells and env are none, and reading them may mean to unpack a base. */
function mayBeScript({ path, size }: Entry): boolean {
  return size > 0 && size <= LARGEST_SCRIPT && !SHELLS.has(programName(path)) && !isEnv(path);
}
