import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missOf, stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const COPY = "FROM scratch\nCOPY files /files\n";

/** More files than are packed on the main thread, which nobody has read yet. */
function manyFiles(Dockerfile = COPY): Record<string, string> {
  const files = Array.from(
    { length: 300 },
    (_, i) => [`files/d${i % 7}/f${i}`, `${Dockerfile} ${i}\n`] as const,
  );
  return { Dockerfile, ...Object.fromEntries(files) };
}

const layersOf = async (name: string): Promise<string[]> => (await shop.it.inspect(name)).RootFS.Layers;
const build = (context: string, ...flags: string[]) =>
  shop.it.succeed(["build", "--progress=plain", ...flags, context]);

describe("files that nobody has read before", () => {
  it("CK-05: make the layer, and the cache key, that files make which were hashed before", async () => {
    const context = shop.it.context(manyFiles());
    await build(context, "-t", "ahead");
    // Every digest is known now, so the layer is made after the key.
    await build(context, "-t", "hashed", "--no-cache");
    expect(await layersOf("hashed")).toEqual(await layersOf("ahead"));
    const again = await build(context);
    expect(stateOf(again.stderr, "COPY")).toBe("CACHED");
  });

  it("CK-05: are found in the cache by their content where the same files come again with other times", async () => {
    const files = manyFiles("FROM scratch\nCOPY files /other\n");
    const first = await shop.it.build(files, "-t", "first");
    const copy = shop.it.context(files);
    for (const name of readdirSync(join(copy, "files/d1"))) utimesSync(join(copy, "files/d1", name), 1, 1);
    const second = await build(copy, "-t", "second");
    expect(first.exitCode).toBe(0);
    expect(stateOf(second.stderr, "COPY")).toBe("CACHED");
    expect(await layersOf("second")).toEqual(await layersOf("first"));
    expect(readdirSync(join(shop.it.home, "tmp"))).toEqual([]);
  });

  it("a build after a change of one file says which, and has it", async () => {
    const context = shop.it.context(manyFiles("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "changing");
    writeFileSync(join(context, "files/d3/f3"), "changed\n");
    const { stderr } = await build(context, "-t", "changing");
    expect(missOf(stderr, "COPY")).toContain("d3/f3");
    expect(await shop.it.shell("changing", "cat /files/d3/f3; cat /files/d*/f* | wc -l")).toBe(
      "changed\n898\n",
    );
  });

  it("files that did not change share their place on the disk with the layer before, and nothing else", async () => {
    const context = shop.it.context(manyFiles("FROM busybox\nCOPY --chmod=u=rw,go=r files /shared\n"));
    chmodSync(join(context, "files/d0/f0"), 0o600);
    await build(context, "-t", "before");
    await new Promise((go) => setTimeout(go, 100));
    await build(context, "-t", "before");
    writeFileSync(join(context, "files/d3/f3"), "other\n");
    utimesSync(join(context, "files/d4/f4"), 7, 7);
    rmSync(join(context, "files/d5/f5"));
    writeFileSync(join(context, "files/d5/new"), "new\n");
    await build(context, "-t", "after");
    const folder = async (name: string) => {
      const [layer] = (await layersOf(name)).slice(-1);
      const root = join(shop.it.home, "layers", layer!.slice("sha256:".length));
      return join(
        root,
        readdirSync(root).find((entry) => statSync(join(root, entry)).isDirectory())!,
        "shared",
      );
    };
    const [before, after] = [await folder("before"), await folder("after")];
    const inode = (root: string, path: string) => statSync(join(root, path)).ino;
    const isShared = ["d0/f0", "d1/f1", "d3/f3", "d4/f4"].map(
      (path) => inode(before, path) === inode(after, path),
    );
    expect(isShared).toEqual([true, true, false, false]);
    const line =
      "cat /shared/d3/f3; stat -c '%a %Y' /shared/d4/f4 /shared/d0/f0 | head -1; ls /shared/d5 | grep -c .; cat /shared/d*/f* | wc -l";
    expect(await shop.it.shell("after", line)).toBe("other\n644 7\n43\n895\n");
    // The layer before is what it was, and a step that writes to a shared file changes it for itself.
    expect(await shop.it.shell("before", "cat /shared/d3/f3 | head -1; ls /shared/d5 | grep -c .")).toBe(
      "FROM busybox\n43\n",
    );
    await shop.it.succeed([
      "build",
      "-t",
      "writes",
      shop.it.context({
        Dockerfile: "FROM after\nRUN echo x >> /shared/d1/f1 && cp /shared/d1/f8 /shared/d1/f1.copy\n",
      }),
    ]);
    expect(await shop.it.shell("before", "wc -l < /shared/d1/f1")).toBe("3\n");
    expect(await shop.it.shell("writes", "wc -l < /shared/d1/f1")).toBe("4\n");
  });

  it("layers that share files can lie in one image, as overlay and as copy", async () => {
    const files = manyFiles("FROM busybox\nCOPY files /twice\n");
    const context = shop.it.context(files);
    await build(context, "-t", "one");
    await new Promise((go) => setTimeout(go, 100));
    await build(context, "-t", "one");
    const [first] = (await layersOf("one")).slice(-1);
    writeFileSync(join(context, "files/d3/f3"), "other\n");
    await build(context, "-t", "two");
    const again = shop.it.context({
      ...files,
      Dockerfile: "FROM one\nCOPY files /twice\nRUN cat /twice/d*/f* | wc -l > /lines\n",
    });
    writeFileSync(join(again, "files/d3/f3"), "other\n");
    for (const SLIPWAY_ROOTFS of ["overlay", "copy"]) {
      await shop.it.succeed(["build", "--no-cache", "-t", "both", again], { env: { SLIPWAY_ROOTFS } });
      expect(await layersOf("both")).toContain(first);
      expect(await shop.it.shell("both", "cat /lines /twice/d3/f3")).toBe("898\nother\n");
    }
  });

  it("CP-10: keep their links, modes and kinds", async () => {
    const context = shop.it.context(manyFiles("FROM busybox\nCOPY --chmod=640 --chown=7:8 files /files\n"));
    symlinkSync("f0", join(context, "files/d0/link"));
    await build(context, "-t", "kinds");
    const line = "stat -c '%a %u:%g' /files/d0/f0; readlink /files/d0/link; find /files -type f | wc -l";
    expect(await shop.it.shell("kinds", line)).toBe("640 7:8\nf0\n300\n");
  });

  it("an unreadable file is the error that it always was", async () => {
    const context = shop.it.context(manyFiles());
    rmSync(join(context, "files/d0/f0"));
    symlinkSync("/proc/self/mem", join(context, "files/d0/f0"));
    appendFileSync(join(context, "Dockerfile"), "COPY files/d0/f0/ /nowhere/\n");
    const { exitCode, stderr } = await shop.it.run(["build", "--progress=plain", context]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("COPY files/d0/f0/");
  });

  it("CK-07: are copied by one of two builds that begin together; the other waits for its layer", async () => {
    const context = shop.it.context(manyFiles("FROM scratch\nCOPY files /together\n"));
    const both = await Promise.all([build(context), build(context)]);
    const states = both.map(({ stderr }) => `${stateOf(stderr, "COPY")}`);
    expect(
      states.filter((state) => state === "CACHED" || state.includes("another build")).length,
      states.join(),
    ).toBe(1);
  });

  it("leave nothing behind when the build is ended in the middle", async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nCOPY big /big\n" });
    writeFileSync(join(context, "big"), Buffer.alloc(300_000_000, 7));
    const { home, folder } = shop.it;
    const child = spawn(process.execPath, ["dist/cli.js", "build", context], {
      env: { PATH: process.env.PATH!, HOME: folder, SLIPWAY_HOME: home },
      stdio: "ignore",
    });
    const ended = new Promise((done) => child.once("exit", done));
    while (!readdirSync(join(home, "tmp")).some((name) => name.length > 0))
      await new Promise((go) => setTimeout(go, 2));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(readdirSync(join(home, "tmp"))).toEqual([]);
  });
});
