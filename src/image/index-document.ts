import { type Descriptor, isIndexType } from "../core/descriptor.ts";
import { digestOf } from "../core/digest.ts";
import { annotationMembers, descriptorMembers, readAnnotations, readDescriptor } from "./descriptor-json.ts";
import { checkDocument } from "./document.ts";
import { JsonReader } from "./json-reader.ts";
import type { EncodedDocument } from "./manifest.ts";
import { indexType, type MediaFamily } from "./media-family.ts";
import { members, writeJson } from "./ordered-json.ts";

/** An image for several platforms (OCI image-spec v1.1 §image-index; Docker manifest list). */
export interface ImageIndex {
  readonly family: MediaFamily;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The bytes as SPEC MF-01 lays them out. */
export function encodeIndex(index: ImageIndex): EncodedDocument {
  const mediaType = indexType(index.family);
  const tree = members([
    ["schemaVersion", 2],
    ["mediaType", mediaType],
    ["artifactType", index.artifactType],
    ["manifests", index.manifests.map(descriptorMembers)],
    ["subject", index.subject && descriptorMembers(index.subject)],
    ["annotations", annotationMembers(index.annotations)],
  ]);
  const bytes = Buffer.from(writeJson(tree, "  "));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** Reads an index of either family; errors as `decodeManifest`. */
export function decodeIndex(bytes: Uint8Array, mediaType: string): ImageIndex {
  const doc = JsonReader.parse(bytes, "the image index");
  const family = checkDocument(doc, mediaType, isIndexType);
  const artifactType = doc.get("artifactType")?.text();
  const subject = doc.get("subject");
  return {
    family,
    ...(artifactType ? { artifactType } : {}),
    manifests: doc.get("manifests")?.list().map(readDescriptor) ?? [],
    ...(subject ? { subject: readDescriptor(subject) } : {}),
    ...readAnnotations(doc.get("annotations")),
  };
}
