import { contentIdentity } from "../../cache/content-identity.ts";
import type { InputEntry, InputFiles, StepInputs } from "../../cache/inputs.ts";
import { digestOf } from "../../core/digest.ts";
import { encodeName } from "../../core/file-name.ts";
import type { Entry } from "../../core/file-tree.ts";
import type { CopyStep } from "../../plan/graph.ts";
import type { Chain } from "../chain.ts";
import { asRead, type LocalSources } from "./gathered.ts";
import type { SelectedSource } from "./select.ts";

export function copyInputs(
  step: CopyStep,
  parent: Chain,
  files: readonly InputFiles[],
  epoch: number | undefined,
): StepInputs {
  const independent = isIndependentLayer(step);
  return {
    tag: independent ? "copy-link/2" : "copy/2",
    parent: independent ? null : parent.identity,
    fields: {
      instruction: step.instruction,
      destination: step.destination,
      directory: step.destinationIsDirectory,
      chown: step.chown ?? null,
      chmod: step.chmod ?? null,
      link: step.link,
      parents: step.parents,
      excludes: [...step.excludes],
      unpack: step.unpack ?? null,
      heredocs: step.heredocs.map(({ name, content }) => `${name} ${digestOf(encodeName(content))}`),
      ...(step.heredocs.length > 0 && epoch !== undefined ? { epoch } : {}),
    },
    files,
  };
}

/**
 * Content identity of everything selected. Of a directory written with a slash only its content counts: nothing else of it goes
 * into the layer (SPEC CK-05).
 */
export function inputFiles(step: CopyStep, sources: LocalSources): readonly InputFiles[] {
  return sources.selected.map((source) => ({
    from: sources.tree.name,
    selector: step.parents ? source.selector : source.name,
    entries: {
      [Symbol.iterator]: () => inputEntries(sources, source),
    },
  }));
}

/** `--link` stands alone unless `--chmod` is given, too (SPEC CP-19). */
export function isIndependentLayer(step: CopyStep): boolean {
  return step.link && step.chmod === undefined;
}

/** A further name of a file that is selected already says so: the layer gets a hard link there (SPEC CP-10). */
function* inputEntries(sources: LocalSources, source: SelectedSource): Generator<InputEntry> {
  const { root } = source;
  yield [root.type === "dir" ? "" : source.name, rootIdentity(source, asRead(sources, root))];
  const firstNames = new Map<string, string>();
  for (const { relative, entry } of source.entries) {
    const content = contentIdentity(asRead(sources, entry));
    const identity = entry.type === "file" ? sources.tree.linkIdentity(entry) : undefined;
    const first = identity === undefined ? undefined : firstNames.get(identity);
    if (identity !== undefined && first === undefined) firstNames.set(identity, relative);
    yield [relative, first === undefined ? content : `${content} same as ${JSON.stringify(first)}`];
  }
}

function rootIdentity({ selector }: SelectedSource, root: Entry): string {
  return root.type === "dir" && selector.endsWith("/") ? "contents" : contentIdentity(root);
}
