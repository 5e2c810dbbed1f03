import { SlipwayError } from "../core/errors.ts";
import type { RootfsKind } from "../snapshot/prepare-rootfs.ts";
import { probeOverlay } from "../snapshot/probe-overlay.ts";
import { bootId } from "../store/owner.ts";
import type { Session } from "./session.ts";

/**
 * Whether the store's disk and this kernel take overlays; really tried, once per boot. `SLIPWAY_ROOTFS` decides instead where it is
 * set to `overlay` or `copy`.
 */
export async function rootfsKind({ store, environment, privilege }: Session): Promise<RootfsKind> {
  const wanted = environment.variables.SLIPWAY_ROOTFS;
  if (wanted === "overlay" || wanted === "copy") return wanted;
  if (wanted)
    throw new SlipwayError("USAGE", `SLIPWAY_ROOTFS is overlay or copy, not ${JSON.stringify(wanted)}`);
  if (privilege.form.kind === "portable") return "overlay";
  const key = `overlay ${bootId()} ${privilege.kind}`;
  const known = store.last.get(key)?.toString();
  if (known === "overlay" || known === "copy") return known;
  const scratch = store.temp.directory("probe");
  try {
    const { overlayXattrPrefix: xattrPrefix } = privilege.form;
    const { usable } = await probeOverlay({ scratch, path: environment.path, xattrPrefix });
    const kind = usable ? "overlay" : "copy";
    store.last.put(key, Buffer.from(kind));
    return kind;
  } finally {
    await store.temp.remove(scratch);
  }
}
