import type { Entry, FileTree } from "../core/file-tree.ts";

/**
 * The root directory as a container sees it: owned as the image says, 0755 whatever the image says. An archive whose `./` has
 * another mode would lock out every user but its owner; BuildKit gives each layer's root that mode, too. undefined where no
 * layer describes the root.
 */
export function containerRoot(tree: FileTree): Entry | undefined {
  const root = tree.lookup("");
  return root && { ...root, mode: 0o755 };
}
