import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { missOf, stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
let texts = 0;

/** Enough files for a layer that is kept as its archive; other bytes each time, so that no test finds a layer of another. */
function files(Dockerfile: string): Record<string, string> {
  const text = `text ${texts++}`;
  const many = Array.from({ length: 100 }, (_, i) => [`files/f${i}`, `${text} ${i}\n`] as const);
  return { Dockerfile, ...Object.fromEntries(many) };
}

const build = (context: string, ...flags: string[]) =>
  shop.it.succeed(["build", "--progress=plain", ...flags, context]);

/** The folder of the image's last layer, and what is in it. */
async function lastLayer(name: string) {
  const layers: string[] = (await shop.it.inspect(name)).RootFS.Layers;
  const folder = join(shop.it.home, "layers", layers.at(-1)!.slice(7));
  const archive = readdirSync(folder).find((entry) => entry.startsWith("archive-"));
  return {
    diffId: layers.at(-1)!,
    archive: archive && join(folder, archive),
    isUnpacked: existsSync(join(folder, "fs")),
  };
}

describe("a layer that no step reads", () => {
  it("is kept as its archive and unpacked by the first container", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY --chown=7:8 files /files\n"));
    utimesSync(join(context, "files/f7"), 1_000_000_000.25, 1_000_000_000.25);
    await build(context, "-t", "kept");
    const { archive, diffId, isUnpacked } = await lastLayer("kept");
    expect(isUnpacked).toBe(false);
    expect(digestOf(readFileSync(archive!))).toBe(diffId);
    const line = "cat /files/f99 | wc -l; stat -c '%u:%g %y' /files/f7; ls /files | wc -l";
    expect(await shop.it.shell("kept", line)).toMatch(/^1\n7:8 2001-09-09 0\d:46:40\.250000000.*\n100\n$/);
    expect(await lastLayer("kept")).toMatchObject({ isUnpacked: true });
  });

  it("is unpacked by a RUN that comes later, and by a COPY from its stage", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "later");
    const line = "RUN cat /files/f3 > /three\nFROM busybox\nCOPY --from=0 /three /files/f4 /\n";
    writeFileSync(join(context, "Dockerfile"), `FROM busybox\nCOPY files /files\n${line}`);
    const again = await build(context, "-t", "later");
    expect(stateOf(again.stderr, "COPY files")).toBe("CACHED");
    const text = readFileSync(join(context, "files/f3"), "utf8");
    expect(await shop.it.shell("later", "cat /three")).toBe(text);
  });

  it("goes into archives and folders", async () => {
    const context = shop.it.context(files("FROM scratch\nCOPY files /files\n"));
    await build(context, "-t", "out");
    const { diffId } = await lastLayer("out");
    const layout = join(shop.it.folder, "out.tar");
    await build(context, "-o", `type=oci,dest=${layout},compression=uncompressed,force-compression=true`);
    const blob = execFileSync("tar", ["-xOf", layout, `blobs/sha256/${diffId.slice(7)}`]);
    expect(digestOf(blob)).toBe(diffId);
    const folder = join(shop.it.folder, "out");
    await build(context, "-o", folder);
    expect(readdirSync(join(folder, "files"))).toHaveLength(100);
  });

  it("EP-07: can have its times set back", async () => {
    const rewritten = async (context: string, dest: string) => {
      const output = `type=oci,dest=${join(shop.it.folder, dest)},rewrite-timestamp=true,source-date-epoch=1000000000`;
      await build(context, "-o", output);
      const index = execFileSync("tar", ["-xOf", join(shop.it.folder, dest), "index.json"], {
        encoding: "utf8",
      });
      const manifest = JSON.parse(index).manifests[0].digest.slice(7);
      return JSON.parse(
        execFileSync("tar", ["-xOf", join(shop.it.folder, dest), `blobs/sha256/${manifest}`], {
          encoding: "utf8",
        }),
      ).layers;
    };
    const made = files("FROM scratch\nCOPY files /files\n");
    const kept = shop.it.context(made);
    await build(kept, "-t", "times");
    expect(await lastLayer("times")).toMatchObject({ isUnpacked: false });
    const first = await rewritten(kept, "kept.tar");
    const unpacked = shop.it.context({ ...made, Dockerfile: "FROM scratch\nCOPY --link files /files\n" });
    expect(await rewritten(unpacked, "unpacked.tar")).toEqual(first);
  });

  it("CK-03: after a change of one file has that file and all others", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "changing");
    const before = await lastLayer("changing");
    writeFileSync(join(context, "files/f42"), "changed\n");
    const { stderr } = await build(context, "-t", "changing");
    expect(missOf(stderr, "COPY")).toContain("f42");
    const after = await lastLayer("changing");
    expect(after.diffId).not.toBe(before.diffId);
    expect(digestOf(readFileSync(after.archive!))).toBe(after.diffId);
    await build(context, "-t", "fresh", "--no-cache", "-o", "type=cacheonly");
    expect(await shop.it.shell("changing", "cat /files/f42; cat /files/* | wc -l")).toBe("changed\n100\n");
  });

  it("that a loss of power has damaged leaves in no output, and the next build makes it again", async () => {
    const output = (name: string, more = "") => ["-o", `type=oci,dest=${join(shop.it.folder, name)}${more}`];
    for (const [i, more] of ["", ",rewrite-timestamp=true,source-date-epoch=1000000000"].entries()) {
      const context = shop.it.context(files("FROM scratch\nCOPY files /files\n"));
      await build(context, "-t", `lost${i}`);
      const { archive } = await lastLayer(`lost${i}`);
      truncateSync(archive!, 30_000);
      renameSync(archive!, archive!.replace(/archive-.*$/, "archive-00000000-1111-2222-3333-444444444444"));
      const failed = await shop.it.run(["build", ...output("lost.tar", more), context]);
      expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("DIGEST_MISMATCH")]);
      const again = await build(context, ...output("lost.tar", more));
      expect(stateOf(again.stderr, "COPY")).not.toBe("CACHED");
    }
  });

  it("whose archive is gone is made again", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "gone");
    rmSync((await lastLayer("gone")).archive!);
    const again = await build(context, "-t", "gone");
    expect(stateOf(again.stderr, "COPY")).not.toBe("CACHED");
    expect(await shop.it.shell("gone", "cat /files/* | wc -l")).toBe("100\n");
  });

  it("EP-07: with its times set back takes the place of nothing else", async () => {
    const context = shop.it.context(files("FROM scratch\nCOPY files /files\n"));
    const output = (name: string, more = "") => ["-o", `type=oci,dest=${join(shop.it.folder, name)}${more}`];
    await build(context, ...output("back.tar", ",rewrite-timestamp=true,source-date-epoch=1000000000"));
    await build(context, "-t", "plain");
    await build(context, ...output("plain.tar"));
    const { diffId } = await lastLayer("plain");
    const read = (name: string) => execFileSync("tar", ["-xOf", join(shop.it.folder, "plain.tar"), name]);
    const manifest = JSON.parse(read("index.json").toString()).manifests[0].digest.slice(7);
    const layers = JSON.parse(read(`blobs/sha256/${manifest}`).toString()).layers;
    expect(digestOf(gunzipSync(read(`blobs/sha256/${layers.at(-1).digest.slice(7)}`)))).toBe(diffId);
  });

  it("is counted with every form that it is kept in", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "counted");
    const bytes = async () => {
      const { stdout } = await shop.it.succeed(["system", "df", "--format", "json"]);
      const rows: { type: string; bytes: number }[] = JSON.parse(stdout);
      return rows.find(({ type }) => type === "Layers")!.bytes;
    };
    const before = await bytes();
    await shop.it.shell("counted", "true");
    expect((await bytes()) - before).toBeGreaterThan(100 * 5);
  });

  it("that was damaged is not used for the next one, and is forgotten when a container needs it", async () => {
    const context = shop.it.context(files("FROM busybox\nCOPY files /files\n"));
    await build(context, "-t", "damaged");
    const { archive } = await lastLayer("damaged");
    truncateSync(archive!, 20_000);
    writeFileSync(join(context, "files/f42"), "changed\n");
    await build(context, "-t", "whole");
    expect(await shop.it.shell("whole", "cat /files/* | wc -l")).toBe("100\n");
    const failed = await shop.it.run(["run", "--rm", "damaged", "true"]);
    expect([failed.exitCode, failed.stderr]).toEqual([125, expect.stringContaining("SNAPSHOT_FAILED")]);
  });
});
