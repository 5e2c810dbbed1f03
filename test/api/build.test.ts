import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missOf, stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

describe("a build from end to end", () => {
  it("runs, copies, configures, and its image runs", async () => {
    const files = {
      Dockerfile: [
        "FROM busybox",
        "ARG NAME=world",
        "WORKDIR /app",
        "COPY greet.sh .",
        'RUN sh greet.sh "$NAME" > greeting && chmod 600 greeting',
        "ENV MODE=fast",
        'LABEL owner="the yard"',
        'CMD ["cat", "greeting"]',
        "",
      ].join("\n"),
      "greet.sh": 'echo "hello $1"\n',
    };
    const built = await shop.it.build(files, "-t", "greeter", "--build-arg", "NAME=ships");
    expect(built.exitCode).toBe(0);
    expect((await shop.it.succeed(["run", "--rm", "greeter"])).stdout).toBe("hello ships\n");
    const image = await shop.it.inspect("greeter");
    expect(image.Config).toMatchObject({
      Cmd: ["cat", "greeting"],
      WorkingDir: "/app",
      Labels: { owner: "the yard" },
    });
    expect(image.Config.Env).toContain("MODE=fast");
    expect(image.RootFS.Layers).toHaveLength(4);
  });

  it("DESIGN 4: a second identical build does no step, and the image is the same", async () => {
    const files = { Dockerfile: "FROM busybox\nCOPY a /a\nRUN cat /a > /b\n", a: "1\n" };
    const context = shop.it.context(files);
    const first = await shop.it.succeed(["build", "-q", context]);
    const second = await shop.it.succeed([
      "build",
      "--progress=plain",
      "--iidfile",
      join(context, "../id"),
      context,
    ]);
    expect(stateOf(second.stderr, "COPY")).toBe("CACHED");
    expect(stateOf(second.stderr, "RUN")).toBe("CACHED");
    expect((await shop.it.succeed(["build", "-q", context])).stdout).toBe(first.stdout);
  });

  it.each([
    ["a base", "FROM busybox\nCOPY a /a\nRUN cat /a > /b\n"],
    ["scratch", "FROM scratch\nCOPY a /a\n"],
  ])("DESIGN 4: with nothing to do, a build on %s needs no database", async (_, Dockerfile) => {
    const context = shop.it.context({ Dockerfile, a: `${Dockerfile}\n` });
    const build = () => shop.it.succeed(["build", "-q", "-t", "again", context]);
    const first = await build();
    await build();
    const files = readdirSync(shop.it.home).filter((name) => name.startsWith("index.lmdb"));
    const kept = files.map(
      (name) => [join(shop.it.home, name), readFileSync(join(shop.it.home, name))] as const,
    );
    for (const [path] of kept) writeFileSync(path, "no database");
    const { stdout } = await build();
    expect(readdirSync(shop.it.home)).not.toContain("index.lmdb.damaged");
    for (const [path, bytes] of kept) writeFileSync(path, bytes);
    expect(stdout).toBe(first.stdout);
  });

  it("RN-07: a failed command is quoted, so that its lines and quotes can be told apart from the message", async () => {
    const { stderr } = await shop.it.build({ Dockerfile: 'FROM busybox\nRUN <<E\necho "a"\nexit 5\nE\n' });
    expect(stderr).toContain(
      String.raw`process "/bin/sh -c echo \"a\"\nexit 5\n" did not complete successfully: exit code: 5`,
    );
  });

  it("goes on after a failed step once it is put right", async () => {
    const wrong = "FROM busybox\nRUN echo once > /once\nRUN fasle\n";
    const context = shop.it.context({ Dockerfile: wrong });
    const failed = await shop.it.run(["build", "--progress=plain", context]);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain(">>> RUN fasle");
    expect(failed.stderr).toContain(
      'process "/bin/sh -c fasle" did not complete successfully: exit code: 127',
    );
    expect(failed.stderr).toContain("fasle: not found");
    writeFileSync(join(context, "Dockerfile"), wrong.replace("fasle", "true"));
    const fixed = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(fixed.stderr, "RUN echo once")).toBe("CACHED");
    expect(stateOf(fixed.stderr, "RUN true")).toBe("DONE");
  });

  it("says why each step missed", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nARG V=1\nCOPY src /src\nRUN echo $V\nRUN echo last\n",
      "src/a": "1",
      "src/b": "2",
    });
    await shop.it.succeed(["build", context]);
    writeFileSync(join(context, "src/b"), "changed");
    const file = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(missOf(file.stderr, "COPY src")).toBe("file b changed");
    expect(missOf(file.stderr, "RUN echo last")).toBe("an earlier step ran again: [2/4] COPY src /src");
    const argument = await shop.it.succeed(["build", "--progress=plain", "--build-arg", "V=2", context]);
    expect(stateOf(argument.stderr, "COPY src")).toBe("CACHED");
    expect(missOf(argument.stderr, "RUN echo 2")).toContain("build argument V changed: 1 -> 2");
  });

  it("CK-05: a changed mode of a directory is a changed input, a changed time is none", async () => {
    const { chmodSync, utimesSync } = await import("node:fs");
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY src /src\n", "src/d/f": "1" });
    await shop.it.succeed(["build", context]);
    utimesSync(join(context, "src/d/f"), 1, 1);
    expect(stateOf((await shop.it.succeed(["build", "--progress=plain", context])).stderr, "COPY")).toBe(
      "CACHED",
    );
    chmodSync(join(context, "src/d"), 0o700);
    expect(missOf((await shop.it.succeed(["build", "--progress=plain", context])).stderr, "COPY")).toBe(
      "file d changed its mode from 755 to 700",
    );
  });

  it("CK-09: --no-cache and --no-cache-filter run steps again", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox AS a\nRUN echo a > /a\nFROM busybox AS b\nCOPY --from=a /a /a\nRUN echo b\n",
    });
    await shop.it.succeed(["build", context]);
    const filtered = await shop.it.succeed(["build", "--progress=plain", "--no-cache-filter", "B", context]);
    expect([stateOf(filtered.stderr, "RUN echo a"), stateOf(filtered.stderr, "RUN echo b")]).toEqual([
      "CACHED",
      "DONE",
    ]);
    const all = await shop.it.succeed(["build", "--progress=plain", "--no-cache", context]);
    expect([stateOf(all.stderr, "RUN echo a"), stateOf(all.stderr, "RUN echo b")]).toEqual(["DONE", "DONE"]);
  });
});

