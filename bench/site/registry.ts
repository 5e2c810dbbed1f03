import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, waitForPort } from "../../scripts/loopback.mjs";
import { requireTool } from "../../test/support/tools.ts";

/** The base has this label, and so has what is built from it: builders that others use, too, can tell what is ours. */
export const BENCH_LABEL = "slipway.bench";

const START_MS = 10_000;
const TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A registry in a process of its own, on a free port of the loopback interface. Ends with the benchmark. */
export class BenchRegistry {
  readonly host: string;
  readonly close: () => void;

  static async start(folder: string): Promise<BenchRegistry> {
    mkdirSync(folder, { recursive: true });
    const host = `127.0.0.1:${await freePort()}`;
    const file = join(folder, "config.yml");
    writeFileSync(file, JSON.stringify(configuration(folder, host)));
    const child = spawn(requireTool("docker-registry"), ["serve", file], {
      env: { PATH: process.env.PATH ?? "", OTEL_TRACES_EXPORTER: "none" },
      stdio: "ignore",
    });
    const close = () => void child.kill("SIGKILL");
    process.prependOnceListener("exit", close);
    if (!(await waitForPort(Number(host.split(":")[1]), START_MS)))
      throw new Error("docker-registry does not start");
    return new BenchRegistry(host, close);
  }

  private constructor(host: string, close: () => void) {
    this.host = host;
    this.close = close;
  }

  /** Stores an image of one layer, given as gzip, and gives its reference. */
  async publish(name: string, layer: { readonly gzip: Buffer; readonly diffId: string }): Promise<string> {
    const [repository, tag] = name.split(":") as [string, string];
    const config = Buffer.from(JSON.stringify(imageConfig(layer.diffId)));
    const manifest = {
      schemaVersion: 2,
      mediaType: TYPES.manifest,
      config: await this.#upload(repository, config, TYPES.config),
      layers: [await this.#upload(repository, layer.gzip, TYPES.layer)],
    };
    await this.#request("PUT", `/v2/${repository}/manifests/${tag}`, {
      body: Buffer.from(JSON.stringify(manifest)),
      type: TYPES.manifest,
    });
    return `${this.host}/${name}`;
  }

  /** Where the first layer of a published image is downloaded from. */
  async layerUrl(name: string): Promise<string> {
    const [repository, tag] = name.split(":") as [string, string];
    const response = await fetch(`http://${this.host}/v2/${repository}/manifests/${tag}`, {
      headers: { accept: TYPES.manifest },
    });
    const { layers } = (await response.json()) as { layers: readonly Descriptor[] };
    return `http://${this.host}/v2/${repository}/blobs/${layers[0]!.digest}`;
  }

  async #upload(repository: string, body: Buffer, mediaType: string): Promise<Descriptor> {
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    const begun = await this.#request("POST", `/v2/${repository}/blobs/uploads/`);
    const location = new URL(begun.headers.get("location")!, `http://${this.host}`);
    location.searchParams.set("digest", digest);
    await this.#request("PUT", location.href, { body, type: "application/octet-stream" });
    return { mediaType, digest, size: body.length };
  }

  async #request(method: string, path: string, sent?: { body: Buffer; type: string }): Promise<Response> {
    const response = await fetch(new URL(path, `http://${this.host}`), {
      method,
      ...(sent ? { body: new Uint8Array(sent.body), headers: { "content-type": sent.type } } : {}),
    });
    if (response.ok) return response;
    throw new Error(`the registry answers ${response.status} to ${method} ${path}: ${await response.text()}`);
  }
}

function configuration(folder: string, host: string): object {
  return {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
    http: { addr: host },
  };
}

function imageConfig(diffId: string): object {
  const created = "2026-01-01T00:00:00Z";
  return {
    created,
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      Cmd: ["/bin/sh"],
      Labels: { [BENCH_LABEL]: "1" },
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, created_by: "root filesystem" }],
  };
}
