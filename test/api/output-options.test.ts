import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const SCRATCH = { Dockerfile: "FROM scratch\nCOPY a /a\n", a: "1" };
const PER_PLATFORM = {
  Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY same $TARGETARCH /d/\n",
  same: "s",
  amd64: "a",
  arm64: "b",
};
const BOTH = "--platform=linux/amd64,linux/arm64";

function inArchive(file: string, name: string): string {
  return execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" });
}

/** The documents of an OCI archive: its index.json, and what a digest names. */
function archive(file: string) {
  return {
    index: JSON.parse(inArchive(file, "index.json")),
    blob: (digest: string) => JSON.parse(inArchive(file, `blobs/sha256/${digest.slice(7)}`)),
  };
}

function namesIn(file: string): string[] {
  return execFileSync("tar", ["-tf", file], { encoding: "utf8" }).trim().split("\n");
}

describe("files of several platforms", () => {
  it("XP-04: each has a folder of its own, in a folder and in a tar", async () => {
    const context = shop.it.context(PER_PLATFORM);
    const [folder, file] = [join(shop.it.folder, "split"), join(shop.it.folder, "split.tar")];
    await shop.it.succeed(["build", BOTH, "-o", folder, "-o", `type=tar,dest=${file}`, context]);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(
      ["amd64", "arm64"].flatMap((arch) => {
        const top = `linux_${arch}`;
        return [top, `${top}/d`, `${top}/d/${arch}`, `${top}/d/same`];
      }),
    );
    expect(namesIn(file)).toContain("linux_arm64/d/arm64");
    const one = join(shop.it.folder, "one");
    await shop.it.succeed([
      "build",
      "--platform=linux/arm/v6",
      "-o",
      `type=local,dest=${one},platform-split=true`,
      shop.it.context(SCRATCH),
    ]);
    expect(readdirSync(one)).toEqual(["linux_arm_v6"]);
  });

  it("XP-05: a link in the place of a platform's folder is replaced, not followed", async () => {
    const [folder, outside] = [join(shop.it.folder, "trap"), join(shop.it.folder, "elsewhere")];
    for (const path of [folder, outside]) mkdirSync(path);
    writeFileSync(join(outside, "precious"), "");
    symlinkSync(outside, join(folder, "linux_amd64"));
    writeFileSync(join(folder, "linux_arm64"), "a file");
    const flags = [BOTH, "-o", `type=local,dest=${folder},mode=delete`];
    await shop.it.succeed(["build", ...flags, shop.it.context(SCRATCH)]);
    expect(readdirSync(outside)).toEqual(["precious"]);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      "linux_amd64",
      "linux_amd64/a",
      "linux_arm64",
      "linux_arm64/a",
    ]);
  });

  it("XP-04: without the split they share a place, and must not dispute a path", async () => {
    const context = shop.it.context(PER_PLATFORM);
    const [folder, file] = [join(shop.it.folder, "merged"), join(shop.it.folder, "merged.tar")];
    await shop.it.succeed([
      "build",
      BOTH,
      "-o",
      `type=local,dest=${folder},platform-split=false`,
      "-o",
      `type=tar,dest=${file},platform-split=false`,
      context,
    ]);
    expect(readdirSync(join(folder, "d")).sort()).toEqual(["amd64", "arm64", "same"]);
    expect(namesIn(file)).toEqual(["d/", "d/amd64", "d/same", "d/arm64"]);
    const Dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY <<E /d/arch\n$TARGETARCH\nE\n";
    const disputed = await shop.it.build(
      { Dockerfile },
      BOTH,
      "-o",
      `type=local,dest=${folder},platform-split=false`,
    );
    expect(disputed.exitCode).toBe(1);
    expect(disputed.stderr).toContain(
      "cannot overwrite d/arch from linux/amd64 with linux/arm64 when split option is disabled",
    );
  });
});