/** Writes an image `linked:1` of two layers; the second's `b` is a hard link to the first's `a`. */
const TWO_LAYERS = `
import hashlib, io, json, sys, tarfile
def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for info, data in members:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()
def member(name, data=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data
layers = [
    tar([member("a", b"below\\n")]),
    tar([member("b", type=tarfile.LNKTYPE, linkname="a")]),
]
digests = ["sha256:" + hashlib.sha256(l).hexdigest() for l in layers]
config = json.dumps({"os": "linux", "architecture": sys.argv[2], "config": {}, "rootfs": {"type": "layers", "diff_ids": digests}}).encode()
manifest = json.dumps([{"Config": "c.json", "RepoTags": ["linked:1"], "Layers": ["0.tar", "1.tar"]}]).encode()
members = [member("c.json", config), member("manifest.json", manifest)]
members += [member("%d.tar" % i, layer) for i, layer in enumerate(layers)]
open(sys.argv[1], "wb").write(tar(members))
`;

describe("stages", () => {
  it("CP-10: names of one file stay so within one source, not across two", async () => {
    const Dockerfile = [
      "FROM busybox AS a",
      "RUN mkdir /d && echo x > /d/1 && ln /d/1 /d/2",
      "FROM busybox",
      "COPY --from=a /d /one/",
      "COPY --from=a /d/1 /d/2 /two/",
      "",
    ].join("\n");
    expect((await shop.it.build({ Dockerfile }, "-t", "links")).exitCode).toBe(0);
    expect(await shop.it.shell("links", "stat -c %h /one/1 /one/2 /two/1 /two/2")).toBe("2\n2\n1\n1\n");
  });

  it("CP-10: names of one file of the context stay so, and to link two files is to change them", async () => {
    const files = { Dockerfile: "FROM busybox\nCOPY d /d\n", "d/1": "x\n", "d/2": "x\n" };
    const context = shop.it.context(files);
    await shop.it.succeed(["build", "-t", "unlinked", context]);
    expect(await shop.it.shell("unlinked", "stat -c %h /d/1 /d/2")).toBe("1\n1\n");
    rmSync(join(context, "d/2"));
    linkSync(join(context, "d/1"), join(context, "d/2"));
    await shop.it.succeed(["build", "-t", "linked", context]);
    expect(await shop.it.shell("linked", "stat -c %h /d/1 /d/2")).toBe("2\n2\n");
  });

  it("LT-01, CP-10: to copy linked files over themselves makes an empty layer", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY d /d\nCOPY d /d\n", "d/1": "twice\n" });
    linkSync(join(context, "d/1"), join(context, "d/2"));
    await shop.it.succeed(["build", "-t", "linked-twice", context]);
    const { Layers } = (await shop.it.inspect("linked-twice")).RootFS;
    expect(Layers.at(-1)).toBe(`sha256:${createHash("sha256").update(Buffer.alloc(1024)).digest("hex")}`);
    expect(await shop.it.shell("linked-twice", "stat -c %h /d/1 /d/2")).toBe("2\n2\n");
  });

  it("AD-02: a hard link of an archive may sort before the file that it is to", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nADD a.tar /d/\n", z: "x\n" });
    linkSync(join(context, "z"), join(context, "a"));
    execFileSync("tar", ["-C", context, "-cf", join(context, "a.tar"), "z", "a"]);
    await shop.it.succeed(["build", "-t", "sorts-first", context]);
    expect(await shop.it.shell("sorts-first", "cat /d/a /d/z; stat -c %h /d/a")).toBe("x\nx\n2\n");
  });

  it("LT-01: to unpack what is there already makes an empty layer", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nADD a.tar /d/\nADD a.tar /d/\n", f: "x\n" });
    execFileSync("tar", ["--mtime=@1500000000", "-C", context, "-cf", join(context, "a.tar"), "f"]);
    await shop.it.succeed(["build", "-t", "unpacked-twice", context]);
    const { Layers } = (await shop.it.inspect("unpacked-twice")).RootFS;
    expect(Layers.at(-1)).toBe(`sha256:${createHash("sha256").update(Buffer.alloc(1024)).digest("hex")}`);
  });

  it("CP-21: an epoch given later makes heredocs again", async () => {
    const files = { Dockerfile: "FROM busybox\nCOPY <<E /f\nx\nE\n" };
    expect((await shop.it.build(files)).exitCode).toBe(0);
    expect((await shop.it.build(files, "--build-arg", "SOURCE_DATE_EPOCH=9", "-t", "dated")).exitCode).toBe(
      0,
    );
    expect(await shop.it.shell("dated", "stat -c %Y /f")).toBe("9\n");
  });

  it("a misspelt stage is explained as one", async () => {
    const built = await shop.it.build({
      Dockerfile: "FROM busybox AS build\nFROM scratch\nCOPY --from=biuld /a /b\n",
    });
    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain("biuld is no stage of the Dockerfile and no image of the store");
  });

  it("a layer's hard link to a file of the layer below is one for COPY and RUN, in whatever order", async () => {
    const archive = join(shop.it.folder, "two-layers.tar");
    execFileSync("python3", ["-c", TWO_LAYERS, archive, process.arch === "x64" ? "amd64" : process.arch]);
    await shop.it.succeed(["load", "-i", archive]);
    const Dockerfile =
      "FROM busybox\nCOPY --from=linked:1 /b /b\nRUN --mount=type=bind,from=linked:1,target=/m cat /m/b /b\n";
    const built = await shop.it.build({ Dockerfile });
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toContain("below");
  });

  it("a file that comes back with the same content builds and runs", async () => {
    const Dockerfile = "FROM busybox\nCOPY f /d/\nRUN rm -r /d\nCOPY f /d/\nRUN cat /d/f\n";
    const built = await shop.it.build({ Dockerfile, f: "again\n" }, "-t", "again");
    expect(built.stderr).toContain("again");
    expect(built.exitCode).toBe(0);
    expect(await shop.it.shell("again", "cat /d/f")).toBe("again\n");
  });

  it("SG-03: what the target does not need is not run, and is said to be skipped", async () => {
    const built = await shop.it.build({
      Dockerfile: "FROM busybox AS one\nRUN echo 1\nFROM busybox AS two\nRUN exit 9\nFROM one\nRUN echo 3\n",
    });
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toMatch(/skipped.*two/i);
  });

  it("SG-07: independent stages run at the same time", async () => {
    // Each waits for the file of the other one in a shared cache mount: one after the other they would never end.
    const wait = (own: string, other: string) =>
      `RUN --mount=type=cache,id=meet,target=/c touch /c/${own} && for i in $(seq 2000); do [ -e /c/${other} ] && exit 0; sleep 0.1; done; exit 1`;
    const Dockerfile = `FROM busybox AS a\n${wait("a", "b")}\nFROM busybox AS b\n${wait("b", "a")}\nFROM scratch\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b\n`;
    expect((await shop.it.build({ Dockerfile })).exitCode).toBe(0);
  });

  it("FR-05: a stage from scratch holds exactly what was copied; the table shows the gain", async () => {
    const Dockerfile =
      "FROM busybox AS builder\nRUN echo out > /out\nFROM scratch AS runtime\nCOPY --from=builder /out /out\n";
    const built = await shop.it.build({ Dockerfile }, "-t", "tiny", "-o", join(shop.it.folder, "tiny"));
    expect(built.exitCode).toBe(0);
    const { readdirSync, readFileSync } = await import("node:fs");
    expect(readdirSync(join(shop.it.folder, "tiny"))).toEqual(["out"]);
    expect(readFileSync(join(shop.it.folder, "tiny/out"), "utf8")).toBe("out\n");
    expect(built.stderr).toMatch(/^builder .*\n^runtime .*<- target/m);
  });

  it("OB-03: triggers fire downstream, once", async () => {
    await shop.it.succeed([
      "build",
      "-t",
      "upstream",
      shop.it.context({ Dockerfile: "FROM busybox\nONBUILD COPY app /app\nONBUILD RUN cat /app > /fired\n" }),
    ]);
    const context = shop.it.context({ Dockerfile: "FROM upstream\n", app: "mine\n" });
    await shop.it.succeed(["build", "-t", "downstream", context]);
    expect(await shop.it.shell("downstream", "cat /fired")).toBe("mine\n");
    expect((await shop.it.inspect("downstream")).Config.OnBuild ?? null).toBeNull();
    const missing = await shop.it.build({ Dockerfile: "FROM upstream\n" });
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain('"/app": not found');
  });
});
