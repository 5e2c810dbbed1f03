import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/api/environment.ts";
import { diffImages } from "../../src/api/image-diff.ts";
import type { ImageDiff } from "../../src/diff/image-diff.ts";
import { useWorkshop, type Workshop } from "../api/workshop.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

const FIRST = `FROM busybox
COPY lib /lib/
COPY notes data /etc/
ENV A=1 SAME=x
CMD ["sh"]
`;
const SECOND = `FROM busybox
COPY lib /lib/
COPY --chmod=600 notes data /etc/
COPY new /srv/app/
RUN chmod 4755 /etc/data && rm -r /lib/gone
ENV A=2 SAME=x
CMD ["sh", "-l"]
`;
const FILES = { "lib/kept": "k", "lib/gone/a": "12345", "lib/gone/b": "1" };

async function buildBoth(shop: Workshop): Promise<void> {
  const first = { ...FILES, Dockerfile: FIRST, notes: "one\ntwo\n", data: "a\0b" };
  const second = {
    ...FILES,
    Dockerfile: SECOND,
    notes: "one\n2\n",
    data: "a\0c",
    "new/x/y": "yy",
    "new/z": "",
  };
  expect((await shop.build(first, "-t", "first")).exitCode).toBe(0);
  expect((await shop.build(second, "-t", "second")).exitCode).toBe(0);
}

