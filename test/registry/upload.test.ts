import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../src/core/descriptor.ts";
import type { ContentSource } from "../../src/image/copy.ts";
import { parseReference } from "../../src/image/reference.ts";
import { pushImage } from "../../src/registry/push.ts";
import { blobOf, bodyOf, manifestOf, sendJson, startFake, testRegistry } from "./fake-registry.ts";

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 13) % 241));
const layer = blobOf(bytes);

async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 10_000) yield content.subarray(at, at + 10_000);
}

function pushTo(host: string, content: () => AsyncIterable<Uint8Array> = () => inPieces(bytes)) {
  const registry = testRegistry({ timeouts: { commit: 2000 } });
  return registry.pushBlob(parseReference(`${host}/x`), layer, async () => content());
}

/** Takes `length` bytes of a request's body, then cuts the connection. */
function takeAndCut(request: IncomingMessage, length: number, keep: (bytes: Buffer) => void): void {
  let taken = Buffer.alloc(0);
  request.on("data", (chunk: Buffer) => {
    taken = Buffer.concat([taken, chunk]);
    if (taken.length < length) return;
    keep(taken.subarray(0, length));
    request.socket.destroy();
  });
}

describe("blob uploads", () => {
  it("are a POST and one PUT; Location may be relative and its query is kept as it is", async () => {
    let stored: Buffer | undefined;
    const fake = await startFake(async (request, response) => {
      const body = await bodyOf(request);
      if (request.method === "POST") {
        response.writeHead(202, { location: "/v2/x/blobs/uploads/1?_state=a%2Bb~%20c" }).end();
      } else {
        stored = body;
        response.writeHead(201).end();
      }
    });
    await pushTo(fake.host);
    expect(fake.lines()).toEqual([
      "POST /v2/x/blobs/uploads/",
      `PUT /v2/x/blobs/uploads/1?_state=a%2Bb~%20c&digest=${encodeURIComponent(layer.digest)}`,
    ]);
    expect(fake.requests[1]!.headers["content-length"]).toBe("200000");
    expect(stored).toEqual(bytes);
  });

  it("go on with PATCH from where the registry says it is", async () => {
    let stored: Buffer = Buffer.alloc(0);
    const fake = await startFake(async (request, response) => {
      const location = "/v2/x/blobs/uploads/1";
      if (request.method === "POST") return void response.writeHead(202, { location }).end();
      if (request.method === "GET") {
        return void response.writeHead(204, { location, range: `0-${stored.length - 1}` }).end();
      }
      if (request.method === "PUT" && stored.length === 0) {
        return takeAndCut(request, 70_000, (taken) => {
          stored = taken;
        });
      }
      stored = Buffer.concat([stored, await bodyOf(request)]);
      response.writeHead(request.method === "PATCH" ? 202 : 201, { location }).end();
    });
    await pushTo(fake.host);
    expect(fake.requests.map((r) => r.method)).toEqual(["POST", "PUT", "GET", "PATCH", "PUT"]);
    expect(fake.requests[3]!.headers["content-range"]).toBe("70000-199999");
    expect(stored).toEqual(bytes);
  });

  it("begin again where the registry has forgotten the upload", async () => {
    let bodies = 0;
    const fake = await startFake(async (request, response) => {
      if (request.method === "POST") return void response.writeHead(202, { location: "/up" }).end();
      if (request.method === "GET" || request.method === "HEAD") return sendJson(response, 404, {});
      await bodyOf(request);
      bodies += 1;
      if (bodies === 1) return void response.writeHead(500).end();
      response.writeHead(request.method === "PATCH" ? 202 : 201, { location: "/up" }).end();
    });
    await pushTo(fake.host);
    expect(fake.requests.map((r) => r.method)).toEqual([
      "POST",
      "PUT",
      "GET",
      "HEAD",
      "POST",
      "PATCH",
      "PUT",
    ]);
  });

  it("are over when only the answer to the last request got lost", async () => {
    const fake = await startFake(async (request, response) => {
      if (request.method === "POST") return void response.writeHead(202, { location: "/up" }).end();
      if (request.method === "GET") return sendJson(response, 404, {});
      if (request.method === "HEAD") return void response.writeHead(200).end();
      await bodyOf(request);
      request.socket.destroy();
    });
    await pushTo(fake.host);
    expect(fake.requests.map((r) => r.method)).toEqual(["POST", "PUT", "GET", "HEAD"]);
  });

  it("wait and repeat after 429", async () => {
    let puts = 0;
    const fake = await startFake(async (request, response) => {
      await bodyOf(request);
      if (request.method === "POST") return void response.writeHead(202, { location: "/up" }).end();
      if (request.method === "GET")
        return void response.writeHead(204, { location: "/up", range: "0-0" }).end();
      if (request.method === "PUT") puts += 1;
      if (puts === 1 && request.method === "PUT") {
        return void response.writeHead(429, { "retry-after": "0" }).end();
      }
      response.writeHead(request.method === "PATCH" ? 202 : 201, { location: "/up" }).end();
    });
    await pushTo(fake.host);
    expect(fake.requests.map((r) => r.method)).toEqual(["POST", "PUT", "GET", "PATCH", "PUT"]);
  });

  it("end with the registry's reason where it refuses them", async () => {
    const fake = await startFake(async (request, response) => {
      await bodyOf(request);
      if (request.method === "POST") return void response.writeHead(202, { location: "/up" }).end();
      sendJson(response, 413, { errors: [{ code: "SIZE_INVALID", message: "too large" }] });
    });
    await expect(pushTo(fake.host)).rejects.toMatchObject({
      code: "REGISTRY_REJECTED",
      message: `${fake.host} refused the blob ${layer.digest} in x (413): too large`,
    });
    expect(fake.requests).toHaveLength(2);
  });

  it("end with the failure of their source, which is not repeated", async () => {
    const fake = await startFake(async (request, response) => {
      if (request.method === "POST") return void response.writeHead(202, { location: "/up" }).end();
      await bodyOf(request);
      response.writeHead(201).end();
    });
    const failure = new Error("the disk is on fire");
    let opened = 0;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      opened += 1;
      yield bytes.subarray(0, 5000);
      throw failure;
    };
    await expect(pushTo(fake.host, content)).rejects.toBe(failure);
    expect(opened).toBe(1);
  });

  it("send no credentials to an upload address on another host", async () => {
    const storage = await startFake(async (request, response) => {
      await bodyOf(request);
      response.writeHead(201).end();
    });
    const fake = await startFake((_, response, seen) => {
      response.setHeader("www-authenticate", "Basic realm=r");
      if (!seen.headers.authorization) return sendJson(response, 401, {});
      response.writeHead(202, { location: `http://${storage.host}/up` }).end();
    });
    const credentials = {
      lookup: async () => ({ kind: "password", username: "u", password: "p" }) as const,
    };
    const registry = testRegistry({ credentials });
    await registry.pushBlob(parseReference(`${fake.host}/x`), layer, async () => inPieces(bytes));
    expect(storage.requests.map((r) => [r.method, r.headers.authorization])).toEqual([["PUT", undefined]]);
  });
});

