import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const FILES = {
  Dockerfile:
    'FROM busybox\nCOPY --chown=5:6 --chmod=640 a /d/a\nRUN ln -s a /d/l && echo two > /d/g && ln /d/g /d/h && rm /bin/wget\nCMD ["sh"]\n',
  a: "content\n",
};

function tarList(file: string): string[] {
  return execFileSync("tar", ["--numeric-owner", "-tvf", file], { encoding: "utf8" }).trim().split("\n");
}

describe("outputs", () => {
  it("XP-02: an OCI archive has sorted entries of time zero, and skopeo reads it", async () => {
    const file = join(shop.it.folder, "oci.tar");
    await shop.it.succeed(["build", "-t", "ship:1", "-o", `type=oci,dest=${file}`, shop.it.context(FILES)]);
    const lines = tarList(file);
    const names = lines.map((line) => line.split(/\s+/).at(-1)!);
    expect(names).toEqual([...names].sort());
    expect(lines.every((line) => line.includes("1970-01-01"))).toBe(true);
    const index = JSON.parse(execFileSync("tar", ["-xOf", file, "index.json"], { encoding: "utf8" }));
    expect(index.manifests[0].annotations).toMatchObject({
      "io.containerd.image.name": "docker.io/library/ship:1",
      "org.opencontainers.image.ref.name": "1",
    });
    if (!hasTool("skopeo")) return console.warn("skopeo is not installed: the archive was not read by it");
    const read = JSON.parse(execFileSync("skopeo", ["inspect", `oci-archive:${file}`], { encoding: "utf8" }));
    expect(read).toMatchObject({
      Architecture: expect.any(String),
      Os: "linux",
      Layers: [expect.any(String), expect.any(String), expect.any(String)],
    });
  });

  it("XP-03: an OCI folder is merged into, image by image", async () => {
    const folder = join(shop.it.folder, "layout");
    const context = shop.it.context(FILES);
    await shop.it.succeed(["build", "-t", "one", "-o", `type=oci,tar=false,dest=${folder}`, context]);
    await shop.it.succeed(["build", "-t", "two", "-o", `type=oci,tar=false,dest=${folder}`, context]);
    await shop.it.succeed(["build", "-t", "two", "-o", `type=oci,tar=false,dest=${folder}`, context]);
    const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
    const names = index.manifests.map(
      (m: { annotations: Record<string, string> }) => m.annotations["io.containerd.image.name"],
    );
    expect(names).toEqual(["docker.io/library/one:latest", "docker.io/library/two:latest"]);
    await shop.it.succeed(["rmi", "-f", "one"]);
    expect((await shop.it.succeed(["load", "-i", folder])).stdout).toContain("Loaded image: two:latest");
  });

  it("XP-03: an image without a name takes the place of the one before", async () => {
    const folder = join(shop.it.folder, "nameless");
    const build = (label: string) =>
      shop.it.succeed([
        "build",
        `--label=n=${label}`,
        "-o",
        `type=oci,tar=false,dest=${folder}`,
        shop.it.context({ Dockerfile: "FROM scratch\n" }),
      ]);
    await build("1");
    await build("2");
    const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
    expect(manifests.length).toBe(1);
    expect(manifests[0].annotations["org.opencontainers.image.ref.name"]).toBe("latest");
  });

  it("6.5: a docker archive comes back through load, with the same id", async () => {
    const file = join(shop.it.folder, "docker.tar");
    await shop.it.succeed([
      "build",
      "-t",
      "boat:2",
      "-o",
      `type=docker,dest=${file}`,
      shop.it.context(FILES),
    ]);
    expect(
      JSON.parse(execFileSync("tar", ["-xOf", file, "manifest.json"], { encoding: "utf8" }))[0].RepoTags,
    ).toEqual(["boat:2"]);
    await shop.it.succeed(["build", "-t", "boat:2", shop.it.context(FILES)]);
    const saved = join(shop.it.folder, "saved.tar");
    await shop.it.succeed(["save", "-o", saved, "boat:2"]);
    const { Id } = await shop.it.inspect("boat:2");
    await shop.it.succeed(["rmi", "boat:2"]);
    expect((await shop.it.succeed(["load", "-i", saved])).stdout).toBe("Loaded image: boat:2\n");
    expect((await shop.it.inspect("boat:2")).Id).toBe(Id);
    expect(await shop.it.shell("boat:2", "cat /d/a")).toBe("content\n");
  });

  it("XP-05: local keeps modes and links, and replaces a link that is in the way instead of following it", async () => {
    const folder = join(shop.it.folder, "local");
    const outside = join(shop.it.folder, "outside");
    for (const path of [folder, outside]) mkdirSync(path);
    symlinkSync(outside, join(folder, "d"));
    await shop.it.succeed([
      "build",
      "-o",
      folder,
      shop.it.context({ ...FILES, Dockerfile: `${FILES.Dockerfile}FROM scratch\nCOPY --from=0 /d /d\n` }),
    ]);
    expect(lstatSync(join(folder, "d")).isDirectory()).toBe(true);
    expect(existsSync(join(outside, "a"))).toBe(false);
    expect(lstatSync(join(folder, "d/a")).mode & 0o7777).toBe(0o640);
    expect(readlinkSync(join(folder, "d/l"))).toBe("a");
    expect(lstatSync(join(folder, "d/h")).ino).toBe(lstatSync(join(folder, "d/g")).ino);
  });

  it("XP-05: local makes named pipes and devices, and says which it may not make", async () => {
    const folder = join(shop.it.folder, "special");
    const made = await shop.it.build(
      {
        Dockerfile:
          "FROM busybox AS b\nRUN mkdir /o && mkfifo -m 640 /o/p && mknod -m 604 /o/c c 1 3\nFROM scratch\nCOPY --from=b /o /\n",
      },
      "-o",
      folder,
    );
    expect(made.exitCode).toBe(0);
    const pipe = lstatSync(join(folder, "p"));
    expect([pipe.isFIFO(), pipe.mode & 0o777]).toEqual([true, 0o640]);
    const device = lstatSync(join(folder, "c"), { throwIfNoEntry: false });
    if (!device) return expect(made.stderr).toContain(`left out of ${folder}: /c, since only root can`);
    expect([device.isCharacterDevice(), device.rdev, device.mode & 0o777]).toEqual([true, 0x103, 0o604]);
  });

  it("XP-05: a tar on standard output keeps numeric owners", async () => {
    const context = shop.it.context({
      ...FILES,
      Dockerfile: `${FILES.Dockerfile}FROM scratch\nCOPY --from=0 /d /d\n`,
    });
    const { stdout } = await shop.it.succeed(["build", "--progress=none", "-o", "-", context]);
    expect(stdout).toContain("d/a");
    const file = join(shop.it.folder, "files.tar");
    await shop.it.succeed(["build", "-o", `type=tar,dest=${file}`, context]);
    expect(tarList(file).find((line) => line.endsWith("d/a"))).toMatch(/^-rw-r----- 5\/6/);
  });

  it("LT-06: a removed file is a whiteout in the layer, and gone from the files", async () => {
    const file = join(shop.it.folder, "wh.tar");
    await shop.it.succeed([
      "build",
      "-o",
      `type=oci,compression=uncompressed,dest=${file}`,
      shop.it.context(FILES),
    ]);
    const config = tarList(file);
    expect(config.length).toBeGreaterThan(5);
    const all = join(shop.it.folder, "all.tar");
    await shop.it.succeed(["build", "-o", `type=tar,dest=${all}`, shop.it.context(FILES)]);
    const names = tarList(all).map((line) => line.split(/\s+/)[5]);
    expect(names).toContain("bin/busybox");
    expect(names).not.toContain("bin/wget");
  });

  it("EP-07, EP-08: with an epoch and rewritten times the same inputs give the same digest, built twice", async () => {
    const build = async (n: number) => {
      const meta = join(shop.it.folder, `meta-${n}`);
      const flags = ["--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--metadata-file", meta];
      const file = join(shop.it.folder, `epoch-${n}.tar`);
      await shop.it.succeed([
        "build",
        ...flags,
        "-o",
        `type=oci,dest=${file},rewrite-timestamp=true`,
        shop.it.context(FILES),
      ]);
      return JSON.parse(execFileSync("tar", ["-xOf", file, "index.json"], { encoding: "utf8" })).manifests[0]
        .digest;
    };
    expect(await build(1)).toBe(await build(2));
  });

  it("8.1: --iidfile, --metadata-file and -q are for scripts", async () => {
    const [id, meta] = [join(shop.it.folder, "iid"), join(shop.it.folder, "meta.json")];
    const { stdout } = await shop.it.succeed([
      "build",
      "-q",
      "-t",
      "facts",
      "--iidfile",
      id,
      "--metadata-file",
      meta,
      shop.it.context(FILES),
    ]);
    expect(stdout.trim()).toBe(readFileSync(id, "utf8"));
    expect(JSON.parse(readFileSync(meta, "utf8"))).toMatchObject({
      "containerimage.config.digest": stdout.trim(),
      "image.name": "docker.io/library/facts:latest",
    });
  });

  it("MF-04: annotations go to the manifest, or to where their type says; Docker's types refuse them", async () => {
    const file = join(shop.it.folder, "annotated.tar");
    const context = shop.it.context(FILES);
    await shop.it.succeed([
      "build",
      "--annotation",
      "a=1",
      "-o",
      `type=oci,dest=${file},annotation.b=2`,
      context,
    ]);
    const read = (name: string) =>
      JSON.parse(execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" }));
    const { digest } = read("index.json").manifests[0];
    expect(read(`blobs/sha256/${digest.slice(7)}`).annotations).toEqual({ a: "1", b: "2" });
    const refused = await shop.it.run([
      "build",
      "--annotation",
      "index:a=1",
      "-o",
      `type=oci,dest=${file}`,
      context,
    ]);
    expect(refused.stderr).toContain("index annotations not supported for single platform export");
    expect(
      (await shop.it.run(["build", "-o", `type=docker,dest=${file},annotation.a=1`, context])).stderr,
    ).toContain("(OUTPUT_INVALID)");
  });

  it("SG-13, MF-03: two platforms of files alone make an index", async () => {
    const file = join(shop.it.folder, "platforms.tar");
    const context = shop.it.context({
      Dockerfile: "FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY a /a\n",
      a: "1",
    });
    await shop.it.succeed([
      "build",
      "--platform",
      "linux/amd64,linux/arm64",
      "-t",
      "both",
      "-o",
      `type=oci,dest=${file}`,
      context,
    ]);
    const read = (name: string) =>
      JSON.parse(execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" }));
    const blob = (digest: string) => read(`blobs/sha256/${digest.slice(7)}`);
    const index = blob(read("index.json").manifests[0].digest);
    const configs = index.manifests.map((m: { digest: string }) => blob(blob(m.digest).config.digest));
    expect(
      configs.map((c: { architecture: string; config: { Labels: object } }) => [
        c.architecture,
        c.config.Labels,
      ]),
    ).toEqual([
      ["amd64", { arch: "amd64" }],
      ["arm64", { arch: "arm64" }],
    ]);
    expect(
      index.manifests.map((m: { platform: { architecture: string } }) => m.platform.architecture),
    ).toEqual(["amd64", "arm64"]);
  });
});
