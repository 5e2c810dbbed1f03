import { posix } from "node:path";
import { excludeRules } from "../../context/ignore-rules.ts";
import type { EntryType } from "../../core/file-tree.ts";
import { leakKind } from "../../secrets/leaked-files.ts";
import type { ContextFiles } from "../context-files.ts";
import { type ContextCopy, contextCopies, contextPath, isFolder } from "../copied-files.ts";
import type { Judge, Say } from "../rule.ts";

/** Folders that are made on the machine where they are used. */
const MADE_HERE: ReadonlyMap<string, string> = new Map([
  ["node_modules", "packages for this machine"],
  [".venv", "a Python environment of this machine"],
  ["venv", "a Python environment of this machine"],
  ["__pycache__", "compiled Python"],
  [".terraform", "plug-ins of terraform"],
]);
/** Paths that are looked at for one Dockerfile: who copies more is told of what came first. */
const MOST_PATHS = 200_000;
const SHOWN = 4;

/**
 * UnignoredFiles: a whole folder of the context is copied with something in it that belongs to the working copy alone.
 * SecretFileCopied: a file that tends to hold secrets is copied, by its name in any stage, with a folder where the layer is in the result.
 */
export const judgeContext: Judge = ({ stages, context }, say) => {
  const search = context && new ContextSearch(context);
  for (const stage of stages)
    for (const found of contextCopies(stage)) {
      judgeNamed(found, context, say);
      if (search) judgeFolders(found, search, { say, isShipped: stage.isShipped });
    }
};

function judgeNamed({ step, copy }: ContextCopy, context: ContextFiles | undefined, say: Say): void {
  for (const source of step.sources) {
    const path = contextPath(source);
    if (path === undefined || path === "") continue;
    const entry = context?.tree.lookup(path);
    if (context && (!entry || (entry.type === "file" && entry.size === 0))) continue;
    const kind = (["file", "dir"] as const)
      .filter((type) => !entry || entry.type === type)
      .map((type) => leakKind(path, type))
      .find((found) => found?.holdsSecrets);
    if (kind) say("SecretFileCopied", `${path} is ${kind.what}: whoever has the image has it`, copy);
  }
}

function judgeFolders(
  { step, copy }: ContextCopy,
  search: ContextSearch,
  { say, isShipped }: { readonly say: Say; readonly isShipped: boolean },
): void {
  const { context } = search;
  for (const source of step.sources) {
    const path = contextPath(source);
    if (path === undefined || !isFolder(path, context)) continue;
    const excluded = excludeRules(copy.excludes);
    const inside = search.below(path).filter(({ path: found }) => {
      const own = posix.relative(path, found);
      return !excluded.matches(own) && !excluded.matches(found);
    });
    const secrets = inside.filter(({ holdsSecrets }) => holdsSecrets);
    if (isShipped && secrets.length > 0)
      say(
        "SecretFileCopied",
        `${listed(secrets)} ${secrets.length === 1 ? "comes" : "come"} along: ${secrets[0]!.what}`,
        copy,
      );
    const others = inside.filter(({ holdsSecrets }) => !holdsSecrets);
    if (others.length === 0 || context.ignoreFile === "not-used") continue;
    const why =
      context.ignoreFile === "missing" ? "there is no .dockerignore" : "the ignore file does not name it";
    say("UnignoredFiles", `${listed(others)} ${others.length === 1 ? "comes" : "come"} along: ${why}`, copy);
  }
}

function listed(found: readonly Unwanted[]): string {
  const names = found.slice(0, SHOWN).map(({ path }) => path);
  return `${names.join(", ")}${found.length > SHOWN ? ` and ${found.length - SHOWN} more` : ""}`;
}

interface Unwanted {
  readonly path: string;
  readonly what: string;
  readonly holdsSecrets: boolean;
}

/** What is unwanted in folders of the context; each is looked through once. */
class ContextSearch {
  readonly context: ContextFiles;
  readonly #known = new Map<string, readonly Unwanted[]>();
  #left = MOST_PATHS;

  constructor(context: ContextFiles) {
    this.context = context;
  }

  below(folder: string): readonly Unwanted[] {
    const known = this.#known.get(folder) ?? [...this.#walk(folder)];
    this.#known.set(folder, known);
    return known;
  }

  /** Level by level; what is in an unwanted folder is not looked at. */
  *#walk(top: string): Generator<Unwanted> {
    const { tree } = this.context;
    const folders = [top];
    for (const folder of folders)
      for (const name of tree.list(folder)) {
        if (this.#left-- <= 0) return;
        const path = folder === "" ? name : `${folder}/${name}`;
        const entry = tree.lookup(path);
        if (!entry || (entry.type === "file" && entry.size === 0)) continue;
        const found = unwanted(path, name, entry.type);
        if (found) yield found;
        else if (entry.type === "dir") folders.push(path);
      }
  }
}

function unwanted(path: string, name: string, type: EntryType): Unwanted | undefined {
  const leak = leakKind(path, type);
  if (leak) return { path, what: leak.what, holdsSecrets: leak.holdsSecrets };
  const made = type === "dir" ? MADE_HERE.get(name) : undefined;
  return made === undefined ? undefined : { path, what: made, holdsSecrets: false };
}
