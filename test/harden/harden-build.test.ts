import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type BuildEvent, build, readEnvironment } from "../../src/index.ts";
import { useWorkshop } from "../api/workshop.ts";
import { writeArchive } from "../layer/archives.ts";
import { buildImage, fileEntry, lendingArchive, modesOf, NET_RAW } from "./images.ts";

const shop = useWorkshop();

beforeAll(async () => {
  await shop.it.succeed(["import", "-", "lending"], { input: lendingArchive() });
});

/** Files that lend rights, brought in by a step. */
function lendingLayer(): Buffer {
  const xattrs = { "security.capability": NET_RAW };
  return writeArchive([
    fileEntry("own/gone", { mode: 0o6755 }),
    fileEntry("own/net", { xattrs }),
    fileEntry("own/plain", { mode: 0o644 }),
    fileEntry("own/set", { mode: 0o4711, uid: 7 }),
    fileEntry("own/set-too", { mode: 0o4711, uid: 7, hardLink: "own/set" }),
  ]);
}

const OWN = { "own.tar": lendingLayer() };

describe("build --harden", () => {
  it("strips what the base lends in one last layer, in which names of one file stay one, and leaves the base's layer", async () => {
    const context = shop.it.context({ Dockerfile: "FROM lending\nUSER 5\n" });
    const plain = await buildImage(shop.it, context);
    const image = await buildImage(shop.it, context, "--harden");
    expect(image.diffIds[0]).toBe(plain.diffIds[0]);
    expect(image.diffIds).toHaveLength(2);
    expect(modesOf(image.layers[1]!)).toEqual([
      "bin/ping 0755",
      "bin/su 0755",
      "bin/su-too -> bin/su",
      "bin/wall 0755",
    ]);
    const [, su] = image.layers[1]!.filter(({ type }) => type === "file");
    expect(su).toMatchObject({ uid: 0, gid: 0, mtime: 1_700_000_000 });
    expect(su!.bytes.toString()).toBe("substitute user");
    expect(image.layers[1]!.find(({ name }) => name === "bin/wall")).toMatchObject({ gid: 5 });
    expect(image.history.at(-1)).toMatchObject({ created_by: "slipway build --harden=default" });
    expect(image.report[0]!.changes.map(({ path, what, place }) => [path, what, place])).toEqual([
      ["/bin/ping", "cap_net_raw=ep", "final-layer"],
      ["/bin/su", "setuid", "final-layer"],
      ["/bin/su-too", "setuid", "final-layer"],
      ["/bin/wall", "setgid", "final-layer"],
    ]);
    expect(image.progress).toContain("stripped /bin/ping (cap_net_raw=ep): 0755 -> 0755");
  });

  it("makes its own layers anew, files that a later step deletes included, and adds none for them", async () => {
    const Dockerfile = "FROM busybox\nADD own.tar /\nRUN rm /own/gone && chmod 2755 /bin/busybox\nUSER 5\n";
    const context = shop.it.context({ Dockerfile, ...OWN });
    const plain = await buildImage(shop.it, context);
    const image = await buildImage(shop.it, context, "--harden");
    expect(image.diffIds).toHaveLength(3);
    expect(image.diffIds[0]).toBe(plain.diffIds[0]);
    expect(modesOf(plain.layers[1]!)).toContain("own/gone 6755");
    expect(modesOf(image.layers[1]!)).toEqual([
      "own/gone 0755",
      "own/net 0755",
      "own/plain 0644",
      "own/set 0711",
      "own/set-too -> own/set",
    ]);
    expect(image.layers[1]!.find(({ name }) => name === "own/set")).toMatchObject({ uid: 7 });
    expect(modesOf(image.layers[2]!)).toEqual(["bin/busybox 0755", "own/.wh.gone 0000"]);
    expect(image.history.at(-1)).toMatchObject({ empty_layer: true });
    expect(image.report[0]!.changes[0]).toMatchObject({
      action: "strip",
      ...{ path: "/own/gone", mode: "6755", newMode: "0755", place: "in-place", layer: 1 },
      step: "[2/3] ADD own.tar /",
    });
  });

  it("gives the same image again without making anything, and says the same of it", async () => {
    const context = shop.it.context({ Dockerfile: "FROM lending\nADD own.tar /\n", ...OWN });
    const first = await buildImage(shop.it, context, "--harden");
    expect(first.progress).toMatch(/#\d+ hardening the image \(default\)\n#\d+ [\d.]+ stripped/);
    const again = await buildImage(shop.it, context, "--harden");
    expect(again.progress).toMatch(/#\d+ hardening the image \(default\)\n#\d+ CACHED/);
    expect({ ...again, progress: "" }).toEqual({ ...first, progress: "" });
    // After something else under the same name, too, the image is the one that it was.
    await buildImage(shop.it, context, "--harden", "--harden-keep=/bin/su");
    const third = await buildImage(shop.it, context, "--harden");
    expect({ ...third, progress: "" }).toEqual({ ...first, progress: "" });
  });

  it("leaves an image alone in which there is nothing to do", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY f /\nUSER nobody\n", f: "" });
    const plain = await buildImage(shop.it, context);
    const image = await buildImage(shop.it, context, "--harden");
    expect(image.diffIds).toEqual(plain.diffIds);
    expect(image.history).toEqual(plain.history);
    expect(image.report).toEqual([{ profile: "default", changes: [], warnings: [] }]);
    expect((await buildImage(shop.it, context, "--harden=off")).report).toEqual([]);
  });

  it("keeps what is named, under all of its names, also in layers of its own, and says what it did not find", async () => {
    const context = shop.it.context({ Dockerfile: "FROM lending\nADD own.tar /\nUSER 5\n", ...OWN });
    const keep = ["/bin/su-too", "/own/set", "/own/net", "/bin/nothing"].flatMap((path) => [
      "--harden-keep",
      path,
    ]);
    const image = await buildImage(shop.it, context, "--harden", ...keep);
    expect(modesOf(image.layers[1]!)).toContain("own/set 4711");
    expect(modesOf(image.layers[1]!)).toContain("own/net 0755+");
    expect(modesOf(image.layers[1]!)).toContain("own/gone 0755");
    expect(modesOf(image.layers[2]!)).toEqual(["bin/ping 0755", "bin/wall 0755"]);
    expect(
      image.report[0]!.changes.filter(({ action }) => action === "keep").map(({ path }) => path),
    ).toEqual(["/own/net", "/own/set", "/own/set-too", "/bin/su", "/bin/su-too"]);
    expect(image.report[0]!.warnings).toEqual([
      "nothing is kept at /bin/nothing: the image has no such file",
    ]);
  });

  it("finds nothing in a container that lends rights, and starts it as the user that was made", async () => {
    const Dockerfile = [
      "FROM busybox",
      "RUN cp /bin/busybox /bin/own && chmod 6755 /bin/own /bin/busybox && ln /bin/own /bin/other",
      'CMD ["id"]',
    ].join("\n");
    await shop.it.succeed(["build", "-t", "held", "--harden", shop.it.context({ Dockerfile })]);
    expect((await shop.it.succeed(["run", "--rm", "held"])).stdout).toContain(
      "uid=10001(app) gid=10001(app)",
    );
    const found = await shop.it.shell(
      "held",
      "find / -xdev -type f -perm /6000; stat -c %h /bin/other; grep app /etc/passwd",
    );
    expect(found).toBe("2\napp:x:10001:10001:application:/nonexistent:/sbin/nologin\n");
    const exported = join(shop.it.folder, "files.tar");
    await shop.it.succeed([
      "build",
      "--harden",
      "-o",
      `type=tar,dest=${exported}`,
      shop.it.context({ Dockerfile }),
    ]);
    const lines = execFileSync("tar", ["-tvf", exported], { encoding: "utf8" }).split("\n");
    expect(lines.filter((line) => /^-\S*s/.test(line))).toEqual([]);
    expect(lines.some((line) => line.endsWith(" bin/other"))).toBe(true);
  });

  it("has the same layers for every platform that it is built for, and one report for each", async () => {
    const Dockerfile = "FROM scratch\nADD own.tar /\n";
    const facts = join(shop.it.folder, "several.json");
    const flags = ["--platform", "linux/amd64,linux/arm64", "-t", "several", "--metadata-file", facts];
    await shop.it.succeed(["build", "--harden", ...flags, shop.it.context({ Dockerfile, ...OWN })]);
    const images = await Promise.all(
      ["linux/amd64", "linux/arm64"].map(
        async (platform) =>
          JSON.parse((await shop.it.succeed(["inspect", "--platform", platform, "several"])).stdout)[0],
      ),
    );
    expect(images.map(({ Config }) => Config.User)).toEqual(["10001:10001", "10001:10001"]);
    expect(images[0].RootFS.Layers).toEqual(images[1].RootFS.Layers);
    expect(images[0].RootFS.Layers).toHaveLength(2);
  });

  it("tells programs of each file: as an event, as facts beside the image, and from the library", async () => {
    const context = shop.it.context({ Dockerfile: "FROM lending\n" });
    const { stderr } = await shop.it.succeed(["build", "--progress=json", "--harden", context]);
    const events: readonly BuildEvent[] = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const told = events.find((event) => event.type === "harden")!;
    const last = events.findIndex((event) => event.type === "step.done" && event.id === "harden");
    expect(events.indexOf(told)).toBe(last + 1);
    const environment = readEnvironment(
      { SLIPWAY_HOME: shop.it.home, PATH: process.env.PATH },
      { uid: process.getuid!(), homeDirectory: shop.it.folder, cwd: shop.it.folder },
    );
    const { hardening, steps } = await build({ context, harden: "default" }, environment);
    const { type: _, time: __, id: ___, ...report } = told;
    expect(hardening).toEqual([report]);
    expect(hardening[0]!.changes[1]).toEqual({
      ...{ action: "strip", path: "/bin/su", what: "setuid", mode: "4755", newMode: "0755" },
      ...{ uid: 0, gid: 0, layer: 0, place: "final-layer" },
    });
    // It is no step of the Dockerfile.
    expect(steps).toEqual({ total: 0, cached: 0 });
  });

  it("refuses profiles and paths that it does not know, before anything is built", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\n" });
    const unknown = await shop.it.run(["build", "--harden=hard", context]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringContaining("use one of off, default, strict"),
    ]);
    const relative = await shop.it.run(["build", "--harden", "--harden-keep", "bin/su", context]);
    expect(relative.stderr).toContain("write --harden-keep /bin/su");
    const alone = await shop.it.run(["build", "--harden-keep", "/bin/su", context]);
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining("nothing is hardened")]);
  });
});