describe.each(Object.entries(shops))("slipway diff of two images, for %s", (_, shop) => {
  it("tells what is different, in short, in JSON, and by the exit code", async () => {
    await buildBoth(shop.it);
    const { stdout } = await shop.it.succeed(["diff", "first", "second", "--content", "/etc"]);
    expect(stdout).toContain('\nConfiguration\n  ~ Cmd: ["sh"] -> ["sh","-l"]\n  ~ Env A: "1" -> "2"\n');
    expect(stdout).toMatch(
      /\nHistory\n(?: {2}[-+] .*\n)+\nLayers: 2 shared \(.*\), 1 removed \(11B\), 3 added \(/,
    );
    expect(stdout).toContain(
      [
        "Files: 5 added (2B), 3 removed (6B), 2 changed (11B -> 9B)",
        "  ~ /etc/data    mode 0644 -> 4755, content (3B)",
        "  ~ /etc/notes   mode 0644 -> 0600, content 8B -> 6B",
        "  - /lib/gone/   2 paths, 6B",
        "  + /srv/        4 paths, 2B",
        "",
        "/etc/data: binary, not shown",
        "",
        "--- a/etc/notes\n+++ b/etc/notes\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
      ].join("\n"),
    );
    const json = ["diff", "first", "second", "--format", "json", "--exit-code"];
    const told = await shop.it.run(json);
    expect(told.exitCode).toBe(1);
    const diff = JSON.parse(told.stdout) as ImageDiff;
    expect(diff).toMatchObject({ version: 1, differs: true, counts: { removed: { paths: 3, before: 6 } } });
    expect(diff.files!.map(({ path }) => path)).toEqual([
      "/etc/data",
      "/etc/notes",
      "/lib/gone",
      "/lib/gone/a",
      "/lib/gone/b",
      "/srv",
      "/srv/app",
      "/srv/app/x",
      "/srv/app/x/y",
      "/srv/app/z",
    ]);
    const same = await shop.it.succeed(["diff", "second", "second", "--exit-code"]);
    expect(same.stdout).toContain("No differences.");
  });
});

describe("slipway diff of two images", () => {
  const shop = shops.root;
  beforeAll(() => buildBoth(shop.it));

  it("compares a part, below a path, and lists every path where asked to", async () => {
    const one = ["diff", "first", "second"];
    const config = await shop.it.succeed([...one, "--only", "config"]);
    expect(config.stdout).not.toContain("Files");
    const files = await shop.it.succeed([...one, "--only", "files", "--path", "/lib", "--all"]);
    expect(files.stdout).not.toMatch(/Configuration|History/);
    expect(files.stdout).toContain("  - /lib/gone     dir\n  - /lib/gone/a   5B\n  - /lib/gone/b   1B\n");
    const unchanged = ["--only", "files", "--path", "/bin", "--exit-code"];
    expect((await shop.it.run([...one, ...unchanged])).exitCode).toBe(0);
  });

  it("refuses what does not fit, with the reason", async () => {
    const refused = async (...args: string[]) => {
      const { exitCode, stderr, stdout } = await shop.it.run(["diff", ...args]);
      return { exitCode, stderr, stdout };
    };
    expect(await refused("first", "second", "--path", "/nowhere")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('neither image has "/nowhere"'),
    });
    expect((await refused("first", "second", "--path", "../x")).exitCode).toBe(2);
    expect((await refused("first", "second", "--only", "config", "--path", "/x")).exitCode).toBe(2);
    expect((await refused("first", "--exit-code")).exitCode).toBe(2);
    expect((await refused("first", "absent", "--pull", "never")).stderr).toContain("IMAGE_NOT_FOUND");
    const platforms = ["--platform", "linux/amd64", "--platform", "linux/arm64", "--platform", "linux/386"];
    expect((await refused("first", "second", ...platforms)).exitCode).toBe(2);
  });

  it("compares two platforms of one image", async () => {
    const context = {
      Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /f\n",
      amd64: "1",
      arm64: "22",
    };
    await shop.it.build(context, "-t", "both", "--platform", "linux/amd64,linux/arm64");
    const platforms = ["--platform", "linux/amd64", "--platform", "linux/arm64"];
    const { stdout } = await shop.it.succeed(["diff", "both", "both", ...platforms, "--format", "json"]);
    const diff = JSON.parse(stdout) as ImageDiff;
    expect(diff.config).toEqual([
      { kind: "changed", field: "Platform", before: "linux/amd64", after: "linux/arm64" },
    ]);
    expect(diff.files).toMatchObject([
      { path: "/f", fields: ["content"], before: { size: 1 }, after: { size: 2 } },
    ]);
  });

  it("compares archives and layouts, of which nothing stays in the store", async () => {
    const archive = join(shop.it.folder, "second.tar");
    await shop.it.succeed(["save", "-o", archive, "second"]);
    const images = (await shop.it.succeed(["images", "-q"])).stdout;
    await shop.it.succeed(["diff", "--exit-code", archive, "second"]);
    const differs = await shop.it.run(["diff", "--exit-code", "first", archive, "--content", "/etc/notes"]);
    expect(differs.exitCode).toBe(1);
    expect(differs.stdout).toContain("-two\n+2\n");
    expect((await shop.it.succeed(["images", "-q"])).stdout).toBe(images);
    expect((await shop.it.run(["diff", "./none.tar", "second"])).stderr).toContain("(IMAGE_NOT_FOUND)");
  });

  it("is a function of the library, and refuses an image with a broken layer", async () => {
    const dest = join(shop.it.folder, "first.tar");
    await shop.it.succeed(["save", "-o", dest, "first", "second"]);
    const home = join(shop.it.folder, "broken");
    await shop.it.succeed(["load", "-i", dest], { home });
    const environment = readEnvironment(
      { SLIPWAY_HOME: home, PATH: process.env.PATH ?? "" },
      { uid: process.getuid!(), homeDirectory: shop.it.folder, cwd: shop.it.folder },
    );
    const options = { before: "first", after: "second", pull: "never" } as const;
    expect(await diffImages({ ...options, only: "config" }, environment)).toMatchObject({ differs: true });
    const blobs = join(home, "oci/blobs/sha256");
    for (const name of readdirSync(blobs)) {
      const bytes = readFileSync(join(blobs, name));
      if (bytes[0] === 0x1f)
        writeFileSync(join(blobs, name), Buffer.concat([bytes.subarray(0, -3), Buffer.alloc(3)]));
    }
    await expect(diffImages(options, environment)).rejects.toMatchObject({
      code: expect.stringMatching(/^(DIGEST_MISMATCH|LAYER_INVALID)$/),
    });
  });
});
