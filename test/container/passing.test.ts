import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerStore } from "../../src/container/container-store.ts";
import { openStore } from "../../src/store/store.ts";
import { useWorkshop } from "../api/workshop.ts";
import { temporaryFolder } from "../support/folders.ts";
import { DRAFT, detached, killMonitor } from "./containers.ts";

describe("containers that remove themselves", () => {
  it("are found without a look at the others, and forgotten when they are gone", async () => {
    const store = openStore(temporaryFolder());
    const containers = new ContainerStore(store);
    const make = (autoRemove: boolean) =>
      containers.create({ ...DRAFT, options: { image: "busybox", autoRemove } }, containers.claim());
    make(false);
    const [removed, lost, kept] = [make(true), make(true), make(true)];
    const ids = () => containers.passing().map(({ record }) => record.id);
    expect(ids().sort()).toEqual([removed, lost, kept].map(({ record }) => record.id).sort());
    await containers.remove(removed);
    rmSync(lost.folder.path, { recursive: true });
    expect(ids()).toEqual([kept.record.id]);
    expect(readdirSync(store.paths.passing)).toEqual([kept.record.id]);
    await store.close();
  });
});

describe("run", () => {
  const shop = useWorkshop();

  it("removes what a monitor that was killed should have removed", async () => {
    const id = await detached(shop.it, "--rm", "busybox", "sleep", "1000");
    await killMonitor(shop.it, id);
    const other = await detached(shop.it, "--name", "other", "busybox", "true");
    expect(existsSync(join(shop.it.home, "containers", id))).toBe(false);
    expect(existsSync(join(shop.it.home, "containers", other))).toBe(true);
  });

  it("needs no database for an image that was started before", async () => {
    await shop.it.succeed(["run", "--rm", "busybox", "true"]);
    const index = join(shop.it.home, "index.lmdb");
    for (const name of ["index.lmdb", "index.lmdb-lock"])
      renameSync(join(shop.it.home, name), join(shop.it.home, `${name}.away`));
    await shop.it.succeed(["run", "--rm", "busybox", "true"]);
    expect(existsSync(index)).toBe(false);
    renameSync(`${index}.away`, index);
    rmSync(`${index}-lock.away`);
  });
});
