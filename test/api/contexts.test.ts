import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const files = new Map<string, Uint8Array>();
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const body = files.get(request.url ?? "");
    response.writeHead(body ? 200 : 404, { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" }).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
});

/** A tar of a context with these files. */
function archive(content: Readonly<Record<string, string>>): Buffer {
  const folder = shop.it.context(content);
  return execFileSync("tar", ["-cf", "-", "-C", folder, "."]);
}

describe("contexts from elsewhere", () => {
  it("CL-01: a Dockerfile on standard input has an empty context", async () => {
    await shop.it.succeed(["build", "-t", "typed", "-"], { input: "FROM busybox\nRUN echo typed > /t\n" });
    expect(await shop.it.shell("typed", "cat /t")).toBe("typed\n");
    expect((await shop.it.run(["build", "-"], { input: "FROM busybox\nCOPY x /\n" })).stderr).toContain(
      '"/x": not found',
    );
  });

  it("CL-01: an archive on standard input is the context, plain or compressed; -f names a file in it", async () => {
    const input = archive({
      Dockerfile: "FROM busybox\nCOPY a /a\n",
      "other.df": "FROM busybox\nCOPY a /b\n",
      a: "1\n",
    });
    await shop.it.succeed(["build", "-t", "tarred", "-"], { input });
    expect(await shop.it.shell("tarred", "cat /a")).toBe("1\n");
    await shop.it.succeed(["build", "-t", "zipped", "-f", "other.df", "-"], { input: gzipSync(input) });
    expect(await shop.it.shell("zipped", "cat /b")).toBe("1\n");
  });

  it("CVE-2026-28406: an archive as context cannot lead out of itself", async () => {
    const folder = shop.it.context({ Dockerfile: "FROM busybox\nCOPY link/passwd /p\n" });
    execFileSync("ln", ["-s", "/etc", join(folder, "link")]);
    const input = execFileSync("tar", ["-cf", "-", "-C", folder, "."]);
    const result = await shop.it.run(["build", "-"], { input });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("not found");
  });

  it("SG-15: an http context is an archive or a Dockerfile", async () => {
    files.set(
      "/context.tar.gz",
      gzipSync(archive({ Dockerfile: "FROM busybox\nCOPY a /a\n", a: "over http\n" })),
    );
    await shop.it.succeed(["build", "-t", "web", `${base}/context.tar.gz`]);
    expect(await shop.it.shell("web", "cat /a")).toBe("over http\n");
    files.set("/Dockerfile", Buffer.from("FROM busybox\nRUN echo alone > /a\n"));
    await shop.it.succeed(["build", "-t", "alone", `${base}/Dockerfile`]);
    expect(await shop.it.shell("alone", "cat /a")).toBe("alone\n");
  });

  it("SG-09: named contexts replace images and stages, and are read by COPY --from", async () => {
    const extra = shop.it.context({ f: "extra\n" });
    const Dockerfile =
      "FROM placeholder\nCOPY --from=extra f /f\nRUN --mount=from=extra,target=/m cat /m/f > /g\n";
    const context = shop.it.context({ Dockerfile });
    await shop.it.succeed([
      "build",
      "-t",
      "named",
      "--build-context",
      `extra=${extra}`,
      "--build-context",
      "placeholder=docker-image://busybox",
      context,
    ]);
    expect(await shop.it.shell("named", "cat /f /g")).toBe("extra\nextra\n");
  });
});

