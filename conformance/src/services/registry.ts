import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { ImageSpec } from "../case.ts";
import { type Base, makeBases } from "./bases.ts";

const OCI = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  suffix: "+",
} as const;
const DOCKER = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar",
  suffix: ".",
} as const;
const CREATED = "2020-01-01T00:00:00Z";

interface Stored {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A registry in memory that can be pulled from: the bases of the suite, and the images of cases. */
export class ImageRegistry {
  readonly #bases = makeBases();
  readonly #blobs = new Map<string, Stored>();
  /** By `NAME:TAG` and `NAME@DIGEST`. */
  readonly #manifests = new Map<string, Stored>();
  /** Diff IDs of the layers of the bases. */
  readonly baseLayers: ReadonlySet<string>;

  constructor() {
    for (const name of Object.keys(this.#bases)) this.addImage(name, { from: name }, []);
    this.baseLayers = new Set(Object.values(this.#bases).flatMap(({ layers }) => layers.map(digestOf)));
  }

  /** Makes an image available as `name:latest`. `layers` are the tar files that `spec.layers` names. */
  addImage(name: string, spec: ImageSpec, layers: readonly Buffer[]): void {
    const base: Base = spec.from ? this.#base(spec.from) : { layers: [], config: {} };
    const all = [...base.layers, ...layers];
    const platforms = spec.platforms ?? ["linux/amd64"];
    const descriptors = platforms.map((platform) => ({
      ...this.#addManifest(name, spec, {
        config: this.#configOf(spec, { base, layers: all, platform }),
        layers: all,
      }),
      platform: parsePlatform(platform),
    }));
    const { index } = spec.docker ? DOCKER : OCI;
    if (spec.platforms)
      this.#store(name, index, { schemaVersion: 2, mediaType: index, manifests: descriptors });
  }

  #base(name: string): Base {
    const base = this.#bases[name];
    if (!base) throw new Error(`there is no base ${name}; there are ${Object.keys(this.#bases).join(", ")}`);
    return base;
  }

  #configOf(
    spec: ImageSpec,
    { base, layers, platform }: { base: Base; layers: readonly Buffer[]; platform: string },
  ): unknown {
    return {
      created: CREATED,
      ...parsePlatform(platform),
      config: { ...base.config, ...spec.config },
      rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
      history: layers.map((_, index) => ({ created: CREATED, created_by: `layer ${index} of the base` })),
      ...spec.top,
    };
  }

  #addManifest(
    name: string,
    { docker, compression }: ImageSpec,
    { config, layers }: { config: unknown; layers: readonly Buffer[] },
  ): { mediaType: string; digest: string; size: number } {
    const types = docker ? DOCKER : OCI;
    const kind = compression === "none" ? "" : `${types.suffix}${compression ?? "gzip"}`;
    return this.#store(name, types.manifest, {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: this.#addBlob(types.config, Buffer.from(JSON.stringify(config))),
      layers: layers.map((layer) => this.#addBlob(types.layer + kind, compress(layer, compression))),
    });
  }

  #store(name: string, type: string, document: unknown): { mediaType: string; digest: string; size: number } {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    this.#manifests.set(`${name}:latest`, { type, bytes }).set(`${name}@${digest}`, { type, bytes });
    return { mediaType: type, digest, size: bytes.length };
  }

  #addBlob(mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } {
    const digest = digestOf(bytes);
    this.#blobs.set(digest, { type: "application/octet-stream", bytes });
    return { mediaType, digest, size: bytes.length };
  }

  /** Answers a request whose path begins with `/v2/`. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").split("?")[0]!.slice("/v2/".length);
    if (path === "") {
      response.writeHead(200, { "Content-Length": "2" }).end("{}");
      return;
    }
    const [, name, kind, reference] = /^(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const found = kind === "blobs" ? this.#blobs.get(reference!) : this.#findManifest(name, reference);
    if (!found) {
      const code = kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN";
      response.writeHead(404, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code, message: "not here" }] }));
      return;
    }
    response.writeHead(200, {
      "Content-Type": found.type,
      "Content-Length": String(found.bytes.length),
      "Docker-Content-Digest": digestOf(found.bytes),
    });
    response.end(request.method === "HEAD" ? undefined : found.bytes);
  }

  #findManifest(name: string | undefined, reference: string | undefined): Stored | undefined {
    return this.#manifests.get(`${name}${reference?.includes(":") ? "@" : ":"}${reference}`);
  }
}

function compress(layer: Buffer, compression: ImageSpec["compression"]): Buffer {
  if (compression === "none") return layer;
  if (compression !== "zstd") return gzipSync(layer, { level: 1 });
  return execFileSync("zstd", ["-q", "-1", "-c"], { input: layer, maxBuffer: 1 << 28 });
}

function parsePlatform(text: string): Record<string, string> {
  const [os = "linux", architecture = "amd64", variant] = text.split("/");
  return { architecture, os, ...(variant ? { variant } : {}) };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
