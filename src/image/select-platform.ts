import { acceptablePlatforms } from "../core/acceptable-platforms.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { formatPlatform, type Platform, platformMatches } from "../core/platform.ts";
import type { ImageIndex } from "./index-document.ts";

/** The annotation by which an attestation manifest names the image manifest that it is about (SPEC AT-02). */
const ATTESTED = "vnd.docker.reference.digest";
const REFERENCE_TYPE = "vnd.docker.reference.type";

/**
 * The entry for `platform`: the first exact match, else the best of what is taken for it (`acceptablePlatforms`), else the only image if it names no platform. Throws `PLATFORM_UNAVAILABLE` listing what there is.
 */
export function selectPlatform(index: ImageIndex, platform: Platform): Descriptor {
  const images = index.manifests.filter((entry) => !isAttestation(entry));
  for (const wanted of acceptablePlatforms(platform)) {
    const match = images.find((entry) => entry.platform && platformMatches(entry.platform, wanted));
    if (match) return match;
  }
  const [only] = images;
  if (images.length === 1 && only && !only.platform) return only;
  const available = availablePlatforms(index);
  throw new SlipwayError(
    "PLATFORM_UNAVAILABLE",
    `the image is not available for ${formatPlatform(platform)}`,
    {
      hint:
        available.length > 0 ? `it is available for ${available.join(", ")}` : "the index lists no images",
      facts: { platform: formatPlatform(platform), available },
    },
  );
}

/** The platforms of an index, once each and in its order. */
export function availablePlatforms(index: ImageIndex): readonly string[] {
  const images = index.manifests.filter((entry) => !isAttestation(entry));
  return [...new Set(images.flatMap((entry) => (entry.platform ? [formatPlatform(entry.platform)] : [])))];
}

/** Tells whether an index entry is an attestation instead of an image. */
export function isAttestation(entry: Descriptor): boolean {
  const { os, architecture } = entry.platform ?? {};
  return (
    entry.annotations?.[REFERENCE_TYPE] !== undefined || (os === "unknown" && architecture === "unknown")
  );
}

/** The attestations of an index that are about `manifest`. */
export function attestationsOf(index: ImageIndex, manifest: Descriptor): readonly Descriptor[] {
  return index.manifests.filter(
    (entry) => isAttestation(entry) && entry.annotations?.[ATTESTED] === manifest.digest,
  );
}
