import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FetchedFile, type FetchUrlOptions, fetchUrl } from "../../src/context/fetch-url.ts";
import { parseUrlChecksum, urlFileName } from "../../src/context/url-checksum.ts";
import { digestOf } from "../../src/core/digest.ts";
import { tempFolder } from "./temp-folder.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const routes = new Map<string, Handler>();
const seen: IncomingMessage[] = [];
const handle: Handler = (request, response) => {
  seen.push(request);
  const route = routes.get(new URL(request.url!, "http://x").pathname);
  if (route) route(request, response);
  else response.writeHead(404).end("nothing here");
};
const servers = [createServer(handle), createServer(handle)];
const origin = (at = 0): string => `http://127.0.0.1:${(servers[at]!.address() as AddressInfo).port}`;

beforeAll(async () => {
  for (const server of servers) await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});
beforeEach(() => {
  routes.clear();
  seen.length = 0;
});

const dir = tempFolder();
const get = (url: string, options: Partial<FetchUrlOptions> = {}) =>
  fetchUrl(url, { dir, retryDelayMs: 1, ...options });
const fetched = async (url: string, options: Partial<FetchUrlOptions> = {}): Promise<FetchedFile> => {
  const result = await get(url, options);
  if (result.kind !== "fetched") throw new Error("unchanged");
  return result;
};
const serve =
  (body: string | Buffer, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    void response.writeHead(200, headers).end(body);

describe("fetchUrl", () => {
  it("AD-05: bytes, digest, name, mode 0600 and Last-Modified", async () => {
    routes.set(
      "/a/some%20file.txt",
      serve("hello", { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", etag: '"1"' }),
    );
    const result = await fetched(`${origin()}/a/some%20file.txt?token=x`);
    expect(result).toEqual({
      kind: "fetched",
      path: result.path,
      name: "some file.txt",
      digest: digestOf("hello"),
      size: 5,
      mtime: 1445412480,
      etag: '"1"',
      lastModified: "Wed, 21 Oct 2015 07:28:00 GMT",
    });
    expect(readFileSync(result.path, "utf8")).toBe("hello");
    expect(statSync(result.path).mode & 0o777).toBe(0o600);
    expect(seen[0]!.headers["accept-encoding"]).toBe("identity");
  });

  it("AD-05: without Last-Modified the time is the epoch", async () => {
    routes.set("/", serve(""));
    expect(await fetched(origin())).toMatchObject({
      mtime: 0,
      name: "__unnamed__",
      size: 0,
      digest: digestOf(""),
    });
  });

  it("AD-05: a bad status is named, at once, and leaves nothing behind", async () => {
    const before = readdirSync(dir).length;
    await expect(get(`${origin()}/missing?sig=secret`)).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: `${origin()}/missing: invalid response status 404`,
    });
    expect(seen).toHaveLength(1);
    expect(readdirSync(dir)).toHaveLength(before);
  });

  it("AD-06: validators are sent, 304 means unchanged, and so does the same strong ETag", async () => {
    routes.set(
      "/f",
      (request, response) =>
        void response
          .writeHead(request.headers["if-none-match"] === '"1"' ? 304 : 200, { etag: '"2"' })
          .end(),
    );
    expect(
      await get(`${origin()}/f`, { etag: '"1"', lastModified: "Wed, 21 Oct 2015 07:28:00 GMT" }),
    ).toEqual({
      kind: "unchanged",
    });
    expect(seen[0]!.headers["if-modified-since"]).toBe("Wed, 21 Oct 2015 07:28:00 GMT");
    expect(await get(`${origin()}/f`, { etag: '"2"' })).toEqual({ kind: "unchanged" });
    expect((await get(`${origin()}/f`, { etag: '"3"' })).kind).toBe("fetched");
  });

  it("AD-06: stumbling servers are asked again, and in the end their status is named", async () => {
    let calls = 0;
    routes.set("/flaky", (_request, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(503, { "retry-after": "0" }).end();
      else if (calls === 2) response.destroy();
      else if (calls === 3)
        response.writeHead(200, { "content-length": "100" }).write("part", () => response.destroy());
      else response.writeHead(200).end("whole");
    });
    expect((await fetched(`${origin()}/flaky`)).digest).toBe(digestOf("whole"));
    routes.set("/broken", (_request, response) => void response.writeHead(500).end());
    await expect(get(`${origin()}/broken`)).rejects.toMatchObject({
      message: `${origin()}/broken: invalid response status 500`,
    });
    expect(seen.filter((request) => request.url === "/broken")).toHaveLength(4);
  });

  it("AD-05: redirects are followed, the name stays that of the URL", async () => {
    routes.set(
      "/start",
      (_request, response) => void response.writeHead(302, { location: "/end?x=1" }).end(),
    );
    routes.set("/end", serve("there"));
    expect(await fetched(`${origin()}/start`)).toMatchObject({ name: "start", digest: digestOf("there") });
    routes.set("/loop", (_request, response) => void response.writeHead(307, { location: "/loop" }).end());
    await expect(get(`${origin()}/loop`)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
    routes.set(
      "/file",
      (_request, response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(get(`${origin()}/file`)).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  it("AD-08: authorization stays with the origin it is for", async () => {
    routes.set(
      "/start",
      (_request, response) => void response.writeHead(302, { location: `${origin(1)}/end` }).end(),
    );
    routes.set("/same", (_request, response) => void response.writeHead(302, { location: "/end" }).end());
    routes.set("/end", serve("x"));
    await get(`${origin()}/start`, { headers: { authorization: "Bearer t" } });
    await get(`${origin()}/same`, { headers: { authorization: "Bearer t" } });
    expect(seen.map((request) => request.headers.authorization)).toEqual([
      "Bearer t",
      undefined,
      "Bearer t",
      "Bearer t",
    ]);
  });

  it("AD-08: credentials in the URL become a header and never show", async () => {
    const url = `${origin().replace("://", "://me:geheim@")}/missing`;
    const error: Error = await get(url).catch((reason) => reason);
    expect(seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from("me:geheim").toString("base64")}`);
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain("geheim");
  });

  it("AD-07: the checksum is verified, in any of the three algorithms", async () => {
    routes.set("/f", serve("hello"));
    for (const algorithm of ["sha256", "sha384", "sha512"]) {
      const hex = createHash(algorithm).update("hello").digest("hex");
      const checksum = parseUrlChecksum(`${algorithm}:${hex}`);
      expect((await fetched(`${origin()}/f`, { checksum })).size).toBe(5);
    }
    const before = readdirSync(dir).length;
    const wrong = "0".repeat(64);
    await expect(
      get(`${origin()}/f`, { checksum: parseUrlChecksum(`sha256:${wrong}`) }),
    ).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: `digest mismatch ${digestOf("hello")}: sha256:${wrong}`,
    });
    expect(readdirSync(dir)).toHaveLength(before);
  });

  it("AD-06: a limit, an abort and a dead server end a download", async () => {
    routes.set("/big", serve(Buffer.alloc(1000)));
    await expect(get(`${origin()}/big`, { maxBytes: 999 })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
    });
    const abort = new AbortController();
    routes.set("/slow", (_request, response) => {
      response.writeHead(200).write("x");
      abort.abort();
    });
    await expect(get(`${origin()}/slow`, { signal: abort.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await expect(get("http://127.0.0.1:1/x")).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  });
});

describe("names and checksums", () => {
  it("AD-05: the name cannot leave a folder", () => {
    const names = ["/a/b.txt", "/a%2Fb", "/a/", "/%2E%2E", "/a/%2e%2e%2f", "/x%00", "/%ff"].map((path) =>
      urlFileName(`http://h${path}`),
    );
    expect(names).toEqual(["b.txt", "b", "a", "__unnamed__", "__unnamed__", "__unnamed__", "%ff"]);
  });

  it.each([
    ["md5:abc", "unsupported digest algorithm"],
    ["sha256", "invalid checksum digest format"],
    ["sha256:", "invalid checksum digest format"],
    ["sha256:abc", "invalid checksum digest length"],
    [`sha256:${"A".repeat(64)}`, "invalid checksum digest format"],
  ])("AD-07: %s is refused", (text, message) => {
    expect(() => parseUrlChecksum(text)).toThrowError(
      expect.objectContaining({
        code: "INSTRUCTION_INVALID",
        message: `${message}: ${JSON.stringify(text)}`,
      }),
    );
  });
});
