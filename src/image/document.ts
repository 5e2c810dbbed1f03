import { SlipwayError } from "../core/errors.ts";
import type { JsonReader } from "./json-reader.ts";
import { familyOf, type MediaFamily } from "./media-family.ts";

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/;

/**
 * What manifests and indexes have in common: schema version 2, one media type that descriptor and document agree on, and
 * not the members of both kinds at once, which would let two clients read two images from one digest (CVE-2021-41190).
 */
export function checkDocument(
  doc: JsonReader,
  mediaType: string,
  isExpected: (mediaType: string) => boolean,
): MediaFamily {
  if (SCHEMA_1.test(mediaType) || doc.get("schemaVersion")?.integer() === 1 || doc.has("fsLayers"))
    throw schema1();
  const version = doc.require("schemaVersion");
  if (version.integer() !== 2) version.fail("must be 2");
  const claimed = doc.get("mediaType");
  if (claimed && claimed.text() !== mediaType)
    claimed.fail(`is "${claimed.text()}", but the descriptor says "${mediaType}"`);
  if (doc.has("manifests") && (doc.has("layers") || doc.has("config")))
    doc.fail('has both "manifests" and "layers" or "config": it could be read as two different things');
  const family = familyOf(mediaType);
  return family && isExpected(mediaType) ? family : doc.fail(`has the media type "${mediaType}"`);
}

function schema1(): SlipwayError {
  return new SlipwayError(
    "IMAGE_INVALID",
    "the image has a Docker schema 1 manifest, which is no longer supported",
    {
      hint: "pull the image with a tool that still reads schema 1 and push it again, or use a newer tag",
    },
  );
}
