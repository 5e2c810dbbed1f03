import type { Descriptor } from "../core/descriptor.ts";
import { isDigest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { JsonReader } from "./json-reader.ts";
import { type JsonMembers, members, sortedMembers } from "./ordered-json.ts";

/** A descriptor's members in the order in which the OCI image-spec v1.1 lists them. */
export function descriptorMembers(d: Descriptor): JsonMembers {
  return members([
    ["mediaType", d.mediaType],
    ["digest", d.digest],
    ["size", d.size],
    ["urls", d.urls?.length ? d.urls : undefined],
    ["annotations", annotationMembers(d.annotations)],
    ["data", d.data],
    ["platform", d.platform && platformMembers(d.platform)],
    ["artifactType", d.artifactType],
  ]);
}

export function annotationMembers(
  annotations: Readonly<Record<string, string>> | undefined,
): JsonMembers | undefined {
  return sortedMembers(annotations, (text) => text);
}

export function readAnnotations(
  value: JsonReader | undefined,
): { readonly annotations: Readonly<Record<string, string>> } | undefined {
  return value && { annotations: value.record((text) => text.text()) };
}

export function readDescriptor(value: JsonReader): Descriptor {
  const digest = value.require("digest");
  const digestText = digest.text();
  const size = value.require("size").integer();
  if (size < 0) value.require("size").fail("must not be negative");
  const platform = value.get("platform");
  const urls = value.get("urls")?.texts();
  const data = value.get("data")?.text();
  const artifactType = value.get("artifactType")?.text();
  return {
    mediaType: value.require("mediaType").text(),
    digest: isDigest(digestText) ? digestText : digest.fail("is not a sha256 digest"),
    size,
    ...(platform ? { platform: readPlatform(platform) } : {}),
    ...readAnnotations(value.get("annotations")),
    ...(urls ? { urls } : {}),
    ...(artifactType ? { artifactType } : {}),
    ...(data !== undefined ? { data } : {}),
  };
}

function platformMembers(p: Platform): JsonMembers {
  return members([
    ["architecture", p.architecture],
    ["os", p.os],
    ["os.version", p.osVersion],
    ["os.features", p.osFeatures?.length ? p.osFeatures : undefined],
    ["variant", p.variant],
  ]);
}

/** As written: normalising here would change the bytes of an index that is copied. */
function readPlatform(value: JsonReader): Platform {
  const variant = value.get("variant")?.text();
  const osVersion = value.get("os.version")?.text();
  const osFeatures = value.get("os.features")?.texts();
  return {
    os: value.get("os")?.text() ?? "",
    architecture: value.get("architecture")?.text() ?? "",
    ...(variant ? { variant } : {}),
    ...(osVersion ? { osVersion } : {}),
    ...(osFeatures?.length ? { osFeatures } : {}),
  };
}
