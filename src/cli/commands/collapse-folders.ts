import type { ChangeKind, FileChange } from "../../diff/image-diff.ts";

/** A folder that only one of two images has, with everything in it. */
export interface FolderChange {
  readonly kind: ChangeKind;
  readonly path: string;
  /** How many paths there are below it. */
  readonly within: number;
  /** Of their files. */
  readonly bytes: number;
}

/** Changes in path order, in which a folder that is new or gone stands for all that it holds. Empty ones stay as they are. */
export function collapseFolders(changes: readonly FileChange[]): readonly (FileChange | FolderChange)[] {
  const shown: (FileChange | FolderChange)[] = [];
  for (let i = 0; i < changes.length; ) {
    const change = changes[i++]!;
    const { kind, path } = change;
    const isWhole = kind !== "changed" && (change.before ?? change.after)?.type === "dir";
    const first = i;
    let bytes = 0;
    for (; isWhole && changes[i]?.path.startsWith(`${path}/`); i++)
      bytes += (changes[i]!.before ?? changes[i]!.after)!.size;
    shown.push(i > first ? { kind, path, within: i - first, bytes } : change);
  }
  return shown;
}
