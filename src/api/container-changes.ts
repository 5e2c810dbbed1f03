import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../container/container-store.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { type Chain, imageChain } from "../execute/chain.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import { captureTree, captureUpper, type PackedLayer } from "../layer/capture.ts";
import { findTool, runProcess, toolPath } from "../sys/process.ts";
import { type OpenImage, openImage } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import type { Session } from "./session.ts";

/** What a container wrote, as a layer over its image. */
export interface ContainerChanges {
  readonly image: OpenImage;
  readonly chain: Chain;
  readonly access: LayerAccess;
  /** Undefined where it was never started. */
  readonly layer: { readonly packed: PackedLayer; readonly directory: string } | undefined;
}

/**
 * Captures what a container wrote until now; it may run meanwhile, and what it is writing at this moment may be there in part, as with
 * any copy. Needs the rights of the container's root.
 */
export async function withChanges<R>(
  session: Session,
  container: Container,
  work: (changes: ContainerChanges) => Promise<R>,
): Promise<R> {
  const { store } = session;
  const image = await openImage(session, container.record.image.manifest);
  const chain = imageChain(image.config.diffIds, image.manifest.layers);
  const access = layerAccess(session);
  const scratch = store.temp.directory("changes");
  const scope = new CleanupScope();
  scope.defer(() => store.temp.remove(scratch));
  return scope.around(async () => {
    const layer = await capture(session, container, { scratch, parent: await access.tocBytes(chain) });
    return work({ image, chain, access, layer });
  });
}

async function capture(
  { privilege, environment }: Session,
  { folder }: Container,
  { scratch, parent }: { readonly scratch: string; readonly parent: readonly Uint8Array[] },
): Promise<ContainerChanges["layer"]> {
  const { form } = privilege;
  if (form.kind !== "native")
    throw new SlipwayError("RUNTIME_UNAVAILABLE", "this needs root or a user namespace");
  const directory = join(scratch, "layer");
  if (existsSync(folder.upper)) {
    // A copy: what is captured loses what is equal to the image's, and the container goes on with the original.
    await copyTree(folder.upper, directory, environment.path);
    const { overlayXattrPrefix } = form;
    return { directory, packed: await captureUpper({ upper: directory, parent, overlayXattrPrefix }) };
  }
  if (!existsSync(folder.tree)) return undefined;
  mkdirSync(directory, 0o755);
  return { directory, packed: await captureTree({ root: folder.tree, directory, form, parent }) };
}

/** Owners, times, attributes, devices and whiteouts included. */
async function copyTree(from: string, to: string, path: string): Promise<void> {
  const argv = [findTool("cp", path) ?? "cp", "-a", "--reflink=auto", from, to];
  const { exitCode, stderr } = await runProcess(argv, { env: { PATH: toolPath(path), LC_ALL: "C" } });
  if (exitCode === 0) return;
  const reason = stderr.toString("utf8").trim().split("\n").at(-1) ?? "";
  throw new SlipwayError("TOOL_FAILED", `what the container wrote cannot be copied: ${reason}`);
}