describe("build --harden and times", () => {
  it("has the same layers whenever it is built, with --reproducible", async () => {
    const Dockerfile = "FROM scratch\nADD own.tar /\nCOPY now /\n";
    const layers: (readonly string[])[] = [];
    for (const time of [1_600_000_000, 1_600_000_500]) {
      const context = shop.it.context({ Dockerfile, ...OWN, now: "" });
      execFileSync("touch", ["-d", `@${time}`, join(context, "now")]);
      layers.push((await buildImage(shop.it, context, "--harden", "--reproducible")).diffIds);
    }
    expect(layers[0]).toEqual(layers[1]);
  });

  it("sets nothing later than SOURCE_DATE_EPOCH", async () => {
    const Dockerfile = "FROM lending\nADD own.tar /\n";
    const flags = ["--harden", "--build-arg", "SOURCE_DATE_EPOCH=1650000000"];
    const facts = join(shop.it.folder, "epoch");
    writeFileSync(facts, "");
    const context = shop.it.context({ Dockerfile, ...OWN });
    const output = join(shop.it.folder, "epoch-layout");
    await shop.it.succeed([
      "build",
      ...flags,
      "-o",
      `type=oci,dest=${output},rewrite-timestamp=true`,
      context,
    ]);
    const read = (name: string) => execFileSync("tar", ["-xOf", output, name]);
    const blob = (digest: string) => JSON.parse(read(`blobs/sha256/${digest.slice(7)}`).toString("utf8"));
    const config = blob(
      blob(JSON.parse(read("index.json").toString("utf8")).manifests[0].digest).config.digest,
    );
    const own = config.history.slice(1) as readonly { created: string }[];
    expect(own.map(({ created }) => created)).toEqual(own.map(() => "2022-04-15T05:20:00Z"));
  });
});