describe("type=local", () => {
  it("XP-05: mode=delete removes what the result does not have, mode=copy leaves it", async () => {
    const context = shop.it.context(SCRATCH);
    const folder = join(shop.it.folder, "delete");
    mkdirSync(join(folder, "old/er"), { recursive: true });
    writeFileSync(join(folder, "old/er/file"), "");
    await shop.it.succeed(["build", "-o", `type=local,dest=${folder},mode=copy`, context]);
    expect(readdirSync(folder).sort()).toEqual(["a", "old"]);
    await shop.it.succeed(["build", "-o", `type=local,dest=${folder},mode=delete`, context]);
    expect(readdirSync(folder)).toEqual(["a"]);
    await shop.it.succeed(["build", BOTH, "-o", `type=local,dest=${folder},mode=delete`, context]);
    expect(readdirSync(folder)).toEqual(["linux_amd64", "linux_arm64"]);
  });

  it("XP-05: mode=delete stays below the current folder unless it is allowed to leave it", async () => {
    const context = shop.it.context(SCRATCH);
    const cwd = join(shop.it.folder, "cwd");
    const outside = join(shop.it.folder, "outside");
    for (const path of [cwd, outside]) mkdirSync(path);
    writeFileSync(join(outside, "precious"), "");
    symlinkSync(outside, join(cwd, "link"));
    for (const dest of [".", "../outside", "link", "link/deeper"]) {
      const refused = await shop.it.run(["build", "-o", `type=local,dest=${dest},mode=delete`, context], {
        cwd,
      });
      expect(refused.stderr, dest).toContain("(ENTITLEMENT_DENIED)");
      expect(refused.stderr).toContain("--allow=buildx.local.delete");
    }
    expect(existsSync(join(outside, "precious"))).toBe(true);
    const flags = ["--allow=buildx.local.delete", "-o", "type=local,dest=link,mode=delete"];
    await shop.it.succeed(["build", ...flags, context], { cwd });
    expect(readdirSync(outside)).toEqual(["a"]);
  });
});

