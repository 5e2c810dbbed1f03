import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/cli.ts";
import { type CommandResult, runCommand } from "../support/tools.ts";
import { useWorkshop, type Workshop } from "./workshop.ts";

const root = useWorkshop();
const rootless = useWorkshop({ rootless: true });

/** Files below a folder that have this text in them. */
function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .filter((file) => readFileSync(file, "latin1").includes(text));
}

/** Whether a process has a file open. */
function holds(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}

/** Runs a shell line with `slipway` in it. */
function shellLine({ home, user, folder }: Workshop, line: string): Promise<CommandResult> {
  const slipway = user ? `'${user.node}' '${user.cli}'` : `'${process.execPath}' '${CLI}'`;
  const argv = [...(user?.prefix ?? []), "sh", "-c", `slipway() { ${slipway} "$@"; }; ${line}`];
  return runCommand(argv[0]!, argv.slice(1), {
    cwd: folder,
    env: { PATH: process.env.PATH!, HOME: user?.home ?? folder, SLIPWAY_HOME: home },
  });
}

const TWICE = {
  Dockerfile: [
    "FROM busybox",
    "RUN --mount=type=secret,id=k cat /run/secrets/k > /first",
    "RUN --mount=type=secret,id=k cat /run/secrets/k > /second",
    "",
  ].join("\n"),
};

describe("secrets that can be read only once", () => {
  it("MT-14: a pipe's content reaches every step", async () => {
    const built = await shellLine(
      root.it,
      `printf hunter2 | slipway build -t piped --secret id=k,src=/dev/stdin '${root.it.context(TWICE)}'`,
    );
    expect(built.stderr).not.toContain("ERROR");
    expect(await root.it.shell("piped", "cat /first /second")).toBe("hunter2hunter2");
  });

  it("MT-14: so it does where an ordinary user's build goes on inside a namespace", async () => {
    const built = await shellLine(
      rootless.it,
      `printf hunter2 | slipway build -t piped --secret id=k,src=/dev/fd/0 '${rootless.it.context(TWICE)}'`,
    );
    expect(built.stderr).not.toContain("ERROR");
    expect(await rootless.it.shell("piped", "cat /first /second")).toBe("hunter2hunter2");
  });

  it("MT-14: a pipe that nobody writes to does not outlive SIGTERM and Ctrl-C, whoever reads it", async () => {
    const { folder, home } = root.it;
    const pipe = join(folder, "nobody-writes");
    execFileSync("mkfifo", [pipe]);
    const context = root.it.context({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const ways = [
      ["build", "--secret", `id=k,src=${pipe}`],
      ["build", "--ssh", `default=${pipe}`],
      ["build", "-f", pipe],
      ["lock", "--secret", `id=k,src=${pipe}`],
    ];
    for (const [i, way] of ways.entries()) {
      const env = { PATH: process.env.PATH!, HOME: folder, SLIPWAY_HOME: home };
      const child = spawn(process.execPath, [CLI, ...way, context], { env, stdio: "ignore" });
      const ended = once(child, "exit");
      while (child.exitCode === null && !holds(child.pid!, pipe)) await setImmediate();
      child.kill(i === 0 ? "SIGINT" : "SIGTERM");
      expect(await ended, way.join(" ")).toEqual([i === 0 ? 130 : 143, null]);
    }
  });

  it("MT-14: nothing without an end is read to its end", async () => {
    const context = root.it.context(TWICE);
    const built = await root.it.run(["build", "--secret", "id=k,src=/dev/zero", context]);
    expect(built.exitCode).not.toBe(0);
    expect(built.stderr).toContain("larger than 500 KiB");
  });

  it("MT-14: a variable that is a secret is on no disk while the step runs, and nothing stays after a kill", async () => {
    const { home, folder } = root.it;
    const context = root.it.context({
      Dockerfile:
        "FROM busybox\nRUN --mount=type=secret,id=k,env=KEY echo started ${#KEY}; while :; do sleep 0.1; done\n",
    });
    const child = spawn(
      process.execPath,
      [CLI, "build", "--progress=plain", "--secret", "id=k,env=VALUE", context],
      {
        cwd: folder,
        env: { PATH: process.env.PATH!, HOME: folder, SLIPWAY_HOME: home, VALUE: "swordfish" },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const ended = new Promise((done) => child.once("exit", done));
    let progress = "";
    for await (const chunk of child.stderr!) {
      progress += chunk;
      if (!/started 9/.test(progress) || child.killed) continue;
      expect(filesWith("swordfish", join(home, "tmp"))).toEqual([]);
      child.kill("SIGKILL");
    }
    await ended;
    expect(progress).toMatch(/started 9/);
    expect(filesWith("swordfish", home)).toEqual([]);
    await root.it.succeed(["images"]);
    expect(readdirSync(join(home, "tmp"))).toEqual([]);
  });

  it("SPEC 8.1: a folder, a missing file and one that is too large fail before anything runs", async () => {
    const context = root.it.context(TWICE);
    const large = join(root.it.folder, "large");
    writeFileSync(large, Buffer.alloc(500 * 1024 + 1));
    for (const [file, message] of [
      [root.it.folder, "cannot be read (EISDIR)"],
      [join(root.it.folder, "missing"), "cannot be read (ENOENT)"],
      [large, "larger than 500 KiB"],
    ] as const) {
      const built = await root.it.run(["build", "--progress=plain", "--secret", `id=k,src=${file}`, context]);
      expect(built.stderr).toContain(message);
      expect(built.stderr).not.toContain("[2/3]");
    }
  });
});
