import { LayerAccess } from "../execute/layer-access.ts";
import type { Session } from "./session.ts";

/** Layers of the store, fetched from their registries where need be. */
export function layerAccess(session: Session, signal?: AbortSignal): LayerAccess {
  return new LayerAccess({
    store: session.store,
    form: session.privilege.form,
    fetchBlob: (blob) => session.fetchBlob(blob, signal),
    streamBlob: (blob) => session.streamBlob(blob, signal),
    signal: signal ?? new AbortController().signal,
  });
}