describe("several outputs and names", () => {
  it("XP-07: one build goes to several places", async () => {
    const [oci, docker] = [join(shop.it.folder, "x.oci"), join(shop.it.folder, "x.docker")];
    const folder = join(shop.it.folder, "x.files");
    const outputs = [
      `type=oci,dest=${oci}`,
      `type=docker,dest=${docker}`,
      `type=local,dest=${folder}`,
      "type=image",
    ];
    await shop.it.succeed([
      "build",
      "-t",
      "many:1",
      ...outputs.flatMap((output) => ["-o", output]),
      shop.it.context(SCRATCH),
    ]);
    const config = (file: string) =>
      archive(file).blob(archive(file).index.manifests[0].digest).config.digest;
    expect(config(oci)).toBe(config(docker));
    expect((await shop.it.inspect("many:1")).Id).toBe(config(oci));
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("1");
  });

  it("XP-08: an empty result goes anywhere", async () => {
    const [oci, docker, tar] = ["e.oci", "e.docker", "e.tar"].map((name) => join(shop.it.folder, name));
    const folder = join(shop.it.folder, "e.files");
    const outputs = [
      `type=oci,dest=${oci}`,
      `type=docker,dest=${docker}`,
      `type=tar,dest=${tar}`,
      `type=local,dest=${folder}`,
      "type=image,name=nothing",
    ];
    const context = shop.it.context({ Dockerfile: "FROM scratch\n" });
    await shop.it.succeed(["build", ...outputs.flatMap((output) => ["-o", output]), context]);
    expect(readdirSync(folder)).toEqual([]);
    expect(namesIn(tar!)).toEqual([""]);
    const { index, blob } = archive(oci!);
    expect(blob(blob(index.manifests[0].digest).config.digest).rootfs).toEqual({
      type: "layers",
      diff_ids: null,
    });
    expect(JSON.parse(inArchive(docker!, "manifest.json"))[0].Layers).toEqual([]);
    expect((await shop.it.inspect("nothing")).RootFS.Layers ?? []).toEqual([]);
  });

  it("CL-02: without -o, with type=docker or with --load the image is in the store; with other outputs it is not", async () => {
    const context = shop.it.context(SCRATCH);
    const isThere = async (name: string) => (await shop.it.run(["inspect", name])).exitCode === 0;
    const tar = `type=tar,dest=${join(shop.it.folder, "load.tar")}`;
    await shop.it.succeed(["build", "-t", "plain", context]);
    await shop.it.succeed(["build", "-t", "typed", "-o", "type=docker", context]);
    await shop.it.succeed(["build", "-t", "loaded", "--load", "-o", tar, context]);
    await shop.it.succeed(["build", "-t", "elsewhere", "-o", tar, context]);
    await shop.it.succeed(["build", "-t", "nowhere", "-o", "type=cacheonly", context]);
    expect(await Promise.all(["plain", "typed", "loaded", "elsewhere", "nowhere"].map(isThere))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("CL-02: BUILDX_NO_DEFAULT_LOAD leaves the result in the cache, and says so", async () => {
    const env = { BUILDX_NO_DEFAULT_LOAD: "1" };
    const built = await shop.it.succeed(["build", "-t", "unloaded", shop.it.context(SCRATCH)], { env });
    expect(built.stderr).toContain("only remain in the build cache");
    expect((await shop.it.run(["inspect", "unloaded"])).exitCode).toBe(1);
    await shop.it.succeed(["build", "-t", "unloaded", "--load", shop.it.context(SCRATCH)], { env });
    expect((await shop.it.run(["inspect", "unloaded"])).exitCode).toBe(0);
  });

  it("6.5: tags take the place of an output's names; * names nothing", async () => {
    const context = shop.it.context(SCRATCH);
    await shop.it.succeed(["build", "-o", 'type=image,"name=own:1,own:2,*"', context]);
    await shop.it.succeed(["build", "-t", "tag", "-o", "type=image,name=unused", context]);
    for (const name of ["own:1", "own:2", "tag"]) await shop.it.inspect(name);
    expect((await shop.it.run(["inspect", "unused"])).exitCode).toBe(1);
  });

  it("6.5: only a name without a tag is pushed by digest", async () => {
    const push = "type=image,push=true,push-by-digest=true";
    const context = shop.it.context(SCRATCH);
    const tagged = await shop.it.run(["build", "-o", `${push},name=127.0.0.1:1/x:1`, context]);
    expect(tagged.stderr).toContain("can't push tagged ref 127.0.0.1:1/x:1 by digest");
    expect((await shop.it.run(["build", "-o", push, context])).stderr).toContain(
      "tag is needed when pushing",
    );
  });
});

describe("destinations", () => {
  it("8.1: what could never be written is refused before anything is built", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN exit 9\n" });
    const [file, folder] = [join(shop.it.folder, "a-file"), join(shop.it.folder, "a-folder")];
    writeFileSync(file, "");
    mkdirSync(folder);
    const refused: Readonly<Record<string, string>> = {
      [`type=local,dest=${file}`]: `destination directory ${file} is a file`,
      [`type=oci,tar=false,dest=${file}`]: `destination directory ${file} is a file`,
      [`type=oci,dest=${folder}`]: `destination file ${folder} is a directory`,
      [`type=docker,dest=${folder}`]: `destination file ${folder} is a directory`,
      [`type=tar,dest=${folder}/no/x`]: `there is no folder ${folder}/no`,
    };
    for (const [output, message] of Object.entries(refused)) {
      const { exitCode, stderr } = await shop.it.run(["build", "-o", output, context]);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toContain("(OUTPUT_INVALID)");
    }
  });
});

describe("compression", () => {
  const layersOf = (file: string) => {
    const { index, blob } = archive(file);
    return blob(index.manifests[0].digest).layers.map((layer: { mediaType: string }) =>
      layer.mediaType.replace("application/vnd.oci.image.layer.v1.", ""),
    );
  };

  it("LT-09: new layers get the compression asked for, those of the base only by force", async () => {
    const file = join(shop.it.folder, "compressed.tar");
    await shop.it.succeed(["save", "-o", join(shop.it.folder, "base.tar"), "busybox"]);
    await shop.it.succeed(["load", "-i", join(shop.it.folder, "base.tar")]);
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY a /a\n", a: "1" });
    const layers = async (options: string) => {
      await shop.it.succeed(["build", "-o", `type=oci,dest=${file}${options}`, context]);
      return layersOf(file);
    };
    const [base] = await layers("");
    expect(await layers(",compression=zstd")).toEqual([base, "tar+zstd"]);
    expect(await layers(",compression=uncompressed")).toEqual([base, "tar"]);
    expect(await layers(",compression=zstd,force-compression=true")).toEqual(["tar+zstd", "tar+zstd"]);
    expect(await layers(",compression=uncompressed,force-compression=true")).toEqual(["tar", "tar"]);
  });

  it("LT-09: a layer that another program wrote leaves with the bytes that it wrote", async () => {
    const folder = shop.it.context({ "tree/f": "1" });
    // An archive that no builder would write: with `./`, names of users, and the GNU format.
    const tar = execFileSync("tar", ["--format=gnu", "-C", join(folder, "tree"), "-cf", "-", "."]);
    const blobs = join(folder, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (type: string, bytes: Uint8Array) => {
      const digest = digestOf(bytes);
      writeFileSync(join(blobs, digest.slice(7)), bytes);
      return { mediaType: `application/vnd.oci.image.${type}`, digest, size: bytes.length };
    };
    const rootfs = { type: "layers", diff_ids: [digestOf(tar)] };
    const config = { architecture: "amd64", os: "linux", config: {}, rootfs, history: [] };
    const manifest = put(
      "manifest.v1+json",
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          config: put("config.v1+json", Buffer.from(JSON.stringify(config))),
          layers: [put("layer.v1.tar+gzip", gzipSync(tar))],
        }),
      ),
    );
    const annotations = { "io.containerd.image.name": "foreign.test/base:1" };
    const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
    writeFileSync(join(folder, "index.json"), JSON.stringify(index));
    writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    await shop.it.succeed(["load", "-i", folder]);
    const file = join(shop.it.folder, "foreign.tar");
    const to = `type=oci,dest=${file},compression=uncompressed,force-compression=true`;
    const Dockerfile = "FROM foreign.test/base:1 AS b\nFROM b\nCOPY --from=b /f /g\n";
    await shop.it.succeed(["build", "-o", to, shop.it.context({ Dockerfile })]);
    const { index: built, blob } = archive(file);
    const [layer] = blob(built.manifests[0].digest).layers;
    expect(layer).toMatchObject({ digest: digestOf(tar), size: tar.length });
    const stored = execFileSync("tar", ["-xOf", file, `blobs/sha256/${layer.digest.slice(7)}`]);
    expect(digestOf(stored)).toBe(digestOf(tar));
  });

  it("LT-09, LT-11: eStargz layers say where their table of contents is, and can be loaded and run", async () => {
    const file = join(shop.it.folder, "estargz.tar");
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo lazy > /lazy && rm /bin/wget\n" });
    const build = async (options = "") => {
      const to = `type=oci,dest=${file},compression=estargz,force-compression=true${options}`;
      const meta = join(shop.it.folder, "estargz.json");
      await shop.it.succeed(["build", "-t", "lazy", "--metadata-file", meta, "-o", to, context]);
      const { index, blob } = archive(file);
      const manifest = blob(index.manifests[0].digest);
      expect(JSON.parse(readFileSync(meta, "utf8"))["containerimage.config.digest"]).toBe(
        manifest.config.digest,
      );
      return { ...manifest, diffIds: blob(manifest.config.digest).rootfs.diff_ids };
    };
    const { layers, diffIds } = await build();
    expect(layers).toHaveLength(2);
    for (const layer of layers) {
      expect(layer.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
      expect(layer.annotations).toEqual({
        "containerd.io/snapshot/stargz/toc.digest": expect.stringMatching(/^sha256:/),
        "io.containers.estargz.uncompressed-size": expect.stringMatching(/^\d+$/),
      });
    }
    expect((await build()).layers).toEqual(layers);
    const rewritten = await build(",rewrite-timestamp=true,source-date-epoch=1000000000");
    expect(rewritten.diffIds[0]).toBe(diffIds[0]);
    expect(rewritten.diffIds[1]).not.toBe(diffIds[1]);
    expect(rewritten.layers[1].annotations).toHaveProperty(["containerd.io/snapshot/stargz/toc.digest"]);
    await shop.it.succeed(["load", "-i", file]);
    expect(await shop.it.shell("lazy", "cat /lazy; ls /bin/wget /stargz* 2>/dev/null; true")).toBe("lazy\n");
  });

  it("MF-02, LT-10: Docker's media types, for type=docker or where they are asked for", async () => {
    const file = join(shop.it.folder, "types.tar");
    const types = async (options: string) => {
      await shop.it.succeed(["build", "-o", `dest=${file},${options}`, shop.it.context(SCRATCH)]);
      const { index, blob } = archive(file);
      const [{ mediaType, digest }] = index.manifests;
      const { config, layers } = blob(digest);
      expect(blob(digest).mediaType).toBe(mediaType);
      return [mediaType, config.mediaType, ...layers.map((layer: { mediaType: string }) => layer.mediaType)];
    };
    const docker = [
      "application/vnd.docker.distribution.manifest.v2+json",
      "application/vnd.docker.container.image.v1+json",
      "application/vnd.docker.image.rootfs.diff.tar",
    ];
    const withLayer = (suffix: string) => docker.map((type, at) => (at === 2 ? type + suffix : type));
    expect(await types("type=docker")).toEqual(withLayer(".gzip"));
    expect(await types("type=oci,oci-mediatypes=false,compression=zstd")).toEqual(withLayer(".zstd"));
    expect(await types("type=docker,compression=uncompressed")).toEqual(docker);
    expect(await types("type=docker,oci-mediatypes=true")).toEqual([
      "application/vnd.oci.image.manifest.v1+json",
      "application/vnd.oci.image.config.v1+json",
      "application/vnd.oci.image.layer.v1.tar+gzip",
    ]);
  });

  it("LT-09: a level changes the bytes and not what they hold", async () => {
    const context = shop.it.context({ ...SCRATCH, a: "slipway ".repeat(10_000) });
    const built = async (level: number) => {
      const file = join(shop.it.folder, `level-${level}.tar`);
      await shop.it.succeed(["build", "-o", `type=oci,dest=${file},compression-level=${level}`, context]);
      const { index, blob } = archive(file);
      const manifest = blob(index.manifests[0].digest);
      return { size: manifest.layers[0].size, config: manifest.config.digest };
    };
    const [none, best] = [await built(0), await built(9)];
    expect(none.size).toBeGreaterThan(10 * best.size);
    expect(none.config).toBe(best.config);
  });
});

describe("times", () => {
  const dated = (flags: readonly string[], file: string) => async () => {
    await shop.it.succeed(["build", ...flags, shop.it.context(SCRATCH)]);
    const { index, blob } = archive(file);
    const config = blob(blob(index.manifests[0].digest).config.digest);
    return [config.created, index.manifests[0].annotations["org.opencontainers.image.created"]];
  };

  it("EP-05, HI-08: an output's epoch sets times back further, and none forward: the build's stays recorded", async () => {
    const file = join(shop.it.folder, "dated.tar");
    const arg = "--build-arg=SOURCE_DATE_EPOCH=1700000000";
    const to = (option: string) => ["-o", `type=oci,dest=${file}${option}`];
    const time = "2023-11-14T22:13:20Z";
    expect(await dated([arg, ...to("")], file)()).toEqual([time, time]);
    const own = "2001-09-09T01:46:40Z";
    expect(await dated([arg, ...to(",source-date-epoch=1000000000")], file)()).toEqual([own, own]);
    expect(await dated(to(",source-date-epoch=1000000000"), file)()).toEqual([own, own]);
    expect(await dated([arg, ...to(",source-date-epoch=")], file)()).toEqual([time, time]);
    const [created] = await dated([arg, ...to(",source-date-epoch=1700000001")], file)();
    expect(created).toBe(time);
  });

  it("EP-05, EP-06: files get the output's epoch, whatever their own time", async () => {
    const folder = join(shop.it.folder, "dated");
    await shop.it.succeed([
      "build",
      "-o",
      `type=local,dest=${folder},source-date-epoch=1000000000`,
      shop.it.context(SCRATCH),
    ]);
    expect(statSync(join(folder, "a")).mtimeMs).toBe(1e12);
  });

  it("EP-06, CP-21: directories of WORKDIR and heredocs get the epoch", async () => {
    const Dockerfile = "FROM busybox\nWORKDIR /w/x\nCOPY <<E /h\nE\nRUN stat -c %Y /w /w/x /h > /times\n";
    const built = await shop.it.build(
      { Dockerfile },
      "-t",
      "timed",
      "--build-arg=SOURCE_DATE_EPOCH=1000000000",
    );
    expect(built.exitCode).toBe(0);
    expect(await shop.it.shell("timed", "xargs < /times")).toBe("1000000000 1000000000 1000000000\n");
  });

  it("EP-07: rewriting without an epoch changes nothing and says so; it cannot be unpacked", async () => {
    const file = join(shop.it.folder, "unrewritten.tar");
    const context = shop.it.context(SCRATCH);
    const to = `type=oci,dest=${file},rewrite-timestamp=true`;
    const built = await shop.it.succeed(["build", "--progress=plain", "-o", to, context]);
    expect(built.stderr).toContain("rewrite-timestamp has no effect");
    const refused = await shop.it.run(["build", "-o", `${to},unpack=true`, context]);
    expect(refused.stderr).toContain("cannot go together");
  });

  it.each([
    ["oci", "type=oci", { "dev.slipway.healthcheck": '{"Test":["CMD-SHELL","true"],"Retries":2}' }],
    ["docker", "type=oci,oci-mediatypes=false", undefined],
  ])(
    "a health check is an annotation of the manifest, too, with media types of %s",
    async (name, to, expected) => {
      const context = shop.it.context({ Dockerfile: "FROM busybox\nHEALTHCHECK --retries=2 CMD true\n" });
      const file = join(shop.it.folder, `health-${name}.tar`);
      await shop.it.succeed(["build", "-o", `${to},dest=${file}`, context]);
      const { index, blob } = archive(file);
      expect(blob(index.manifests[0].digest).annotations).toEqual(expected);
    },
  );

  it("EP-07: --reproducible gives the same bytes in another store and at another time", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY a /a\nRUN echo 1 > /new\n", a: "a" });
    const digests = [];
    for (const i of [1, 2]) {
      utimesSync(join(context, "a"), i, 1_700_000_000 + i);
      const file = join(shop.it.folder, `reproducible-${i}.tar`);
      await shop.it.succeed([
        "build",
        "--no-cache",
        "--reproducible",
        "-o",
        `type=oci,dest=${file}`,
        context,
      ]);
      const { index, blob } = archive(file);
      digests.push(index.manifests[0].digest);
      const { created } = blob(blob(index.manifests[0].digest).config.digest);
      expect(created).toBe("1970-01-01T00:00:00Z");
    }
    expect(digests[1]).toBe(digests[0]);
    const file = join(shop.it.folder, "reproducible-3.tar");
    const epoch = ["--build-arg=SOURCE_DATE_EPOCH=1000000000", "-o", `type=oci,dest=${file}`];
    await shop.it.succeed(["build", "--reproducible", ...epoch, context]);
    const { index, blob } = archive(file);
    expect(blob(blob(index.manifests[0].digest).config.digest).created).toBe("2001-09-09T01:46:40Z");
  });

  it("EP-07, EP-08: layers that were looked through are marked, in whatever form they leave", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo 1 > /new\nRUN true\n" });
    for (const compression of ["uncompressed", "gzip", "zstd"]) {
      const file = join(shop.it.folder, `marked-${compression}.tar`);
      const to = `type=oci,dest=${file},rewrite-timestamp=true,compression=${compression}`;
      await shop.it.succeed(["build", "--build-arg=SOURCE_DATE_EPOCH=1000000000", "-o", to, context]);
      const { index, blob } = archive(file);
      const mark = { "buildkit/rewritten-timestamp": "1000000000" };
      const { layers } = blob(index.manifests[0].digest);
      expect(layers.map((layer: { annotations?: object }) => layer.annotations)).toEqual([
        undefined,
        mark,
        mark,
      ]);
    }
  });

  it("EP-07: what was rewritten once is not rewritten again, for the last epoch in each form", async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nCOPY once /once\n", once: "first" });
    const layersFor = async (epoch: number, compression: string) => {
      const file = join(shop.it.folder, "once.tar");
      const to = `type=oci,dest=${file},rewrite-timestamp=true,compression=${compression}`;
      await shop.it.succeed(["build", `--build-arg=SOURCE_DATE_EPOCH=${epoch}`, "-o", to, context]);
      const { index, blob } = archive(file);
      return blob(index.manifests[0].digest).layers;
    };
    const forms = ["uncompressed", "gzip", "zstd", "estargz"];
    const before = [];
    for (const form of forms) before.push(await layersFor(1000000000, form));
    // Whoever reads the files once more finds them changed.
    const layers = join(shop.it.home, "layers");
    const stored = readdirSync(layers)
      .map((key) => join(layers, key, "fs/once"))
      .filter((at) => existsSync(at));
    expect(stored.length).toBeGreaterThan(0);
    for (const path of stored) writeFileSync(path, "other");
    for (const [i, form] of forms.entries()) expect(await layersFor(1000000000, form)).toEqual(before[i]);
    await expect(layersFor(1000000001, "gzip")).rejects.toThrow("DIGEST_MISMATCH");
  });

  it("EP-07: an image in the store has the rewritten times, and its base keeps its own", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo 1 > /new\n" });
    const flags = [
      "--build-arg=SOURCE_DATE_EPOCH=1000000000",
      "-o",
      "type=image,name=rewritten,rewrite-timestamp=true",
    ];
    await shop.it.succeed(["build", ...flags, context]);
    const file = join(shop.it.folder, "rewritten.tar");
    await shop.it.succeed(["save", "-o", file, "rewritten"]);
    const { index, blob } = archive(file);
    const { layers } = blob(index.manifests[0].digest);
    const listing = execFileSync(
      "sh",
      [
        "-c",
        `tar -xOf ${file} blobs/sha256/${layers.at(-1).digest.slice(7)} | tar -tvzf - --utc --full-time`,
      ],
      { encoding: "utf8" },
    );
    expect(
      listing
        .trim()
        .split("\n")
        .every((line) => line.includes("2001-09-09 01:46:40")),
    ).toBe(true);
    const { RootFS } = await shop.it.inspect("busybox");
    expect((await shop.it.inspect("rewritten")).RootFS.Layers[0]).toBe(RootFS.Layers[0]);
  });
});

