import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Container } from "../container/container-store.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { SlipwayError } from "../core/errors.ts";
import { type Chain, imageChain } from "../execute/chain.ts";
import type { LayerAccess } from "../execute/layer-access.ts";
import { captureTree, captureUpper, type PackedLayer } from "../layer/capture.ts";
import { copyLiveTree } from "../snapshot/copy-live-tree.ts";
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
  { privilege }: Session,
  { folder }: Container,
  { scratch, parent }: { readonly scratch: string; readonly parent: readonly Uint8Array[] },
): Promise<ContainerChanges["layer"]> {
  const { form } = privilege;
  if (form.kind !== "native")
    throw new SlipwayError("RUNTIME_UNAVAILABLE", "this needs root or a user namespace");
  const [directory, copy] = [join(scratch, "layer"), join(scratch, "tree")];
  // Copies: the container goes on with the original, and nothing that it does there meanwhile leads the capture anywhere.
  if (existsSync(folder.upper)) {
    copyLiveTree(folder.upper, directory);
    const { overlayXattrPrefix } = form;
    return { directory, packed: await captureUpper({ upper: directory, parent, overlayXattrPrefix }) };
  }
  if (!existsSync(folder.tree)) return undefined;
  copyLiveTree(folder.tree, copy);
  mkdirSync(directory, 0o755);
  return { directory, packed: await captureTree({ root: copy, directory, form, parent }) };
}
