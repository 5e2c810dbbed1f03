import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { Exportable } from "../../src/output/exportable.ts";
import { writeLayoutFolder } from "../../src/output/oci-layout.ts";
import { libc } from "../../src/sys/libc.ts";
import { temporaryFolder } from "../support/folders.ts";

/** An image of no blobs under a name, for which only index.json is written. */
function named(name: string) {
  const root = { mediaType: MEDIA.ociManifest, digest: digestOf(name), size: 1 };
  const source = { fetch: () => Promise.reject(new Error("there are no blobs")) };
  const image: Exportable = { root, documents: new Map(), blobs: [], images: [], source };
  return { images: [{ image, names: [`docker.io/library/${name}:1`] }], dockerManifest: false };
}

function namesIn(layout: string): string[] {
  const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  return manifests.map(
    (one: { annotations: Record<string, string> }) => one.annotations["io.containerd.image.name"],
  );
}

describe("a folder with an OCI layout", () => {
  it("XP-03: who merges into it waits for another process that does", async () => {
    const [layout, other] = [temporaryFolder(), temporaryFolder()];
    for (const at of [layout, other]) await writeLayoutFolder(named("first"), at, { cwd: "/" });
    await writeLayoutFolder(named("theirs"), other, { cwd: "/" });
    const descriptor = openSync(layout, "r");
    expect(libc().lock(descriptor, "exclusive")).toBe(true);
    const written = writeLayoutFolder(named("ours"), layout, { cwd: "/" });
    // Time enough for one that does not wait.
    await Promise.race([written, sleep(300)]);
    writeFileSync(join(layout, "index.json"), readFileSync(join(other, "index.json")));
    closeSync(descriptor);
    await written;
    const names = ["first", "theirs", "ours"].map((name) => `docker.io/library/${name}:1`);
    expect(namesIn(layout)).toEqual(names);
    expect(readdirSync(layout).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  });

  it("XP-03: a wait for it ends when the build is cancelled", async () => {
    const layout = temporaryFolder();
    const descriptor = openSync(layout, "r");
    expect(libc().lock(descriptor, "exclusive")).toBe(true);
    const signal = AbortSignal.abort();
    await expect(writeLayoutFolder(named("ours"), layout, { cwd: "/", signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    closeSync(descriptor);
  });
});