describe("facts for scripts", () => {
  it("MF-05: the metadata are those of the image that left, and none where no image did", async () => {
    const [file, meta] = [join(shop.it.folder, "meta.tar"), join(shop.it.folder, "meta.json")];
    const context = shop.it.context(SCRATCH);
    const metadata = async (...flags: string[]) => {
      await shop.it.succeed(["build", "--metadata-file", meta, ...flags, context]);
      return JSON.parse(readFileSync(meta, "utf8"));
    };
    const facts = await metadata("-t", "x:1", "-o", `type=oci,dest=${file}`);
    const { index, blob } = archive(file);
    const [manifest] = index.manifests;
    expect(facts).toMatchObject({
      "containerimage.digest": manifest.digest,
      "containerimage.config.digest": blob(manifest.digest).config.digest,
      "containerimage.descriptor": {
        digest: manifest.digest,
        size: manifest.size,
        platform: { os: "linux" },
      },
      "image.name": "docker.io/library/x:1",
    });
    expect(await metadata("-o", `type=tar,dest=${file}`)).toEqual({});
    const both = await metadata(BOTH, "-o", `type=oci,dest=${file}`);
    expect(both["containerimage.descriptor"].mediaType).toBe("application/vnd.oci.image.index.v1+json");
    expect(both).not.toHaveProperty(["containerimage.config.digest"]);
  });

  it("8.1: warnings are among the metadata where that is asked for", async () => {
    const meta = join(shop.it.folder, "warnings.json");
    const context = shop.it.context({ ...SCRATCH, Dockerfile: `${SCRATCH.Dockerfile}MAINTAINER me\n` });
    const warnings = async (env: Record<string, string>) => {
      await shop.it.succeed(["build", "--metadata-file", meta, context], { env });
      return JSON.parse(readFileSync(meta, "utf8"))["buildx.build.warnings"];
    };
    expect(await warnings({})).toBeUndefined();
    const [warning] = await warnings({ BUILDX_METADATA_WARNINGS: "1" });
    expect(Buffer.from(warning.short, "base64").toString()).toMatch(
      /^MaintainerDeprecated: .* \(line \d+\)$/,
    );
  });

  it("8.1: files have no image id", async () => {
    const iid = join(shop.it.folder, "no-id");
    const refused = await shop.it.run(["build", "--iidfile", iid, "-o", "out", shop.it.context(SCRATCH)]);
    expect(refused.stderr).toContain("local and tar exporters are incompatible with image ID file");
    expect(existsSync(iid)).toBe(false);
  });

  it("SG-14, MF-03: BUILDKIT_MULTI_PLATFORM asks for an index or refuses one", async () => {
    const file = join(shop.it.folder, "index.tar");
    const context = shop.it.context(SCRATCH);
    const to = ["-o", `type=oci,dest=${file}`];
    await shop.it.succeed(["build", "--build-arg=BUILDKIT_MULTI_PLATFORM=1", ...to, context]);
    const { index, blob } = archive(file);
    expect(index.manifests[0].mediaType).toBe("application/vnd.oci.image.index.v1+json");
    expect(blob(index.manifests[0].digest).manifests).toHaveLength(1);
    const refused = await shop.it.run([
      "build",
      "--build-arg=BUILDKIT_MULTI_PLATFORM=0",
      BOTH,
      ...to,
      context,
    ]);
    expect(refused.stderr).toContain(
      "conflicting config: returning multiple target platforms is not allowed",
    );
    const docker = `type=docker,dest=${file}`;
    expect((await shop.it.run(["build", BOTH, "-o", docker, context])).stderr).toContain(
      "docker exporter does not currently support exporting manifest lists",
    );
  });
});

