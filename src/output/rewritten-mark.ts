import type { Descriptor } from "../core/descriptor.ts";
import type { MediaFamily } from "../image/media-family.ts";

/** Annotation of a layer that was looked through for times after that second, and has none now. BuildKit's, so that manifests get the same digest. */
const REWRITTEN = "buildkit/rewritten-timestamp";

export function rewrittenMark(epoch: number): Readonly<Record<string, string>> {
  return { [REWRITTEN]: String(epoch) };
}

/** Of the annotations of a layer only this one is true of its other forms, too. Docker's media types have none. */
export function carriedMark(
  { annotations }: Descriptor,
  family: MediaFamily,
): Pick<Descriptor, "annotations"> {
  const epoch = family === "oci" ? annotations?.[REWRITTEN] : undefined;
  return epoch === undefined ? {} : { annotations: { [REWRITTEN]: epoch } };
}
