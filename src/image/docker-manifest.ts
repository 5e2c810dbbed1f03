import { JsonReader } from "./json-reader.ts";

/** One image of a `docker save` archive's `manifest.json`; its paths are the archive's. */
export interface DockerManifestItem {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

/** Reads `manifest.json` whole before anything is stored: a wrong member of the last image spoils all of it. Throws `IMAGE_INVALID`. */
export function decodeDockerManifest(bytes: Uint8Array): readonly DockerManifestItem[] {
  return JsonReader.parseList(bytes, "manifest.json", (i) => `image ${i + 1} of manifest.json`).map(
    (doc) => ({
      config: doc.require("Config").text(),
      tags: doc.get("RepoTags")?.texts() ?? [],
      layers: doc.require("Layers").texts(),
    }),
  );
}