describe("annotations", () => {
  it("MF-04: manifests, the index and descriptors of both, for one platform or all", async () => {
    const file = join(shop.it.folder, "annotated.tar");
    const annotations = [
      "annotation.m=1",
      "annotation-manifest[linux/arm64].only=2",
      "annotation-manifest-descriptor.md=3",
      "annotation-index.i=4",
      "annotation-index-descriptor.id=5",
    ];
    await shop.it.succeed([
      "build",
      BOTH,
      "-o",
      `type=oci,dest=${file},${annotations.join(",")}`,
      shop.it.context(SCRATCH),
    ]);
    const { index, blob } = archive(file);
    const [root] = index.manifests;
    expect(root.annotations).toMatchObject({
      id: "5",
      "org.opencontainers.image.created": expect.any(String),
    });
    const list = blob(root.digest);
    expect(list.annotations).toEqual({ i: "4" });
    expect(list.manifests.map((m: { annotations: object }) => m.annotations)).toEqual([
      { md: "3" },
      { md: "3" },
    ]);
    expect(list.manifests.map((m: { digest: string }) => blob(m.digest).annotations)).toEqual([
      { m: "1" },
      { m: "1", only: "2" },
    ]);
  });

  it("MF-04: a platform that the result does not have is refused", async () => {
    const to = `type=oci,dest=${join(shop.it.folder, "x.tar")},annotation-manifest[linux/s390x].a=1`;
    const refused = await shop.it.run(["build", "-o", to, shop.it.context(SCRATCH)]);
    expect(refused.stderr).toContain("invalid annotation: no platform linux/s390x found in source");
  });

  it("MF-04: the image in the store has them", async () => {
    await shop.it.succeed(["build", "-t", "noted", "--annotation", "k=v", shop.it.context(SCRATCH)]);
    const file = join(shop.it.folder, "noted.tar");
    await shop.it.succeed(["save", "-o", file, "noted"]);
    const { index, blob } = archive(file);
    expect(blob(index.manifests[0].digest).annotations).toEqual({ k: "v" });
  });
});
