import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { MEDIA } from "../../src/core/descriptor.ts";
import { parseReference } from "../../src/image/reference.ts";
import {
  blobOf,
  collectAll,
  manifestOf,
  sendJson,
  sendManifest,
  startFake,
  testRegistry,
} from "./fake-registry.ts";

const manifest = manifestOf();
const blob = Buffer.from("the bytes of a layer");

describe("repetition", () => {
  it.each([408, 429, 500, 502, 503, 504])("tries again after %i", async (status) => {
    const fake = await startFake((_, response) => {
      if (fake.requests.length < 3) sendJson(response, status, {});
      else sendManifest(response, manifest.bytes);
    });
    expect((await testRegistry().manifest(parseReference(`${fake.host}/x`))).descriptor).toEqual(
      manifest.descriptor,
    );
    expect(fake.requests).toHaveLength(3);
  });

  it("does not repeat what will not change", async () => {
    const fake = await startFake((_, response) => sendJson(response, 501, {}));
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: expect.stringContaining("failed with status 501"),
    });
    expect(fake.requests).toHaveLength(1);
  });

  it("waits as long as Retry-After says, and tells about it", async () => {
    const notices: string[] = [];
    const fake = await startFake((_, response) => {
      if (fake.requests.length === 2) return sendManifest(response, manifest.bytes);
      response.setHeader("retry-after", "0.02");
      sendJson(response, 429, {});
    });
    await testRegistry({ onNotice: (m) => notices.push(m) }).manifest(parseReference(`${fake.host}/x`));
    expect(notices).toEqual([`${fake.host} answered 429; trying again in 0.0 s`]);
  });

  it("does not wait for hours: the limit is named", async () => {
    const fake = await startFake((_, response) => {
      response.setHeader("retry-after", "21600");
      sendJson(response, 429, { errors: [{ code: "TOOMANYREQUESTS", message: "pull rate limit" }] });
    });
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x:1`))).rejects.toMatchObject({
      code: "REGISTRY_RATE_LIMITED",
      message: `${fake.host} asks to wait before ${fake.host}/x:1 is requested again (429): pull rate limit`,
      hint: expect.stringContaining("wait 21600 seconds"),
    });
    expect(fake.requests).toHaveLength(1);
  });

  it("ends at once when the operation is cancelled", async () => {
    const abort = new AbortController();
    const fake = await startFake((_, response) => {
      abort.abort();
      sendJson(response, 503, {});
    });
    const retry = { baseDelay: 60_000, maxDelay: 60_000 };
    await expect(
      testRegistry({ retry }).manifest(parseReference(`${fake.host}/x`), undefined, abort.signal),
    ).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("redirects", () => {
  it("go to another host without the Authorization header", async () => {
    const storage = await startFake((_, response) => void response.end(blob));
    const fake = await startFake((_, response, seen) => {
      response.setHeader("www-authenticate", "Basic realm=r");
      if (!seen.headers.authorization) return sendJson(response, 401, {});
      response.writeHead(307, { location: `http://${storage.host}/data?X-Signature=s` });
      response.end();
    });
    const credentials = { lookup: async () => ({ kind: "password", username: "u", password: "p" }) as const };
    const registry = testRegistry({ credentials });
    const name = parseReference(`${fake.host}/x`);
    expect(await collectAll(registry.verifiedBlob(name, blobOf(blob)))).toEqual(blob);
    expect(fake.requests.map((r) => r.headers.authorization !== undefined)).toEqual([false, true]);
    expect(storage.lines()).toEqual(["GET /data?X-Signature=s"]);
    expect(storage.requests[0]!.headers.authorization).toBeUndefined();
  });

  it("keep the header on the same host", async () => {
    const fake = await startFake((_, response, seen) => {
      response.setHeader("www-authenticate", "Basic realm=r");
      if (!seen.headers.authorization) return sendJson(response, 401, {});
      if (seen.url === "/elsewhere") return void response.end(blob);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const credentials = { lookup: async () => ({ kind: "password", username: "u", password: "p" }) as const };
    const bytes = testRegistry({ credentials }).verifiedBlob(parseReference(`${fake.host}/x`), blobOf(blob));
    expect(await collectAll(bytes)).toEqual(blob);
  });

  it("in circles end", async () => {
    const fake = await startFake((_, response) => void response.writeHead(307, { location: "/again" }).end());
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: `${fake.host} redirects in circles`,
    });
  });
});

describe("answers that are no registry's", () => {
  it.each([
    [200, "REGISTRY_PROTOCOL"],
    [404, "REGISTRY_PROTOCOL"],
  ])("a web page with status %i", async (status, code) => {
    const fake = await startFake((_, response) => {
      response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
      response.end("<html>log in</html>");
    });
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code,
      message: expect.stringContaining("a web page"),
    });
  });

  it("a manifest that is no JSON", async () => {
    const fake = await startFake((_, response) => sendManifest(response, Buffer.from("garbage")));
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
    });
  });

  it("a manifest that is larger than a manifest may be", async () => {
    const fake = await startFake((_, response) => {
      response.setHeader("content-type", MEDIA.ociManifest);
      response.end(Buffer.alloc(17 * 1024 * 1024, 32));
    });
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: expect.stringContaining("16777216"),
    });
  });

  it("404 with the registry's error document is a missing image", async () => {
    const fake = await startFake((_, response) =>
      sendJson(response, 404, { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }),
    );
    await expect(testRegistry().resolve(parseReference(`${fake.host}/x:none`))).rejects.toMatchObject({
      code: "REGISTRY_NOT_FOUND",
      message: `${fake.host} has no ${fake.host}/x:none: manifest unknown`,
      facts: { registryCode: "MANIFEST_UNKNOWN" },
    });
  });
});

describe("hosts that do not answer", () => {
  it("refuse connections: the host is named", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    await new Promise((resolve) => server.close(resolve));
    await expect(testRegistry().resolve(parseReference(`127.0.0.1:${port}/x`))).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: `cannot reach the registry 127.0.0.1:${port}: it refuses connections`,
      hint: expect.any(String),
    });
  });

  it("take the request and stay silent: the stall time ends it", async () => {
    const fake = await startFake(() => {});
    await expect(
      testRegistry({ timeouts: { stall: 50 } }).manifest(parseReference(`${fake.host}/x`)),
    ).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("sent no answer in time"),
    });
    expect(fake.requests).toHaveLength(3);
  });
});
