import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { CLI } from "../support/cli.ts";
import { detached, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

describe.each(Object.entries(shops))("the files of a container of %s", (_, shop) => {
  const made = async (name: string, script: string) => {
    await detached(shop.it, "--name", name, "busybox", "sh", "-c", script);
    await shop.it.succeed(["wait", name]);
  };

  it("are compared with its image: added, changed, deleted", async () => {
    await made(
      "changed",
      "echo x > /new; echo y >> /etc/passwd; rm /etc/hostname /bin/wget; mkdir /d; touch /d/f",
    );
    expect((await shop.it.succeed(["diff", "changed"])).stdout).toBe(
      "C /bin\nD /bin/wget\nA /d\nA /d/f\nC /etc\nC /etc/passwd\nA /new\n",
    );
    await shop.it.succeed(["rm", "changed"]);
  });

  it("become an image with the container's configuration, and DR-01: the changes asked for", async () => {
    await made("source", "echo kept > /kept; chown 5:6 /kept; rm /bin/wget");
    const flags = ["-m", "why", "-a", "me", "-c", 'CMD ["cat", "/kept"]', "-c", "ENV A=b"];
    const { stdout } = await shop.it.succeed(["commit", ...flags, "source", "committed"]);
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const image = await shop.it.inspect("committed");
    expect(image).toMatchObject({ Comment: "why", Author: "me", Config: { Cmd: ["cat", "/kept"] } });
    expect(image.Config.Env).toContain("A=b");
    expect((await shop.it.succeed(["run", "--rm", "committed"])).stdout).toBe("kept\n");
    expect(await shop.it.shell("committed", "stat -c %u:%g /kept; ls /bin/wget 2>&1; true")).toMatch(
      /^5:6\nls: /,
    );
    // The container goes on with what it had.
    await shop.it.succeed(["start", "source"]);
    await shop.it.succeed(["wait", "source"]);
    await shop.it.succeed(["rm", "source"]);
  });

  it("are exported whole", async () => {
    const long = `long/${"0".repeat(150)}/${"1".repeat(150)}`;
    const script = [
      `mkdir -p /d/e /${long}; chmod 1777 /d; chown 1000:60000 /d/e; chmod 2750 /d/e`,
      "echo x > /new; touch -d @1000000000 /new; ln /new /same; ln -s new /link; mkfifo /fifo; rm /bin/wget",
      "echo y > '/näme with space'; echo gone > /dev/shm/x; echo kept > /dev/x",
    ];
    await made("exported", script.join("; "));
    await shop.it.succeed(["export", "-o", "files.tar", "exported"]);
    const archive = join(shop.it.folder, "files.tar");
    const list = ["--numeric-owner", "--quoting-style=literal", "--full-time", "-tvf", archive];
    const lines = execFileSync("tar", list, { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
    const entries = lines.split("\n").map((line) => line.replace(/ +/g, " "));
    for (const entry of [
      /^drwxrwxrwt 0\/0 0 \S+ \S+ d\/$/,
      /^drwxr-s--- 1000\/60000 0 \S+ \S+ d\/e\/$/,
      /^-rw-r--r-- 0\/0 2 2001-09-09 01:46:40 new$/,
      /^hrw-r--r-- 0\/0 0 2001-09-09 01:46:40 same link to new$/,
      /^lrwxrwxrwx 0\/0 0 \S+ \S+ link -> new$/,
      /^prw-r--r-- 0\/0 0 \S+ \S+ fifo$/,
      /^-rw-r--r-- 0\/0 2 \S+ \S+ näme with space$/,
      new RegExp(`^drwxr-xr-x 0/0 0 \\S+ \\S+ ${long}/$`),
      / bin\/busybox( |$)/,
    ])
      expect(entries).toContainEqual(expect.stringMatching(entry));
    // Neither what was removed nor what was mounted.
    for (const path of ["bin/wget", "dev/shm", "dev/x", "etc/hosts", "proc/self", "sys/fs"])
      expect(entries.filter((entry) => entry.includes(` ${path}`))).toEqual([]);
    expect(readFileSync(archive).subarray(-1024)).toEqual(Buffer.alloc(1024));
    await shop.it.succeed(["rm", "exported"]);
  });

  it("are copied in and out of a container that runs, and of one that does not", async () => {
    const { folder } = shop.it;
    mkdirSync(join(folder, "tree/sub"), { recursive: true });
    writeFileSync(join(folder, "tree/sub/file"), "deep\n", { mode: 0o640 });
    writeFileSync(join(folder, "single"), "one\n");
    chownAll(folder, shop.it.user);
    const id = await waiting(shop.it, "--name", "copied", "busybox");
    const check = async () => {
      await shop.it.succeed(["cp", "tree", "copied:/srv"]);
      await shop.it.succeed(["cp", "single", "copied:/tmp"]);
      await shop.it.succeed(["cp", "single", "copied:/tmp/renamed"]);
      await shop.it.succeed(["cp", "copied:/srv", "out"]);
      await shop.it.succeed(["cp", "copied:/tmp/.", "content"]);
      await shop.it.succeed(["cp", "copied:/tmp/renamed", "out"]);
      expect(readFileSync(join(folder, "out/sub/file"), "utf8")).toBe("deep\n");
      expect(statSync(join(folder, "out/sub/file")).mode & 0o777).toBe(0o640);
      expect(readFileSync(join(folder, "out/renamed"), "utf8")).toBe("one\n");
      expect(readdirSync(join(folder, "content")).sort()).toEqual(["renamed", "single"]);
      rmSync(join(folder, "out"), { recursive: true });
      rmSync(join(folder, "content"), { recursive: true });
    };
    await shop.it.succeed(["exec", "copied", "rm", "-rf", "/srv"]);
    await check();
    const { stdout } = await shop.it.succeed(["exec", "copied", "stat", "-c", "%u:%g", "/srv/sub/file"]);
    expect(stdout).toBe("0:0\n");
    await shop.it.succeed(["exec", "copied", "sh", "-c", "rm -rf /srv /tmp/*"]);
    await shop.it.succeed(["stop", id]);
    await check();
    const missing = await shop.it.run(["cp", "copied:/no/such", "out"]);
    expect(missing).toMatchObject({ exitCode: 1 });
    expect(missing.stderr).toContain("/no/such");
    expect((await shop.it.run(["cp", "single", "copied:/no/such/folder"])).exitCode).toBe(1);
    expect((await shop.it.run(["cp", "single", "here"])).exitCode).toBe(2);
    await shop.it.succeed(["rm", "copied"]);
  });

  it("are copied as archives through standard input and output", async () => {
    await waiting(shop.it, "--name", "piped", "busybox");
    await shop.it.succeed(["exec", "piped", "sh", "-c", "mkdir -p /a/b; echo x > /a/b/c"]);
    const env = { PATH: process.env.PATH ?? "", SLIPWAY_HOME: shop.it.home, HOME: shop.it.folder };
    const { user } = shop.it;
    const [file, ...args] = [...(user?.prefix ?? []), user?.node ?? process.execPath, user?.cli ?? CLI];
    const archive = execFileSync(file!, [...args, "cp", "piped:/a", "-"], { env });
    const names = execFileSync("tar", ["-t"], { input: archive, encoding: "utf8" });
    expect(names.split("\n").filter(Boolean)).toEqual(["a/", "a/b/", "a/b/c"]);
    await shop.it.succeed(["exec", "piped", "mkdir", "-p", "/into"]);
    await shop.it.succeed(["cp", "-", "piped:/into"], { input: archive });
    expect((await shop.it.succeed(["exec", "piped", "cat", "/into/a/b/c"])).stdout).toBe("x\n");
    await shop.it.succeed(["rm", "-f", "piped"]);
  });

  it("cannot lead out of the container by links that it made", async () => {
    const secret = join(shop.it.folder, "secret");
    writeFileSync(secret, "of the machine\n");
    chownAll(shop.it.folder, shop.it.user);
    const script = `mkdir -p ${shop.it.folder}; echo inside > ${secret}; ln -s ${secret} /link; ln -s ${shop.it.folder} /way; rm -f /w; ln -s / /w`;
    await made("links", script);
    await shop.it.succeed(["cp", "-L", "links:/link", "followed"]);
    expect(readFileSync(join(shop.it.folder, "followed"), "utf8")).toBe("inside\n");
    await shop.it.succeed(["cp", "followed", "links:/way/planted"]);
    expect(existsSync(join(shop.it.folder, "planted"))).toBe(false);
    expect(readFileSync(secret, "utf8")).toBe("of the machine\n");
    await shop.it.succeed(["rm", "links"]);
  });
});

/** What the test wrote as root has to belong to the user that works with it. */
function chownAll(folder: string, user: { readonly uid: number; readonly gid: number } | undefined): void {
  if (user && process.getuid?.() === 0)
    execFileSync("chown", [
      "-R",
      "-h",
      `${user.uid}:${user.gid}`,
      ...["tree", "single", "secret"].map((name) => join(folder, name)).filter((path) => existsSync(path)),
    ]);
}
