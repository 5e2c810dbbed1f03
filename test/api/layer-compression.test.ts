import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTree } from "../support/folders.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
let registry: TestRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry?.stop());

/** Enough bytes for a program to be worth its start; others for each `word`. */
const files = (word: string) => ({
  Dockerfile: "FROM scratch\nCOPY f /f\n",
  f: Array.from({ length: 400_000 }, (_, i) => `${word}${i % 977}`).join(" "),
});

let trials = 0;

/** A PATH whose igzip is this script, behind a line that counts its starts. */
function igzipOf(script: string) {
  trials += 1;
  const folder = join(shop.it.folder, `tools-${trials}`);
  const log = join(folder, "log");
  writeTree(folder, { igzip: `#!/bin/sh\nPATH=/usr/bin:/bin\necho >>${log}\n${script}\n` });
  chmodSync(join(folder, "igzip"), 0o755);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  return { env, starts: () => (existsSync(log) ? readFileSync(log, "utf8").length : 0) };
}

/** The only layer of the image in an OCI layout: its digest, and its bytes. */
function layerIn(layout: string) {
  const read = (digest: string) => readFileSync(join(layout, "blobs/sha256", digest.slice(7)));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const manifest = JSON.parse(read(index.manifests[0].digest).toString());
  const { digest } = manifest.layers[0];
  return { digest: digest as string, bytes: read(digest) };
}

const layoutFolder = () => join(shop.it.folder, `layout-${++trials}`);

describe("a compressor that the machine has", () => {
  it("compresses a layer once, however often and wherever it leaves", async () => {
    const { env, starts } = igzipOf("gzip -1c");
    const name = `${registry.host}/yard/once:1`;
    const context = shop.it.context(files("once"));
    await shop.it.succeed(["build", "-t", name, "--push", context], { env });
    expect(starts()).toBe(1);
    const folder = layoutFolder();
    await shop.it.succeed(["push", name], { env });
    await shop.it.succeed(["build", "--push", "-t", `${registry.host}/yard/twice:1`, context], { env });
    await shop.it.succeed(["build", "-o", `type=oci,tar=false,dest=${folder}`, context], { env });
    await shop.it.succeed(["save", "-o", join(shop.it.folder, "once.tar"), name], { env });
    expect(starts()).toBe(1);
    expect(gunzipSync(layerIn(folder).bytes).includes("once976 once0")).toBe(true);
    const other = layoutFolder();
    await shop.it.succeed(["build", "-o", `type=oci,tar=false,dest=${other}`, context]);
    expect(layerIn(other).digest).toBe(layerIn(folder).digest);
  });

  it("is not used where a level or reproducible results are asked for", async () => {
    const { env, starts } = igzipOf("gzip -1c");
    const context = shop.it.context(files("same"));
    const digest = async (output: string, more: Readonly<Record<string, string>> = {}) => {
      const folder = layoutFolder();
      const flags = ["-o", `type=oci,tar=false,dest=${folder}${output}`];
      await shop.it.succeed(["build", ...flags, context], { env: { ...env, ...more } });
      return layerIn(folder).digest;
    };
    const ours = await digest("", { SOURCE_DATE_EPOCH: "1700000000" });
    await digest(",compression-level=4");
    await digest(",rewrite-timestamp=true,source-date-epoch=1700000000");
    await digest(",source-date-epoch=1700000000");
    expect(starts()).toBe(0);
    expect(await digest("")).toBe(ours);
    expect(starts()).toBe(0);
  });

  it("leaves no mark on reproducible results that come later", async () => {
    const { env, starts } = igzipOf("gzip -1c");
    const name = "later";
    const context = shop.it.context(files(name));
    const [first, second] = [layoutFolder(), layoutFolder()];
    await shop.it.succeed(["build", "-t", name, "-o", `type=oci,tar=false,dest=${first}`, context], { env });
    expect(starts()).toBe(1);
    const epoch = { SOURCE_DATE_EPOCH: "1700000000" };
    await shop.it.succeed(["build", "-o", `type=oci,tar=false,dest=${second}`, context], {
      env: { ...env, ...epoch },
    });
    expect(layerIn(second).digest).not.toBe(layerIn(first).digest);
    expect(starts()).toBe(1);
  });

  it("that fails is replaced by our own", async () => {
    const { env, starts } = igzipOf("head -c 100000 | gzip -c");
    const folder = layoutFolder();
    const context = shop.it.context(files("broken"));
    await shop.it.succeed(["build", "-o", `type=oci,tar=false,dest=${folder}`, context], { env });
    expect(starts()).toBe(1);
    expect(gunzipSync(layerIn(folder).bytes).includes("broken976 broken0")).toBe(true);
  });
});
