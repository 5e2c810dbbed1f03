import { posix } from "node:path";
import type { CopyInstruction } from "../dockerfile/instructions.ts";
import type { ContextFiles } from "./context-files.ts";
import { lineage, type StageView, type Step } from "./stage-view.ts";

/** A COPY or ADD that reads the main context, in this build. */
export interface ContextCopy {
  readonly step: Step;
  readonly copy: CopyInstruction;
}

/** In order; triggers and copies from elsewhere are not among them. */
export function contextCopies({ steps }: StageView): readonly ContextCopy[] {
  return steps.flatMap((step) => {
    const copy = step.written;
    const isCopy = (copy.kind === "COPY" || copy.kind === "ADD") && copy.from === undefined;
    return isCopy ? [{ step, copy }] : [];
  });
}

/** Whether a source of ADD is fetched from elsewhere. */
export function isRemote(source: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(source);
}

/** The path in the context that a source names, `""` for all of it; undefined where it is not known, a pattern, or from elsewhere. */
export function contextPath(source: string | undefined): string | undefined {
  if (source === undefined || isRemote(source)) return undefined;
  // The context is the root of everything: nothing leads out of it.
  const path = posix.normalize(`/${source}`).replace(/\/+$/, "").slice(1);
  const folder = path === "*" ? "" : path.replace(/\/\*$/, "");
  return /[*?[\\]/.test(folder) ? undefined : folder;
}

/** Whether a source is a whole folder of the context: `.`, `*`, a folder that is there. */
export function isFolder(path: string, context: ContextFiles | undefined): boolean {
  return path === "" || context?.tree.lookup(path)?.type === "dir";
}

/** Stands for a working directory that is not known; the same for all of a lineage. */
const SOMEWHERE = "/\u0000";

/** An absolute path in the image: what a relative one begins with is the working directory. */
export function imagePath(path: string, { workdir }: Pick<Step, "workdir">): string {
  return posix.resolve(workdir ?? SOMEWHERE, path);
}

/** Where a file of the image comes from. */
export type CopiedFile =
  | { readonly kind: "context"; readonly path: string }
  | { readonly kind: "heredoc"; readonly text: string };

/** Follows a path of the image back to what was copied there last; undefined where this file does not tell. */
export function copiedFile(
  stage: StageView,
  wanted: string,
  context: ContextFiles | undefined,
): CopiedFile | undefined {
  for (const one of lineage(stage))
    for (const found of contextCopies(one).toReversed()) {
      const file = fromCopy(found, wanted, context);
      if (file) return file;
    }
  return undefined;
}

function fromCopy(
  { step, copy }: ContextCopy,
  wanted: string,
  context: ContextFiles | undefined,
): CopiedFile | undefined {
  if (step.destination === undefined || copy.parents) return undefined;
  const target = imagePath(step.destination, step);
  for (const { name, content } of copy.heredocs)
    if (wanted === target || wanted === posix.join(target, name)) return { kind: "heredoc", text: content };
  for (const source of step.sources) {
    const path = contextPath(source);
    if (path === undefined) continue;
    const rest = wanted.startsWith(`${target}/`) ? wanted.slice(target.length + 1) : undefined;
    const inside = rest === undefined ? undefined : posix.join(path, rest);
    const isOwn = wanted === target || wanted === posix.join(target, posix.basename(path));
    for (const candidate of [...(isOwn ? [path] : []), ...(inside === undefined ? [] : [inside])])
      if (context?.tree.lookup(candidate)?.type === "file") return { kind: "context", path: candidate };
  }
  return undefined;
}
