import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { detached, untilLogged, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

const SEEDED = `FROM busybox
RUN mkdir -p /data/sub && echo seed > /data/file && ln -s file /data/link && chown -R 7:8 /data && chmod 2750 /data && chmod 600 /data/file
VOLUME /data
`;

describe.each(Object.entries(shops))("volumes for %s", (_, shop) => {
  const out = async (...args: string[]) => (await shop.it.succeed(args)).stdout.trim();
  const volumes = async () => (await out("volume", "ls", "-q")).split("\n").filter(Boolean);

  beforeAll(async () => {
    await shop.it.succeed(["build", "-t", "seeded", shop.it.context({ Dockerfile: SEEDED })]);
  });

  it("DR-08: an empty volume takes what the image has, owner and mode included; what is in it stays", async () => {
    const look = "stat -c '%u:%g %a' /data /data/file; readlink /data/link; cat /data/file";
    const first = await out("run", "--rm", "-v", "named:/data", "seeded", "sh", "-c", look);
    expect(first.split("\n")).toEqual(["7:8 2750", "7:8 600", "file", "seed"]);
    await out(
      "run",
      "--rm",
      "-v",
      "named:/data",
      "seeded",
      "sh",
      "-c",
      "echo mine > /data/file; rm /data/link",
    );
    const again = await out(
      "run",
      "--rm",
      "-v",
      "named:/data",
      "seeded",
      "sh",
      "-c",
      "ls /data; cat /data/file",
    );
    expect(again.split("\n")).toEqual(["file", "sub", "mine"]);
    const empty = await out(
      "run",
      "--rm",
      "-v",
      "bare:/data:nocopy",
      "seeded",
      "sh",
      "-c",
      "ls /data; stat -c '%u %a' /data",
    );
    expect(empty).toBe("0 755");
    expect(await out("run", "--rm", "-v", "other:/elsewhere", "busybox", "ls", "/elsewhere")).toBe("");
    await out("volume", "rm", "named", "bare", "other");
    expect(await volumes()).toEqual([]);
  });

  it("DR-08: anonymous volumes come with VOLUME and -v, go with --rm and rm -v, and stay otherwise", async () => {
    await out("run", "--rm", "-v", "/more", "seeded", "true");
    expect(await volumes()).toEqual([]);
    await out("run", "--name", "kept", "-v", "/more", "seeded", "sh", "-c", "echo x > /data/x");
    expect(await volumes()).toHaveLength(2);
    expect(await out("volume", "prune", "-f")).toBe("Total reclaimed space: 0B");
    await out("rm", "-v", "kept");
    expect(await volumes()).toEqual([]);
    await out("run", "--name", "left", "seeded", "true");
    await out("rm", "left");
    expect(await volumes()).toHaveLength(1);
    expect(await out("volume", "prune", "-f")).toContain("Deleted Volumes:");
    expect(await volumes()).toEqual([]);
  });

  it("data outlives containers, and a volume that one has is not removed", async () => {
    await waiting(shop.it, "--name", "one", "-v", "shared:/d", "busybox");
    await out("exec", "one", "sh", "-c", "echo there > /d/f");
    expect(
      await out(
        "run",
        "--rm",
        "-v",
        "shared:/d:ro",
        "busybox",
        "sh",
        "-c",
        "cat /d/f; echo x > /d/g || echo shut",
      ),
    ).toBe("there\nshut");
    const refused = await shop.it.run(["volume", "rm", "shared"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain("in use by one");
    await out("rm", "-f", "one");
    expect(await out("run", "--rm", "-v", "shared:/d", "busybox", "cat", "/d/f")).toBe("there");
    await out("volume", "prune", "-af");
    expect(await volumes()).toEqual([]);
    expect((await shop.it.run(["volume", "rm", "shared"])).stderr).toContain("no such volume");
  });

  it("DR-08: a volume is filled once by several at once, and again where filling it was cut short", async () => {
    const count = ["sh", "-c", "cat /data/file; ls /data | wc -l"];
    const ends = await Promise.all(
      [1, 2, 3].map(() => out("run", "--rm", "-v", "raced:/data", "seeded", ...count)),
    );
    expect(ends).toEqual(["seed\n3", "seed\n3", "seed\n3"]);
    const [found] = JSON.parse(await out("volume", "inspect", "raced"));
    // As a kill leaves it: the mark, a copy that is not whole, and what was not moved yet.
    const folder = dirname(found.Mountpoint);
    const { uid, gid } = statSync(folder);
    rmSync(join(found.Mountpoint, "file"));
    mkdirSync(join(folder, "seed"));
    for (const left of ["seeding", "seed/file"]) writeFileSync(join(folder, left), "se");
    for (const left of ["seeding", "seed", "seed/file"]) chownSync(join(folder, left), uid, gid);
    expect(await out("run", "--rm", "-v", "raced:/data", "seeded", ...count)).toBe("seed\n3");
    expect(readdirSync(folder).sort()).toEqual(["data", "seed.lock", "volume.json"]);
    await out("volume", "rm", "raced");
  });

  it("DR-08: filling a volume leads nowhere else, whatever links another container puts into it meanwhile", async () => {
    const victim = join(shop.it.folder, "victim");
    mkdirSync(victim, { mode: 0o777 });
    chmodSync(victim, 0o777);
    const many =
      "FROM busybox\nRUN mkdir -p /data/sub && cd /data/sub && for i in $(seq 1500); do echo $i > f$i; done\n";
    await shop.it.succeed(["build", "-t", "many", shop.it.context({ Dockerfile: many })]);
    const exchange = `echo ready; while :; do [ ! -L /v/sub ] && [ -d /v/sub ] && mv /v/sub /v/x && ln -s ${victim} /v/sub; done`;
    await detached(
      shop.it,
      "--name",
      "exchanges",
      "-v",
      "exchanged:/v:nocopy",
      "busybox",
      "sh",
      "-c",
      exchange,
    );
    await untilLogged(shop.it, "exchanges", "ready");
    await out("run", "--rm", "-v", "exchanged:/data", "many", "true");
    expect(readdirSync(victim)).toEqual([]);
    const count = ["sh", "-c", "ls /d/x /d/sub/ 2>/dev/null | grep -c ^f"];
    await out("rm", "-f", "exchanges");
    expect(await out("run", "--rm", "-v", "exchanged:/d:nocopy", "busybox", ...count)).toBe("1500");
    await out("volume", "rm", "exchanged");
  });

  it("--volumes-from shares files and volumes, and anonymous ones go with the last container", async () => {
    await out("run", "--name", "first", "seeded", "sh", "-c", "echo first > /data/f");
    await out(
      "run",
      "--name",
      "second",
      "--volumes-from",
      "first:ro",
      "seeded",
      "sh",
      "-c",
      "cat /data/f && ! touch /data/g",
    );
    await out("rm", "-v", "first");
    expect(await volumes()).toHaveLength(1);
    await out("rm", "-v", "second");
    expect(await volumes()).toEqual([]);
    expect((await shop.it.run(["run", "--volumes-from", "nobody", "busybox"])).stderr).toContain(
      "no such container",
    );
  });

  it("--mount: binds, volumes by a path below them, tmpfs", async () => {
    const folder = join(shop.it.folder, "bound");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "f"), "bound");
    const run = (mount: string, line: string) =>
      out("run", "--rm", "--mount", mount, "busybox", "sh", "-c", line);
    expect(
      await run(`type=bind,src=${folder},dst=/m,ro`, "cat /m/f; touch /m/x 2>&1 | grep -c Read-only"),
    ).toBe("bound1");
    await run("src=tree,dst=/m", "mkdir -p /m/a/b; echo deep > /m/a/b/f; ln -s / /m/out");
    expect(await run("src=tree,dst=/m,volume-subpath=a/b", "cat /m/f")).toBe("deep");
    for (const path of ["none", "out", "../.."]) {
      const refused = await shop.it.run([
        "run",
        "--rm",
        "--mount",
        `src=tree,dst=/m,volume-subpath=${path}`,
        "busybox",
        "true",
      ]);
      expect(refused.exitCode).toBe(path === "none" ? 125 : refused.exitCode);
      expect(refused.exitCode).not.toBe(0);
    }
    expect(
      await run(
        "type=tmpfs,dst=/m,tmpfs-size=1m,tmpfs-mode=0711",
        "stat -c %a /m; grep -c 'size=1024k' /proc/mounts",
      ),
    ).toBe("711\n1");
    const options = await out(
      "run",
      "--rm",
      "--tmpfs",
      "/t:exec,size=2m",
      "busybox",
      "grep",
      " /t ",
      "/proc/mounts",
    );
    expect(options).toContain("size=2048k");
    expect(options).not.toContain("noexec");
    await out("volume", "rm", "tree");
  });

  it("DR-08: -v makes a folder that is missing, --mount refuses, and nothing is left behind", async () => {
    const missing = join(shop.it.folder, "missing");
    const refused = await shop.it.run([
      "run",
      "--rm",
      "-v",
      "/anonymous",
      "--mount",
      `type=bind,src=${missing},dst=/m`,
      "busybox",
      "true",
    ]);
    expect(refused).toMatchObject({ exitCode: 125 });
    expect(refused.stderr).toContain("does not exist");
    expect(existsSync(missing)).toBe(false);
    expect(await volumes()).toEqual([]);
    expect((await out("ps", "-aq")).split("\n").filter(Boolean)).toEqual([]);
    await out("run", "--rm", "-v", `${missing}:/m`, "busybox", "true");
    expect(readdirSync(missing)).toEqual([]);
  });
});

// What does not depend on who runs it is shown once.
describe("volumes, whoever has them", () => {
  const shop = shops.root;
  const out = async (...args: string[]) => (await shop.it.succeed(args)).stdout.trim();
  const volumes = async () => (await out("volume", "ls", "-q")).split("\n").filter(Boolean);

  it("`volume` speaks as Docker's: create, ls, inspect, and mistakes", async () => {
    expect(await out("volume", "create", "--label", "a=b", "made")).toBe("made");
    expect(await out("volume", "create", "made")).toBe("made");
    expect(await out("volume", "create")).toMatch(/^[0-9a-f]{64}$/);
    expect(await out("volume", "ls", "-q", "-f", "label=a=b")).toBe("made");
    expect(await out("volume", "ls")).toMatch(/^DRIVER +VOLUME NAME\n/);
    const [found] = JSON.parse(await out("volume", "inspect", "made"));
    expect(found).toMatchObject({ Name: "made", Driver: "local", Labels: { a: "b" }, Scope: "local" });
    expect(existsSync(found.Mountpoint)).toBe(true);
    expect((await shop.it.run(["volume", "create", "-d", "nfs", "x1"])).stderr).toContain(
      "local is the only one",
    );
    expect((await shop.it.run(["volume", "create", "a/b"])).stderr).toContain("no name of a volume");
    await out("run", "--name", "box", "-v", "made:/x:ro", "busybox", "true");
    expect((await shop.it.inspect("box")) as object).toMatchObject({
      Mounts: [{ Type: "volume", Name: "made", Destination: "/x", RW: false, Source: found.Mountpoint }],
    });
    await out("rm", "box");
    await out("volume", "prune", "-af");
    expect(await volumes()).toEqual([]);
  });

  it("a create that is refused leaves no volume, no folder and no name behind", async () => {
    const bind = join(shop.it.folder, "never-made");
    await shop.it.succeed(["create", "--name", "holder", "busybox", "true"]);
    const before = (await shop.it.succeed(["volume", "ls", "-q"])).stdout;
    for (const name of ["holder", "-wrong"]) {
      const flags = [`--name=${name}`, "-v", "left:/x", "-v", `${bind}:/y`];
      expect((await shop.it.run(["create", ...flags, "busybox", "true"])).exitCode).not.toBe(0);
    }
    const missing = ["--name=free", "-v", "left:/x", "--mount", "type=bind,source=/nosuch,target=/y"];
    expect((await shop.it.run(["create", ...missing, "busybox", "true"])).stderr).toContain("/nosuch");
    expect((await shop.it.succeed(["volume", "ls", "-q"])).stdout).toBe(before);
    expect(existsSync(bind)).toBe(false);
    await shop.it.succeed(["create", "--name", "free", "busybox", "true"]);
    await shop.it.succeed(["rm", "holder", "free"]);
  });
});
