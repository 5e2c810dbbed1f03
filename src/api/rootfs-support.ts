import { SlipwayError } from "../core/errors.ts";
import type { RootfsSupport } from "../snapshot/prepare-rootfs.ts";
import { probeOverlay } from "../snapshot/probe-overlay.ts";
import { bootId } from "../store/owner.ts";
import type { Session } from "./session.ts";

const SUPPORT: Readonly<Record<string, RootfsSupport>> & Readonly<Record<"overlay" | "copy", RootfsSupport>> =
  {
    "volatile overlay": { kind: "overlay", volatile: true },
    overlay: { kind: "overlay", volatile: false },
    copy: { kind: "copy", volatile: false },
  };

/**
 * Whether the store's disk and this kernel take overlays; really tried, once per boot. `SLIPWAY_ROOTFS` decides instead where it is
 * set to `overlay` or `copy`.
 */
export async function rootfsSupport({ store, environment, privilege }: Session): Promise<RootfsSupport> {
  const wanted = environment.variables.SLIPWAY_ROOTFS;
  if (wanted === "overlay" || wanted === "copy") return SUPPORT[wanted];
  if (wanted)
    throw new SlipwayError("USAGE", `SLIPWAY_ROOTFS is overlay or copy, not ${JSON.stringify(wanted)}`);
  if (privilege.form.kind === "portable") return SUPPORT.overlay;
  const key = `rootfs ${bootId()} ${privilege.kind}`;
  const known = SUPPORT[store.last.get(key)?.toString() ?? ""];
  if (known) return known;
  const scratch = store.temp.directory("probe");
  try {
    const { overlayXattrPrefix: xattrPrefix } = privilege.form;
    const { usable, volatile } = await probeOverlay({ scratch, path: environment.path, xattrPrefix });
    const found = usable ? (volatile ? "volatile overlay" : "overlay") : "copy";
    store.last.put(key, Buffer.from(found));
    return SUPPORT[found]!;
  } finally {
    await store.temp.remove(scratch);
  }
}