describe("pushImage", () => {
  const config = Buffer.from("{}");
  const manifest = manifestOf([layer, layer]);
  const contents = [bytes, config, manifest.bytes];
  const source: ContentSource = {
    fetch: async (wanted: Descriptor) => inPieces(contents.find((c) => blobOf(c).digest === wanted.digest)!),
  };

  async function push(handle: (line: string) => [number, Record<string, string>?] | undefined) {
    const fake = await startFake(async (request, response) => {
      await bodyOf(request);
      const line = `${request.method} ${request.url}`;
      const usual: [number] = [{ HEAD: 404, POST: 202, PUT: 201 }[request.method ?? ""] ?? 500];
      const [status, headers = {}] = handle(line) ?? usual;
      response.writeHead(status, { location: "/v2/x/up", ...headers }).end();
    });
    const reference = parseReference(`${fake.host}/x:1`);
    const mountFrom = () => [parseReference("elsewhere.test/y"), parseReference(`${fake.host}/base/y`)];
    const pushed = await pushImage({
      registry: testRegistry(),
      reference,
      source,
      descriptor: manifest.descriptor,
      mountFrom,
    });
    return { pushed, lines: fake.lines() };
  }

  it("mounts what another repository of the same registry has, and uploads nothing of it", async () => {
    const { lines } = await push((line) => (line.startsWith("POST") ? [201] : undefined));
    expect(lines.filter((l) => l.startsWith("POST")).sort()).toEqual(
      [layer, blobOf(config)]
        .map((b) => `POST /v2/x/blobs/uploads/?mount=${encodeURIComponent(b.digest)}&from=base%2Fy`)
        .sort(),
    );
    expect(lines.filter((l) => l.startsWith("PUT"))).toEqual(["PUT /v2/x/manifests/1"]);
  });

  it("uses the upload that a refused mount has opened; each blob once, the manifest last", async () => {
    const { lines, pushed } = await push(() => undefined);
    expect(pushed).toEqual(manifest.descriptor);
    expect(lines.filter((l) => l.startsWith("POST"))).toHaveLength(2);
    const puts = lines.filter((l) => l.startsWith("PUT"));
    expect(puts).toHaveLength(3);
    expect(lines.at(-1)).toBe("PUT /v2/x/manifests/1");
  });

  it("refuses a name with the digest of another image", async () => {
    const reference = parseReference(`reg.test/x@${layer.digest}`);
    const request = { registry: testRegistry(), reference, source, descriptor: manifest.descriptor };
    await expect(pushImage(request)).rejects.toMatchObject({ code: "USAGE" });
  });

  it("only sets the tag where the registry has the image", async () => {
    const { lines } = await push((line) => (line.startsWith("HEAD") ? [200] : undefined));
    expect(lines).toEqual([`HEAD /v2/x/manifests/${manifest.descriptor.digest}`, "PUT /v2/x/manifests/1"]);
  });
});
