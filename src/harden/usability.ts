import type { Entry } from "../core/file-tree.ts";
import type { HardenUser } from "../core/harden-report.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import { isShellForm } from "../image/command-form.ts";
import type { ContainerConfig } from "../image/config.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";
import { findProgram } from "../runtime/find-program.ts";
import { modeText } from "./report-text.ts";

const [READ_BITS, WRITE, EXECUTE] = [3, 2, 1];
/** Docker lets everybody have them in a container since 20.10; others do not. */
const FIRST_FREE_PORT = 1024;

/** What an image that was made for root may not be able to do as another user. */
export function usabilityWarnings(
  config: ContainerConfig,
  tree: ChainTree,
  user: HardenUser,
): readonly string[] {
  return [
    ...startWarnings(config, tree, user),
    ...folderWarnings(config, tree, user),
    ...Object.keys(config.ExposedPorts ?? {})
      .filter((port) => Number.parseInt(port, 10) < FIRST_FREE_PORT)
      .map(
        (port) =>
          `EXPOSE ${port}: not every runtime lets ${user.name} listen on a port below ${FIRST_FREE_PORT}`,
      ),
  ];
}

function startWarnings(config: ContainerConfig, tree: ChainTree, user: HardenUser): readonly string[] {
  const { Entrypoint = [], Cmd = [] } = config;
  const [word] = [...Entrypoint, ...(isShellForm(config, Entrypoint) ? [] : Cmd)];
  const file = word === undefined ? undefined : findProgram(word, config, tree)?.file;
  if (!file || (isReachable(file.path, tree, user) && may(file, user, EXECUTE))) return [];
  return [`${user.name} cannot start /${file.path}: its mode, or that of a folder above it, does not let it`];
}

function* folderWarnings(config: ContainerConfig, tree: ChainTree, user: HardenUser): Generator<string> {
  const named = new Map<string, string>();
  if (config.WorkingDir && config.WorkingDir !== "/") named.set(config.WorkingDir, "WORKDIR");
  for (const path of Object.keys(config.Volumes ?? {})) named.set(path, "VOLUME");
  for (const [path, word] of named) {
    const { entry } = resolvePath(tree, path, { followLast: true });
    if (!entry)
      yield `${word} ${path}: there is no such folder, so that it will be root's, and ${user.name} cannot write there`;
    else if (entry.type === "dir" && !may(entry, user, WRITE))
      yield `${word} ${path} belongs to ${entry.uid}:${entry.gid} (${modeText(entry.mode)}): ${user.name} cannot write there`;
  }
}

function isReachable(path: string, tree: ChainTree, user: HardenUser): boolean {
  for (let up = parentOf(path); up !== ""; up = parentOf(up)) {
    const folder = tree.lookup(up);
    if (folder && !may(folder, user, EXECUTE)) return false;
  }
  return true;
}

/** By the bits of owner, group or others, whichever the user is (path_resolution(7)). */
function may({ mode, uid, gid }: Entry, user: HardenUser, bit: number): boolean {
  const shift = uid === user.uid ? 2 * READ_BITS : gid === user.gid ? READ_BITS : 0;
  return ((mode >> shift) & bit) !== 0;
}