describe("ADD", () => {
  it("CL-01, SG-09: a named context has to be there, and has to be called like a stage or an image", async () => {
    const built = (flag: string) => shop.it.build({ Dockerfile: "FROM scratch\n" }, "--build-context", flag);
    expect((await built("a=./nowhere")).stderr).toContain("the build context a is no folder");
    expect((await built("A=.")).stderr).toContain("invalid context name A");
    expect((await built("a::linux/arm64=.")).exitCode).toBe(0);
  });

  it("HI-07, SG-11: a context as base is a layer of the build that no instruction speaks of", async () => {
    const { context: files } = await shop.it.build({ Dockerfile: "FROM scratch\n", f: "f" });
    const before = Date.now();
    await shop.it.build(
      { Dockerfile: "FROM files\nCOPY g /g\n", g: "g" },
      "-t",
      "based",
      `--build-context=files=${files}`,
    );
    const { stdout } = await shop.it.succeed(["history", "--no-trunc", "--format=json", "based"]);
    const history = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { createdBy: string; created: string });
    expect(history.map(({ createdBy }) => createdBy).sort()).toEqual([
      "COPY g /g # buildkit",
      "[2/2] COPY g /g",
    ]);
    for (const { created } of history) expect(Date.parse(created)).toBeGreaterThan(before - 60_000);
  });

  it("AD-05: a URL becomes a file of mode 600 with the server's time", async () => {
    files.set("/tool.bin", Buffer.from("tool\n"));
    const Dockerfile = `FROM busybox\nADD ${base}/tool.bin /bin/\nADD ${base}/tool.bin /renamed\n`;
    expect((await shop.it.build({ Dockerfile }, "-t", "added")).exitCode).toBe(0);
    expect(await shop.it.shell("added", "stat -c '%a %Y' /bin/tool.bin; cat /renamed")).toBe(
      "600 1704067200\ntool\n",
    );
  });

  it("AD-07: a checksum is kept to", async () => {
    files.set("/sum", Buffer.from("sum\n"));
    const right = await shop.it.build({
      Dockerfile: `FROM scratch\nADD --checksum=${digestOf("sum\n")} ${base}/sum /s\n`,
    });
    expect(right.exitCode).toBe(0);
    const wrong = await shop.it.build({
      Dockerfile: `FROM scratch\nADD --checksum=${digestOf("other")} ${base}/sum /s\n`,
    });
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain("(DIGEST_MISMATCH)");
  });

  it("a URL that is not there", async () => {
    const built = await shop.it.build({ Dockerfile: `FROM scratch\nADD ${base}/nothing /s\n` });
    expect(built.stderr).toContain("invalid response status 404");
    expect(built.stderr).toContain("(DOWNLOAD_FAILED)");
  });

  it("AD-01: local archives are unpacked whatever their name; --unpack=false copies them", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nADD data /out\nADD --unpack=false data /kept/\n",
    });
    execFileSync("sh", [
      "-c",
      `mkdir ${context}/t && echo x > ${context}/t/x && ln -s x ${context}/t/l && tar -czf ${context}/data -C ${context}/t .`,
    ]);
    await shop.it.succeed(["build", "-t", "unpacked", context]);
    expect(await shop.it.shell("unpacked", "cat /out/l; ls /kept")).toBe("x\ndata\n");
    expect(readFileSync(join(context, "data")).length).toBeGreaterThan(0);
  });

  it("CP-22: sources are laid down in written order, from wherever they come", async () => {
    files.set("/f", Buffer.from("remote\n"));
    const Dockerfile = `FROM busybox\nADD ${base}/f f /d/\nADD f ${base}/f /e/\n`;
    expect((await shop.it.build({ Dockerfile, f: "local\n" }, "-t", "ordered")).exitCode).toBe(0);
    expect(await shop.it.shell("ordered", "cat /d/f /e/f")).toBe("local\nremote\n");
  });

  it("passwords of URLs are in no step name, history or cache record", async () => {
    files.set("/f", Buffer.from("remote\n"));
    const url = `${base.replace("://", "://me:hunter2@")}/f`;
    const built = await shop.it.build({ Dockerfile: `FROM scratch\nADD ${url} /\n` }, "-t", "redacted");
    expect(built.exitCode).toBe(0);
    const { stdout } = await shop.it.succeed(["history", "--no-trunc", "redacted"]);
    expect(stdout).toContain("xxxxx:xxxxx@");
    expect(built.stderr + stdout).not.toContain("hunter2");
  });

  it("a hard link to what its archive does not have is an error, not an empty file", async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nADD a.tar /d/\n" });
    execFileSync("python3", [
      "-c",
      `
import tarfile
t = tarfile.open(${JSON.stringify(join(context, "a.tar"))}, "w")
l = tarfile.TarInfo("h"); l.type = tarfile.LNKTYPE; l.linkname = "nothing"; t.addfile(l)
`,
    ]);
    const { exitCode, stderr } = await shop.it.run(["build", context]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("hard link /d/h is to nothing");
    expect(stderr).toContain("(LAYER_INVALID)");
  });

  it("GHSA: an archive with hostile names stays inside the image", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN ln -s /etc /l\nADD evil.tar /d/\n" });
    execFileSync("python3", [
      "-c",
      `
import tarfile, io
t = tarfile.open(${JSON.stringify(join(context, "evil.tar"))}, "w")
def add(name, **k):
    e = tarfile.TarInfo(name); e.size = 2
    for a, b in k.items(): setattr(e, a, b)
    t.addfile(e, io.BytesIO(b"x\\n"))
add("../../../../../../../../../../slipway-escape")
add("/abs-escape")
l = tarfile.TarInfo("link"); l.type = tarfile.SYMTYPE; l.linkname = "../../../../.."; t.addfile(l)
add("link/through-link")
`,
    ]);
    const result = await shop.it.run(["build", "-t", "evil", context]);
    if (result.exitCode === 0)
      expect(await shop.it.shell("evil", "ls / | grep -c escape; true")).toMatch(/^\d\n$/);
    else expect(result.stderr).toContain("(LAYER_INVALID)");
    const { existsSync } = await import("node:fs");
    for (const path of ["/slipway-escape", "/abs-escape", "/through-link"])
      expect(existsSync(path)).toBe(false);
  });
});
