import { execFileSync, spawn } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStreamedContext, type UnpackArchive } from "../../src/context/archive-context.ts";
import { type ArchiveFormat, detectArchive } from "../../src/context/archive-magic.ts";
import { openLocalContext } from "../../src/context/local-context.ts";
import {
  type ContextDependencies,
  fetchMainContext,
  fetchUrlFolder,
} from "../../src/context/open-context.ts";
import { GitRepository } from "./git-repository.ts";
import { type Layout, tempFolder } from "./temp-folder.ts";

const FLAGS: Record<ArchiveFormat, string[]> = { tar: [], gzip: ["-z"], bzip2: ["-j"], xz: ["-J"] };

function archive(layout: Layout, format: ArchiveFormat = "tar"): Buffer {
  return execFileSync("tar", ["-c", ...FLAGS[format], "-C", tempFolder(layout), "."], { maxBuffer: 1e8 });
}

/** Stands for the unpacker of the layers: this test is about what goes in and what is looked at afterwards. */
const unpackArchive: UnpackArchive = async (stream, directory, format) => {
  const tar = spawn("tar", ["-x", ...FLAGS[format], "-C", directory], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = new Promise((done) => tar.once("exit", done));
  await pipeline(stream, tar.stdin);
  expect(await ended).toBe(0);
};

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function deps(more: Partial<ContextDependencies> = {}): ContextDependencies {
  const git = { env: { PATH: process.env.PATH ?? "" }, allowFile: true };
  return { tempDir: join(tempFolder(), "build"), unpackArchive, git, http: { retryDelayMs: 1 }, ...more };
}

describe("detectArchive", () => {
  it.each(["tar", "gzip", "bzip2", "xz"] as const)("CL-01: knows %s by its first bytes", (format) => {
    expect(detectArchive(archive({ f: "x" }, format).subarray(0, 1024))).toBe(format);
  });

  it("SG-15: text, zstd, zeros and short streams are no archives", () => {
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    const almost = archive({ f: "x" });
    almost[0]! ^= 1;
    for (const head of [
      Buffer.from("FROM scratch\n"),
      zstd,
      Buffer.alloc(1024),
      Buffer.alloc(0),
      almost.subarray(0, 1024),
    ])
      expect(detectArchive(head)).toBeUndefined();
  });
});

describe("standard input", () => {
  it.each(["tar", "gzip", "bzip2", "xz"] as const)("CL-01: a %s archive is the context", async (format) => {
    const stdin = chunks(archive({ Dockerfile: "FROM scratch", "d/f": "x" }, format), 100);
    const context = await fetchMainContext({ kind: "stdin" }, deps({ stdin }));
    expect(readdirSync(context.root).sort()).toEqual(["Dockerfile", "d"]);
    expect(readFileSync(join(context.root, "d/f"), "utf8")).toBe("x");
    expect(context.dockerfile).toBeUndefined();
  });

  it("CL-01: anything else is the Dockerfile, and the context is empty", async () => {
    const text = `FROM scratch\n${"# long\n".repeat(500)}`;
    const context = await fetchMainContext({ kind: "stdin" }, deps({ stdin: chunks(Buffer.from(text), 7) }));
    expect(context.dockerfile).toEqual({ name: "-", bytes: Buffer.from(text) });
    expect(readdirSync(context.root)).toEqual([]);
    const empty = await fetchMainContext({ kind: "stdin" }, deps());
    expect(empty.dockerfile?.bytes).toHaveLength(0);
  });

  it("CL-01: neither an archive nor small enough for a Dockerfile", async () => {
    const big = chunks(Buffer.alloc(17 * 1024 * 1024, "x"), 1024 * 1024);
    await expect(fetchMainContext({ kind: "stdin" }, deps({ stdin: big }))).rejects.toMatchObject({
      code: "DOCKERFILE_SYNTAX",
    });
  });
});

describe("what an archive must not do", () => {
  const unpackWith = (unpack: (directory: string) => void, dir = join(tempFolder(), "a")) =>
    readStreamedContext(chunks(archive({ f: "" }), 512), {
      dir,
      unpackArchive: async (_stream, directory) => unpack(directory),
    });

  it("CVE-2026-28406: an entry beside the context is found out", async () => {
    const escaping = unpackWith((directory) => writeFileSync(join(directory, "../outside"), ""));
    await expect(escaping).rejects.toMatchObject({
      code: "CONTEXT_INVALID",
      message: 'the archive cannot be a build context: an entry leaves the archive: "../outside"',
    });
  });

  it.runIf(process.getuid?.() === 0)("CVE-2026-44517: devices are refused", async () => {
    const device = unpackWith((directory) => {
      mkdirSync(join(directory, "dev"));
      execFileSync("mknod", [join(directory, "dev/null"), "c", "1", "3"]);
    });
    await expect(device).rejects.toMatchObject({ code: "CONTEXT_INVALID" });
  });

  it("CVE-2026-44517: a link out of the archive stays a link, and nothing is behind it", async () => {
    const outside = tempFolder({ secret: "s" });
    const context = await readStreamedContext(chunks(archive({ l: { link: outside } }), 512), {
      dir: join(tempFolder(), "a"),
      unpackArchive,
    });
    if (context.kind !== "archive") throw new Error("not taken for an archive");
    const tree = openLocalContext({ root: context.root });
    expect(tree.lookup("l")).toMatchObject({ type: "symlink", linkTarget: outside });
    expect(tree.lookup("l/secret")).toBeUndefined();
  });

  it("what the unpacker throws comes through", async () => {
    const failing = unpackWith(() => {
      throw new RangeError("damaged");
    });
    await expect(failing).rejects.toThrow("damaged");
  });
});

describe("a URL", () => {
  const files = tempFolder({ "c.tar.gz": archive({ Dockerfile: "FROM a" }, "gzip"), df: "FROM b" });
  const server = createServer((request, response) => {
    const path = join(files, request.url!);
    if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
  beforeAll(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
  afterAll(() => server.close().closeAllConnections());
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;

  it("SG-15: an archive is unpacked, and nothing of the download stays", async () => {
    const d = deps();
    const context = await fetchMainContext({ kind: "url", url: url("c.tar.gz") }, d);
    expect(readdirSync(context.root)).toEqual(["Dockerfile"]);
    expect(context.dockerfile).toBeUndefined();
    expect(readdirSync(d.tempDir)).toEqual(["archive"]);
  });

  it("SG-15: anything else is the Dockerfile, and the context holds only it", async () => {
    const context = await fetchMainContext({ kind: "url", url: url("df") }, deps());
    expect(context.dockerfile).toEqual({ name: "context", bytes: Buffer.from("FROM b") });
    expect(readdirSync(context.root)).toEqual(["context"]);
  });

  it("SG-10: as a named context it is one file called context, never unpacked", async () => {
    const context = await fetchUrlFolder(url("c.tar.gz"), deps());
    expect(readdirSync(context.root)).toEqual(["context"]);
    expect(readFileSync(join(context.root, "context"))).toEqual(readFileSync(join(files, "c.tar.gz")));
  });

  it("SG-15: a missing URL fails", async () => {
    await expect(fetchMainContext({ kind: "url", url: url("no") }, deps())).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
    });
  });
});

it("SG-16: a git context is its checkout", async () => {
  const repository = new GitRepository();
  const commit = repository.commit({ "sub/Dockerfile": "FROM a" });
  const context = await fetchMainContext({ kind: "git", source: repository.source("#main:sub") }, deps());
  expect(context.commit).toBe(commit);
  expect(readdirSync(context.root)).toEqual(["Dockerfile"]);
});
