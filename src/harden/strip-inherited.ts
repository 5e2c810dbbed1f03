import type { Entry } from "../core/file-tree.ts";
import type { HardenChange } from "../core/harden-report.ts";
import type { ChangeSet } from "../execute/copy/change-set.ts";
import type { ImageFiles } from "./image-files.ts";
import type { KeptPaths } from "./kept-paths.ts";
import { withoutPrivileges } from "./privileges.ts";
import { describe, stripChange } from "./strip-layers.ts";

/**
 * Puts the files of the base that lend rights and that a container sees into the last layer, without what they lend: layers of a base are
 * never changed. Names of one file stay names of one file. `removed`: paths that the last layer deletes.
 */
export async function stripInherited(
  files: ImageFiles,
  privileged: readonly Entry[],
  {
    changes,
    kept,
    removed,
  }: { readonly changes: ChangeSet; readonly kept: KeptPaths; readonly removed: ReadonlySet<string> },
): Promise<readonly HardenChange[]> {
  const { tree } = files;
  const inherited = privileged.filter(({ path }) => files.isInherited(path) && !removed.has(path));
  const keptInodes = new Set(
    inherited.filter(({ path }) => kept.has(path)).map((entry) => tree.linkIdentity(entry)),
  );
  const isKept = (entry: Entry) => keptInodes.has(tree.linkIdentity(entry));
  const stripped = inherited.filter((entry) => !isKept(entry));
  const sources = await files.sources(stripped);
  for (const entry of stripped) {
    const { hardLink: _, ...own } = withoutPrivileges(entry);
    changes.putLinked(own, sources.get(entry.path)!, tree.linkIdentity(entry)!);
  }
  const told = (entry: Entry) => ({ ...describe(entry), layer: tree.layerOf(entry.path)! });
  return [
    ...stripped.map((entry) => stripChange(entry, { ...told(entry), place: "final-layer" })),
    ...inherited.filter(isKept).map((entry): HardenChange => ({ action: "keep", ...told(entry) })),
  ];
}
