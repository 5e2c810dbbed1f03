import { spawn } from "node:child_process";
import { appendFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
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
