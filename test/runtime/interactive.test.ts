import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder, temporaryFolder } from "../support/folders.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { type CommandResult, requireTool, runCommand } from "../support/tools.ts";
import { prepareScene, writeBusybox } from "./containers.ts";

const PROGRAM = `
import { readFileSync } from "node:fs";
import { runContainer } from "./runtime/run-container.ts";
import { REAL_ROOT } from "./runtime/request.ts";
const [request, driver] = process.argv.slice(2);
const end = await runContainer(JSON.parse(readFileSync(request, "utf8")), {
  privilege: REAL_ROOT, path: process.env.PATH, driver, interactive: true, stdin: "inherit",
  ...(process.env.INHERIT ? {} : { streams: process }),
});
process.exitCode = end.exitCode;
`;

/** Gives the terminal a size that no default has. */
const SIZED = "stty rows 31 cols 97;";

const folder = makeFolder();
const program = join(folder.path, "program.mjs");
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(join(folder.path, "lower"))];
  buildSync({
    ...{ stdin: { contents: PROGRAM, resolveDir: join(PROJECT_ROOT, "src"), loader: "ts" }, bundle: true },
    ...{ outfile: program, platform: "node", format: "esm", external: ["koffi"] },
    // koffi is found from here, not from where the bundle lies.
    define: { "import.meta.url": JSON.stringify(import.meta.url) },
  });
});
afterAll(folder.remove);

/** Runs a script in a container that has our streams; `wrap` turns the command line into another one. */
async function run(
  driver: string,
  script: string,
  { terminal = false, input = "", inherit = false } = {},
): Promise<CommandResult> {
  const request = await prepareScene({ lowers, argv: ["/bin/sh", "-c", script], terminal });
  const file = join(temporaryFolder(), "request.json");
  writeFileSync(file, JSON.stringify(request));
  const argv = [process.execPath, program, file, driver];
  const [tool, ...args] = terminal
    ? [requireTool("script"), "--quiet", "--return", "--command", `${SIZED} ${argv.join(" ")}`, "/dev/null"]
    : argv;
  const env = { PATH: process.env.PATH ?? "", ...(inherit ? { INHERIT: "1" } : {}) };
  return runCommand(tool!, args, { input, env });
}

describe.each(["crun", "runc", "unshare"])("a container of %s with our own streams", (driver) => {
  it("reads our standard input and writes to our streams", async () => {
    const result = await run(driver, "cat; echo err >&2; exit 4", { input: "hello\n" });
    expect(result).toEqual({ exitCode: 4, stdout: "hello\n", stderr: "err\n" });
  });

  it("can open its streams by name, whatever ours are", async () => {
    // Ours are sockets here, which cannot be opened.
    const script = "cat /dev/stdin > /dev/stdout; echo err > /dev/stderr";
    const result = await run(driver, script, { input: "hello\n" });
    expect(result).toEqual({ exitCode: 0, stdout: "hello\n", stderr: "err\n" });
  });

  it("has our own descriptors where no streams are given", async () => {
    const result = await run(driver, "cat; echo err >&2", { input: "hello\n", inherit: true });
    expect(result).toEqual({ exitCode: 0, stdout: "hello\n", stderr: "err\n" });
  });

  it("ends though our standard input stays open", async () => {
    const result = await run(driver, "read -r line; echo $line", {
      input: `first\n${"more\n".repeat(50_000)}`,
    });
    expect(result).toEqual({ exitCode: 0, stdout: "first\n", stderr: "" });
  });

  it("has a terminal where asked", async () => {
    const { exitCode, stdout } = await run(
      driver,
      "test -t 0 && test -t 1 && test -t 2 && echo yes; exit 5",
      {
        terminal: true,
      },
    );
    // script tells of the end of its own input by a control character.
    expect([exitCode, stdout.replaceAll("^@", "")]).toEqual([5, "yes\r\n"]);
  });

  it("has a terminal of the size of ours, and reads what is typed", async () => {
    const script = 'stty size; read -r line; echo "got <$line>"';
    const { exitCode, stdout } = await run(driver, script, { terminal: true, input: "typed\n" });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("31 97\r\n");
    expect(stdout).toContain("got <typed>\r\n");
  });

  it("gives all that was written to the terminal, however early the process ends", async () => {
    const script = "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i + 1)); done";
    const { stdout } = await run(driver, script, { terminal: true });
    const lines = stdout.replaceAll("^@", "").split("\r\n");
    expect(lines).toEqual([...Array.from({ length: 500 }, (_, i) => `line ${i}`), ""]);
  });
});
