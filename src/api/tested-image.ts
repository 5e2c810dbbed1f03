import { readFileSync } from "node:fs";
import { SlipwayError } from "../core/errors.ts";
import { fsPath } from "../core/file-name.ts";
import type { TestedFiles, TestedImage } from "../gate/tested-image.ts";
import { type TestedImageParts, testContainers } from "./test-containers.ts";

/** More of a file is not searched. */
const LARGEST_FILE = 256 * 1024 * 1024;

/** An image whose layers are in the store, or can be fetched, ready to be tested; it need not have a name yet. */
export function testedImage(parts: TestedImageParts): TestedImage {
  let files: Promise<TestedFiles> | undefined;
  return {
    name: parts.name,
    config: parts.config,
    files: () => {
      files ??= openFiles(parts);
      return files;
    },
    containers: testContainers(parts),
  };
}

async function openFiles({ access, chain }: TestedImageParts): Promise<TestedFiles> {
  const tree = await access.tree("image", chain);
  return {
    tree,
    read: async (path) => {
      const size = tree.lookup(path)?.size ?? 0;
      if (size > LARGEST_FILE)
        throw new SlipwayError("TEST_FAILED", `/${path} is too large to be searched: ${size} bytes`);
      await tree.prepare([path]);
      return readFileSync(fsPath(tree.locate(path)));
    },
  };
}
