import { type Descriptor, isManifestType } from "../core/descriptor.ts";
import { digestOf } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import type { ImageConfig } from "./config.ts";
import { annotationMembers, descriptorMembers, readAnnotations, readDescriptor } from "./descriptor-json.ts";
import { checkDocument } from "./document.ts";
import { JsonReader } from "./json-reader.ts";
import { type MediaFamily, manifestType } from "./media-family.ts";
import { members, writeJson } from "./ordered-json.ts";

/** One platform's image, or an artifact (OCI image-spec v1.1 §manifest; Docker image manifest v2, schema 2). Layers from the base up. */
export interface Manifest {
  readonly family: MediaFamily;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest's or index's bytes with the descriptor that points to them. */
export interface EncodedDocument {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** The bytes as SPEC MF-01 lays them out. */
export function encodeManifest(manifest: Manifest): EncodedDocument {
  const mediaType = manifestType(manifest.family);
  const tree = members([
    ["schemaVersion", 2],
    ["mediaType", mediaType],
    ["artifactType", manifest.artifactType],
    ["config", descriptorMembers(manifest.config)],
    ["layers", manifest.layers.map(descriptorMembers)],
    ["subject", manifest.subject && descriptorMembers(manifest.subject)],
    ["annotations", annotationMembers(manifest.annotations)],
  ]);
  const bytes = Buffer.from(writeJson(tree, "  "));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/**
 * Reads a manifest of either family. `mediaType` is what its descriptor or the registry called it. Throws `IMAGE_INVALID`
 * for schema 1, for an index, and where the document calls itself something else.
 */
export function decodeManifest(bytes: Uint8Array, mediaType: string): Manifest {
  const doc = JsonReader.parse(bytes, "the image manifest");
  const family = checkDocument(doc, mediaType, isManifestType);
  const artifactType = doc.get("artifactType")?.text();
  const subject = doc.get("subject");
  return {
    family,
    ...(artifactType ? { artifactType } : {}),
    config: readDescriptor(doc.require("config")),
    layers: doc.get("layers")?.list().map(readDescriptor) ?? [],
    ...(subject ? { subject: readDescriptor(subject) } : {}),
    ...readAnnotations(doc.get("annotations")),
  };
}

/** Throws `IMAGE_INVALID` where a manifest and its config do not agree on the number of layers. */
export function checkLayerCount(manifest: Manifest, config: ImageConfig): void {
  const [blobs, diffIds] = [manifest.layers.length, config.diffIds.length];
  if (blobs === diffIds) return;
  throw new SlipwayError(
    "IMAGE_INVALID",
    `the image manifest has ${blobs} layers, but its config has ${diffIds} diff IDs`,
  );
}
