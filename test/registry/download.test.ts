import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import {
  blobOf,
  collectAll,
  type Handler,
  manifestOf,
  sendJson,
  sendManifest,
  startFake,
  testRegistry,
} from "./fake-registry.ts";

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251));
const layer = blobOf(bytes);

/** Sends the part of `bytes` that was asked for, but only `most` bytes of it before it cuts the connection. */
function sendPart(request: IncomingMessage, response: ServerResponse, most = Number.POSITIVE_INFINITY): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const rest = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": rest.length,
    ...(start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (rest.length <= most) response.end(rest);
  else response.write(rest.subarray(0, most), () => response.destroy());
}

/** The blob as a client of a fake with this handler gets it, and the ranges it asked for. */
async function download(handler: Handler, options: { offset?: number; stall?: number } = {}) {
  const fake = await startFake(handler);
  const registry = testRegistry(options.stall ? { timeouts: { stall: options.stall } } : {});
  const name = parseReference(`${fake.host}/x`);
  const stream = registry.blob(name, layer, options.offset ? { offset: options.offset } : {});
  const result = await collectAll(stream).catch((error: unknown) => error);
  return { result, ranges: fake.requests.map((r) => r.headers.range), host: fake.host };
}

describe("blob downloads", () => {
  it("go on by range where a connection broke, as often as there is progress", async () => {
    const { result, ranges } = await download((request, response) => sendPart(request, response, 40_000));
    expect(result).toEqual(bytes);
    expect(ranges.slice(0, 2)).toEqual([undefined, "bytes=40000-"]);
    expect(ranges).toHaveLength(5);
  });

  it("skip what they have where the server ignores the range", async () => {
    const { result, ranges } = await download((request, response) => {
      if (!request.headers.range) return sendPart(request, response, 1000);
      response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    });
    expect(result).toEqual(bytes);
    expect(ranges).toEqual([undefined, "bytes=1000-"]);
  });

  it("begin after the bytes that the caller has", async () => {
    const { result, ranges } = await download((request, response) => sendPart(request, response), {
      offset: 150_000,
    });
    expect(result).toEqual(bytes.subarray(150_000));
    expect(ranges).toEqual(["bytes=150000-"]);
  });

  it("go on after a stall in the middle", async () => {
    const { result, ranges } = await download(
      (request, response) => {
        if (request.headers.range) return sendPart(request, response);
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 500));
      },
      { stall: 100 },
    );
    expect(result).toEqual(bytes);
    expect(ranges).toEqual([undefined, "bytes=500-"]);
  });

  it("give up when nothing more comes, naming host and place", async () => {
    const { result, ranges, host } = await download((request, response) => {
      if (request.headers.range) response.writeHead(206, { "content-range": "bytes 10-199999/200000" }).end();
      else response.writeHead(200).end(bytes.subarray(0, 10));
    });
    expect(result).toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: `${host} ended a blob after 10 of 200000 bytes`,
    });
    expect(ranges).toHaveLength(3);
  });

  it("say that the registry was reached where its answers are cut short", async () => {
    const { result, host } = await download((_, response) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 10), () => response.destroy());
    });
    expect(result).toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: `${host} ended a blob after 10 of 200000 bytes`,
      cause: expect.any(Error),
    });
  });

  it("refuse another range than asked for", async () => {
    const { result } = await download(
      (_, response) => {
        response.writeHead(206, { "content-range": "bytes 200-300/200000" }).end(bytes.subarray(200, 301));
      },
      { offset: 100 },
    );
    expect(result).toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it("refuse a web page", async () => {
    const { result } = await download((_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>");
    });
    expect(result).toMatchObject({ code: "REGISTRY_PROTOCOL" });
  });

  it("ask for no content coding", async () => {
    const fake = await startFake((request, response) => sendPart(request, response));
    await collectAll(testRegistry().blob(parseReference(`${fake.host}/x`), layer));
    expect(fake.requests[0]!.headers["accept-encoding"]).toBe("identity");
  });
});

describe("verification", () => {
  it.each([
    ["other bytes of the same length", Buffer.alloc(bytes.length, 1)],
    ["more bytes than promised", Buffer.concat([bytes, Buffer.from("!")])],
  ])("a blob with %s", async (_, served) => {
    const fake = await startFake((_request, response) => void response.end(served));
    const stream = testRegistry().verifiedBlob(parseReference(`${fake.host}/x`), layer);
    await expect(collectAll(stream)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("a manifest by digest that is another one", async () => {
    const [wanted, served] = [manifestOf([layer]), manifestOf()];
    const fake = await startFake((_, response) => sendManifest(response, served.bytes));
    const reference = parseReference(`${fake.host}/x@${wanted.descriptor.digest}`);
    await expect(testRegistry().manifest(reference)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      facts: { expected: wanted.descriptor.digest, actual: served.descriptor.digest },
    });
    expect(fake.lines()).toEqual([`GET /v2/x/manifests/${wanted.descriptor.digest}`]);
  });

  it("a manifest by tag whose header claims another digest", async () => {
    const fake = await startFake((_, response) => {
      response.writeHead(200, {
        "content-type": "application/vnd.oci.image.manifest.v1+json",
        "docker-content-digest": `sha256:${createHash("sha256").update("x").digest("hex")}`,
      });
      response.end(manifestOf().bytes);
    });
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
  });

  it("a schema 1 manifest is refused by name", async () => {
    const fake = await startFake((_, response) => {
      response.writeHead(200, {
        "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws",
      });
      response.end(JSON.stringify({ schemaVersion: 1, fsLayers: [] }));
    });
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "IMAGE_INVALID",
    });
  });
});

describe("resolve", () => {
  const { bytes: document, descriptor } = manifestOf();

  it("needs one HEAD request", async () => {
    const fake = await startFake((_, response) => sendManifest(response, document));
    expect(await testRegistry().resolve(parseReference(`${fake.host}/x:1`))).toEqual(descriptor);
    expect(fake.lines()).toEqual(["HEAD /v2/x/manifests/1"]);
  });

  it("fetches the manifest where HEAD is refused or says too little", async () => {
    const fake = await startFake((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end(document);
    });
    expect(await testRegistry().resolve(parseReference(`${fake.host}/x:1`))).toEqual(descriptor);
  });
});

describe("mirrors", () => {
  it("are asked in order; the registry itself when they have nothing", async () => {
    const notices: string[] = [];
    const empty = await startFake((_, response) => sendJson(response, 404, { errors: [] }));
    const real = await startFake((request, response) => {
      if (request.url?.includes("manifests")) sendManifest(response, manifestOf([layer]).bytes);
      else sendPart(request, response);
    });
    const toml = `[[registry]]\nlocation = "${real.host}"\n[[registry.mirror]]\nlocation = "${empty.host}"\n`;
    const folder = writeTree(temporaryFolder(), { "registries.conf": toml });
    const registry = testRegistry({
      registriesConfPaths: [join(folder, "registries.conf")],
      onNotice: (message) => notices.push(message),
    });
    const reference = parseReference(`${real.host}/x:1`);
    expect((await registry.resolve(reference)).size).toBe(manifestOf([layer]).bytes.length);
    expect(await collectAll(registry.verifiedBlob(reference, layer))).toEqual(bytes);
    expect(empty.lines()).toEqual([
      "HEAD /v2/x/manifests/1",
      "GET /v2/x/manifests/1",
      `GET /v2/x/blobs/${layer.digest}`,
    ]);
    expect(notices[0]).toContain(`the mirror ${empty.host} is of no use`);
  });
});
