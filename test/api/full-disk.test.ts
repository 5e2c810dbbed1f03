import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "../support/cli.ts";
import { startRegistry } from "../support/registry.ts";
import { busyboxRootfs } from "../support/root-filesystems.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { asUser } from "../support/test-user.ts";
import { useWorkshop } from "./workshop.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("full disks are not tested: mounting a small one takes root");
const shop = useWorkshop();
const MiB = 1 << 20;

/** A store on a disk of its own, with a base and an image made from it. */
async function smallStore(bytes: number) {
  const disk = await smallDisk(bytes);
  const home = join(disk, "home");
  const run = (...args: string[]) => shop.it.run(args, { home });
  await shop.it.succeed(["import", "-", "busybox"], { home, input: readFileSync(await busyboxRootfs()) });
  return { disk, home, run };
}

describe.runIf(isRoot)("a store on a full disk", () => {
  it("keeps nothing of a pull that does not fit", async () => {
    const registry = await startRegistry();
    onTestFinished(registry.stop);
    const name = `${registry.host}/big:1`;
    const files = { Dockerfile: "FROM scratch\nCOPY big /\n", big: randomBytes(20 * MiB) };
    await shop.it.succeed(["build", "-q", "-t", name, "--push", shop.it.context(files)]);
    const { home, run } = await smallStore(16 * MiB);
    const { exitCode, stderr } = await run("pull", name);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("(DISK_FULL)")]);
    expect(stderr).not.toContain("INTERNAL");
    expect(readdirSync(join(home, "tmp/partial"))).toEqual([]);
    expect((await run("system", "prune", "-f")).exitCode).toBe(0);
  });

  it("says so in every command, keeps working images, and can be pruned", async () => {
    const { disk, home, run } = await smallStore(16 * MiB);
    const old = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo old > /x\n" });
    const fresh = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo new > /x\n" });
    expect((await run("build", "-q", "-t", "old", old)).exitCode).toBe(0);
    fill(disk);
    // What a killed process leaves of a download.
    const partial = join(home, "tmp/partial");
    mkdirSync(partial, { recursive: true });
    renameSync(join(disk, "ballast"), join(partial, "a".repeat(64)));

    const usage = JSON.parse((await run("system", "df", "--format=json")).stdout);
    const temporary = usage.find(({ type }: { type: string }) => type === "Temporary");
    expect(temporary).toMatchObject({ count: 1, reclaimable: temporary.bytes });
    expect(temporary.bytes).toBeGreaterThan(4 * MiB);

    expect(await run("build", "-t", "old", old)).toMatchObject({ exitCode: 0 });
    const failed = await run("build", "-t", "fresh", fresh);
    expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("(DISK_FULL)")]);
    expect(failed.stderr).not.toMatch(/INTERNAL|Write error|^ +at /m);

    const pruned = await run("system", "prune", "-f");
    expect(pruned).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readdirSync(partial)).toEqual([]);
    expect(await run("build", "-t", "fresh", fresh)).toMatchObject({ exitCode: 0 });
  });

  it("of an ordinary user can be pruned, too", async () => {
    const user = await asUser();
    onTestFinished(user.remove);
    const disk = await smallDisk(16 * MiB);
    chownSync(disk, user.uid, user.gid);
    const home = join(disk, "home");
    const run = (args: string[], input = "") => runCli(args, { home, cwd: user.home, user, input });
    const built = await run(["build", "-q", "-t", "a", "-"], "FROM scratch\nLABEL a=b\n");
    expect(built).toMatchObject({ exitCode: 0 });
    // Once with a download of a dead process to give up, once with nothing.
    fill(disk);
    mkdirSync(join(home, "tmp/partial"), { recursive: true });
    chownSync(join(home, "tmp/partial"), user.uid, user.gid);
    renameSync(join(disk, "ballast"), join(home, "tmp/partial", "a".repeat(64)));
    const pruned = await run(["system", "prune", "-f"]);
    expect([pruned.exitCode, pruned.stderr]).toEqual([0, ""]);
    expect(Number(/space: (\d+)/.exec(pruned.stdout)?.[1])).toBeGreaterThan(4);
    rmSync(join(home, "compile-cache"), { recursive: true, force: true });
    fill(disk);
    expect(await run(["system", "prune", "-a", "-f"])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("gives up images and the whole cache when nothing at all is free", async () => {
    const { disk, run } = await smallStore(16 * MiB);
    const context = shop.it.context({ Dockerfile: "FROM busybox\nRUN echo old > /x\n" });
    expect((await run("build", "-q", "-t", "old", context)).exitCode).toBe(0);
    const refill = () => {
      rmSync(join(disk, "ballast"), { force: true });
      return fill(disk);
    };
    refill();
    expect(await run("rmi", "old")).toMatchObject({ exitCode: 0, stderr: "" });
    refill();
    expect(await run("system", "prune", "-a", "-f")).toMatchObject({ exitCode: 0, stderr: "" });
    refill()();
    const again = await run("build", "--progress=plain", "-t", "old", context);
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("MISS")]);
  });
});
