import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

const FILES = {
  Dockerfile: "FROM scratch\nCOPY *.txt /texts/\nCOPY --exclude=*.tmp tree /tree\nCOPY link /link\n",
  ".dockerignore": "tree/hidden\n",
  "a.txt": "a\n",
  "tree/d/f": "same size\n",
  "tree/hidden/g": "g\n",
  "tree/x.tmp": "x\n",
};

/** Writes that lie further back than any file system's clock is coarse. */
const atRest = () => setTimeout(100);

function newContext(): string {
  const context = shop.it.context(FILES);
  symlinkSync("tree/d", join(context, "link"));
  return context;
}

async function statesAfter(context: string): Promise<(string | undefined)[]> {
  const { stderr } = await shop.it.succeed(["build", "--progress=plain", context]);
  return ["*.txt", "COPY --exclude", "COPY link"].map((step) => stateOf(stderr, step));
}

/** Two builds after which all of the context is known by its stats, and one that shows it. */
async function settle(context: string): Promise<void> {
  await atRest();
  await shop.it.succeed(["build", "-q", context]);
  await shop.it.succeed(["build", "-q", context]);
}

const ALL = ["CACHED", "CACHED", "CACHED"];

describe("a build on a context that was seen before", () => {
  it("DESIGN 4: opens no file of it, and finds every step in the cache", async () => {
    const context = newContext();
    await settle(context);
    const trace = join(shop.it.folder, "opened");
    writeFileSync(
      `${trace}.cjs`,
      `const fs = require("node:fs"); const seen = [];
       for (const name of ["openSync", "readdirSync"]) {
         const call = fs[name];
         fs[name] = (path, ...rest) => { seen.push(name + " " + path); return call(path, ...rest); };
       }
       require("node:module").syncBuiltinESMExports();
       process.on("exit", () => fs.writeFileSync(${JSON.stringify(trace)}, seen.join("\\n")));`,
    );
    const env = { NODE_OPTIONS: `--require=${trace}.cjs` };
    await shop.it.succeed(["build", "-q", context], { env });
    const opened = readFileSync(trace, "utf8").split("\n");
    expect(opened.length).toBeGreaterThan(1);
    expect(opened.filter((line) => line.includes(join(context, "tree")))).toEqual([]);
    expect(await statesAfter(context)).toEqual(ALL);
  });

  const changes: readonly (readonly [string, (context: string) => void, readonly string[]])[] = [
    [
      "other bytes of the same size",
      (at) => writeFileSync(join(at, "tree/d/f"), "SAME SIZE\n"),
      ["CACHED", "DONE", "DONE"],
    ],
    [
      "other bytes with the size and time of before",
      (at) => {
        const { atime, mtime } = statSync(join(at, "tree/d/f"));
        writeFileSync(join(at, "tree/d/f"), "SAME size\n");
        utimesSync(join(at, "tree/d/f"), atime, mtime);
      },
      ["CACHED", "DONE", "DONE"],
    ],
    ["another mode", (at) => chmodSync(join(at, "tree/d/f"), 0o755), ["CACHED", "DONE", "DONE"]],
    [
      "a new file that a wildcard matches",
      (at) => writeFileSync(join(at, "b.txt"), "b\n"),
      ["DONE", "DONE", "DONE"],
    ],
    [
      "a new file deep down",
      (at) => writeFileSync(join(at, "tree/d/new"), "n\n"),
      ["CACHED", "DONE", "DONE"],
    ],
    ["a file that is gone", (at) => rmSync(join(at, "tree/d/f")), ["CACHED", "DONE", "DONE"]],
    [
      "a file that has another name",
      (at) => renameSync(join(at, "tree/d/f"), join(at, "tree/d/e")),
      ["CACHED", "DONE", "DONE"],
    ],
    [
      "a link that leads elsewhere",
      (at) => {
        mkdirSync(join(at, "tree2"));
        rmSync(join(at, "link"));
        symlinkSync("tree2", join(at, "link"));
      },
      ["CACHED", "CACHED", "DONE"],
    ],
    [
      "an ignore file that ignores less",
      (at) => writeFileSync(join(at, ".dockerignore"), "none\n"),
      ["CACHED", "DONE", "DONE"],
    ],
    [
      "a Dockerfile that excludes less",
      (at) => writeFileSync(join(at, "Dockerfile"), FILES.Dockerfile.replace("*.tmp", "*.no")),
      ["CACHED", "DONE", "DONE"],
    ],
    ["a change of what is ignored", (at) => writeFileSync(join(at, "tree/hidden/g"), "other\n"), ALL],
    ["a change of what nobody copies", (at) => writeFileSync(join(at, "README"), "read\n"), ALL],
    ["a touched file", (at) => utimesSync(join(at, "tree/d/f"), 5, 5), ALL],
  ];

  it.each(changes)("sees %s", async (_, change, states) => {
    const context = newContext();
    await settle(context);
    change(context);
    // Steps above a changed one keep their result, those below it have another parent.
    expect((await statesAfter(context)).map((state) => (state === "DONE" ? "DONE" : state))).toEqual(states);
    expect(await statesAfter(context)).toEqual(ALL);
  });

  it("sees a folder that was exchanged for another with the same names and bytes", async () => {
    const context = newContext();
    await settle(context);
    execFileSync("cp", ["-a", join(context, "tree"), join(context, "tree3")]);
    renameSync(join(context, "tree"), join(context, "old"));
    renameSync(join(context, "tree3"), join(context, "tree"));
    expect(await statesAfter(context)).toEqual(ALL);
    appendFileSync(join(context, "tree/d/f"), "more\n");
    expect(await statesAfter(context)).toEqual(["CACHED", "DONE", "DONE"]);
  });

  it("runs a step again whose record was removed", async () => {
    const context = newContext();
    await settle(context);
    await shop.it.succeed(["system", "prune", "--all", "--force"]);
    expect(await statesAfter(context)).toEqual(["DONE", "DONE", "DONE"]);
  });

  it("keeps no sighting of files that were written a moment ago", async () => {
    const context = newContext();
    await settle(context);
    for (let round = 0; round < 5; round++) {
      writeFileSync(join(context, "tree/d/f"), `round ${round}\n`);
      expect(await statesAfter(context)).toEqual(["CACHED", "DONE", "DONE"]);
      writeFileSync(join(context, "tree/d/f"), `ROUND ${round}\n`);
      expect(await statesAfter(context)).toEqual(["CACHED", "DONE", "DONE"]);
    }
  });
});
