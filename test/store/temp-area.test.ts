import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { currentOwner } from "../../src/store/owner.ts";
import type { Store } from "../../src/store/store.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { runCommand, runOrFail } from "../support/tools.ts";
import { useChildProgram } from "./child.ts";
import { newStore } from "./open-store.ts";

const startChild = useChildProgram();
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("mounts in the temporary area are not tested: mounting takes root");

/** The folder of an owner that cannot be alive: a pid beyond what the kernel gives out. */
function deadOwner(store: Store): string {
  const [, start, namespace, boot] = currentOwner().split("-");
  const path = join(store.paths.temp, `4999999-${start}-${namespace}-${boot}`);
  mkdirSync(path);
  return path;
}

/** Binds `source` to `target` until the test ends. */
async function bind(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await runOrFail("mount", ["--bind", source, target]);
  onTestFinished(() => runCommand("umount", ["-l", target]).then(() => {}));
}

describe("the temporary area", () => {
  it("gives names that nobody has and nobody can guess, in a closed folder", () => {
    const store = newStore();
    const paths = Array.from({ length: 500 }, () => store.temp.file("x"));
    expect(new Set(paths).size).toBe(500);
    for (const path of paths) expect(path).toMatch(/\/tmp\/[0-9a-f-]+\/x-[0-9a-f]{32}$/);
    const directory = store.temp.directory("d");
    expect([statSync(directory).mode & 0o777, readdirSync(directory)]).toEqual([0o700, []]);
    expect(statSync(join(directory, "..")).mode & 0o777).toBe(0o700);
    expect(existsSync(paths[0]!)).toBe(false);
  });

  it("removes what it gave, whatever the modes in it, and does not mind what is gone", async () => {
    const store = newStore();
    const directory = writeTree(store.temp.directory("d"), { "a/b/file": "x", "c/file": "y" });
    for (const path of ["a/b", "a", "c"]) chmodSync(join(directory, path), 0o000);
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), "x");
    await store.temp.remove(directory);
    await store.temp.remove(directory);
    await store.temp.remove(join(directory, "below/what/is/gone"));
    expect(existsSync(directory)).toBe(false);
  });

  it("goes with its process when it is empty, and stays when it is not", async () => {
    const store = newStore();
    await store.temp.remove(store.temp.directory("d"));
    await store.close();
    expect(readdirSync(store.paths.temp)).toEqual([]);
    const later = newStore(store.paths.home);
    later.temp.directory("d");
    await later.close();
    expect(readdirSync(store.paths.temp)).toEqual([currentOwner()]);
  });
});

describe("a sweep", () => {
  it("removes what a killed process left, and nothing while it lives", async () => {
    const store = newStore();
    const child = startChild(store.paths.home, "litter");
    const directory = await child.line();
    const mine = store.temp.directory("mine");
    expect(await store.temp.sweep()).toEqual({ removed: [], failed: [] });
    expect(existsSync(join(directory, "closed/file"))).toBe(true);
    child.kill();
    await child.ended;
    expect(await store.temp.sweep()).toEqual({ removed: [join(directory, "..")], failed: [] });
    expect([existsSync(mine), readdirSync(store.paths.temp)]).toEqual([true, [currentOwner()]]);
  });

  it("removes what earlier boots left, and what a pid that came back does not own", async () => {
    const store = newStore();
    const [pid, start, namespace, boot] = currentOwner().split("-");
    const owners = [
      `${pid}-${start}-${namespace}-0123456789ab`,
      `${pid}-${Number(start) + 1}-${namespace}-${boot}`,
      `1-1-${namespace}-${boot}`,
    ];
    for (const owner of owners) writeTree(join(store.paths.temp, owner), { "blob-1": "x" });
    const { removed } = await store.temp.sweep();
    expect([...removed].sort()).toEqual(owners.map((owner) => join(store.paths.temp, owner)).sort());
  });

  it("leaves what may belong to a living process of another pid namespace, and what is no owner's", async () => {
    const store = newStore();
    const [, start, , boot] = currentOwner().split("-");
    const names = [`4999999-${start}-1-${boot}`, "notes", "4999999-1", "partial"];
    for (const name of names) writeTree(join(store.paths.temp, name), { file: "x" });
    expect(await store.temp.sweep()).toEqual({ removed: [], failed: [] });
    expect(readdirSync(store.paths.temp)).toEqual(expect.arrayContaining(names));
  });

  it("never follows a link", async () => {
    const store = newStore();
    const outside = writeTree(temporaryFolder(), { "keep/file": "x" });
    const owner = deadOwner(store);
    symlinkSync(outside, join(owner, "link"));
    symlinkSync(join(outside, "keep/file"), join(owner, "file-link"));
    symlinkSync("missing", join(owner, "dangling"));
    symlinkSync(outside, `${owner}0`);
    mkdirSync(store.paths.partial);
    symlinkSync(outside, join(store.paths.partial, "ab"));
    expect((await store.temp.sweep()).failed).toEqual([]);
    expect([existsSync(owner), lstatSync(`${owner}0`, { throwIfNoEntry: false })]).toEqual([
      false,
      undefined,
    ]);
    expect(readFileSync(join(outside, "keep/file"), "utf8")).toBe("x");
  });

  it("discards what is not needed while other work goes on, and waits for it in the end", async () => {
    const store = newStore();
    const folders = [0, 1].map(() => store.temp.directory("scratch"));
    for (const folder of folders) writeFileSync(join(folder, "file"), "");
    chmodSync(folders[0]!, 0o000);
    for (const folder of folders) store.temp.discard(folder);
    store.temp.discard(join(folders[1]!, "not/there"));
    await store.close();
    expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it.runIf(isRoot)("never goes into a mount, and says what it could not remove", async () => {
    const store = newStore();
    const outside = writeTree(temporaryFolder(), { "keep/file": "x" });
    const owner = deadOwner(store);
    writeTree(owner, { "a/file": "y", "b/file": "z" });
    await bind(outside, join(owner, "a/mount point"));
    const { removed, failed } = await store.temp.sweep();
    expect([removed, failed.map(({ path }) => path)]).toEqual([[], [owner]]);
    expect(failed[0]!.error).toMatchObject({ code: "STORE_BUSY" });
    expect(readdirSync(owner)).toEqual(["a"]);
    expect(readFileSync(join(outside, "keep/file"), "utf8")).toBe("x");
    await runOrFail("umount", [join(owner, "a/mount point")]);
    expect(await store.temp.sweep()).toEqual({ removed: [owner], failed: [] });
  });

  it.runIf(isRoot)("never goes into a mount when the store is reached through a link", async () => {
    const real = newStore();
    const link = join(temporaryFolder(), "home");
    symlinkSync(real.paths.home, link);
    const store = newStore(link);
    const outside = writeTree(temporaryFolder(), { "keep/file": "x" });
    const owner = deadOwner(store);
    await bind(outside, join(owner, "mount"));
    expect((await store.temp.sweep()).removed).toEqual([]);
    expect(readFileSync(join(outside, "keep/file"), "utf8")).toBe("x");
  });

  it.runIf(isRoot)("leaves an owner's folder that is a mount itself", async () => {
    const store = newStore();
    const outside = writeTree(temporaryFolder(), { file: "x" });
    const owner = deadOwner(store);
    await bind(outside, owner);
    const { removed, failed } = await store.temp.sweep();
    expect([removed, failed.map(({ path }) => path)]).toEqual([[], [owner]]);
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("x");
  });
});
