import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { automatonOf, matches } from "../../src/preflight/automaton.ts";
import { parseContract } from "../../src/preflight/parse-contract.ts";
import { patternFunction } from "../../src/preflight/script/pattern-function.ts";
import { quoted } from "../../src/preflight/script/quote.ts";
import { writeScript } from "../../src/preflight/script/write-script.ts";
import { temporaryFolder } from "../support/folders.ts";
import { fc } from "../support/property.ts";
import { hasTool, requireTool, runCommand } from "../support/tools.ts";
import { isBearable, patternText } from "./pattern-text.ts";
import { runShell, SHELLS } from "./shells.ts";

let server: Server;
let port = 0;
beforeAll(async () => {
  server = createServer((socket) => socket.on("error", () => {}).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => {
  server.close();
});

function scriptOf(yaml: string, options: Partial<Parameters<typeof writeScript>[1]> = {}): string {
  const { contract } = parseContract(`version: 1\n${yaml}`, "preflight.yaml");
  return writeScript(contract, { program: [], strict: false, ...options });
}

describe.each(SHELLS)("an entry script under %s", (...shell) => {
  it("becomes the program, with its arguments and nothing of its own in the environment", async () => {
    const script = scriptOf('env: {NAME: {pattern: "[a-z]+"}}', { program: ["env", "-u", "it's"] });
    const ended = await runShell(shell, script, {
      folder: temporaryFolder(),
      args: ["sh", "-c", 'echo "$0 $NAME $pf_state$pf_failures$LC_ALL"', "a b"],
      env: { NAME: "ann" },
    });
    expect(ended).toEqual({ exitCode: 0, stdout: "a b ann \n", stderr: "" });
  });

  it("passes on the program's exit code, and says that there is none", async () => {
    const folder = temporaryFolder();
    const script = scriptOf("env: {}");
    expect((await runShell(shell, script, { folder, args: ["sh", "-c", "exit 42"] })).exitCode).toBe(42);
    expect((await runShell(shell, script, { folder, args: ["/no/such/program"] })).exitCode).toBe(127);
    const none = await runShell(shell, script, { folder });
    expect([none.exitCode, none.stderr]).toEqual([127, expect.stringContaining("no program to start")]);
  });

  it("tells everything that does not hold, with what to do, and starts nothing", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "open"), "x");
    chmodSync(join(folder, "open"), 0o644);
    writeFileSync(join(folder, "empty"), "");
    symlinkSync("nowhere", join(folder, "dangling"));
    const script = scriptOf(
      `
env:
  MISSING: {hint: say which}
  EMPTY:
  MODE: {oneOf: [live, log]}
  PORT: {pattern: "[0-9]+"}
  API_TOKEN: {pattern: "[0-9]+"}
  UNSET: {required: false, pattern: x}
files:
  - {path: "\${FOLDER}/open", type: dir, maxMode: "0600", access: [execute]}
  - {path: "\${FOLDER}/open", mode: "0600", owner: nobody-at-all}
  - {path: "\${FOLDER}/empty", nonEmpty: true}
  - {path: "\${FOLDER}/dangling", type: link}
  - /no/such/file
  - {path: /no/such/optional, required: false, type: file}
secrets: [password]
volumes: ["/no/such/volume", {path: /, access: ro}]
ports: ["\${TAKEN}"]
tcp: ["127.0.0.1:1", {host: "", port: "\${TAKEN}"}]
hosts: ["host.invalid"]
user: {is: "4242"}
resources: {memory: 1000t, cpus: 100000}
`.replace('{host: "", port: "${TAKEN}"}', '"${NOBODY}:${TAKEN}"'),
    );
    const { exitCode, stdout, stderr } = await runShell(shell, script, {
      folder,
      args: ["echo", "started"],
      env: {
        EMPTY: "",
        MODE: "lve",
        PORT: "8o",
        API_TOKEN: "hidden value",
        FOLDER: folder,
        TAKEN: String(port),
      },
    });
    expect([exitCode, stdout]).toEqual([78, ""]);
    const failures = [...stderr.matchAll(/^preflight: (.*)$/gm)].map((match) =>
      match[1]!.replaceAll(folder, "F"),
    );
    expect(failures).toEqual([
      expect.stringMatching(/^it runs as the user \d+, and must run as 4242$/),
      "MISSING is not set",
      "EMPTY is empty",
      'MODE is "lve", which is not possible',
      'PORT is "8o", which does not match [0-9]+',
      "API_TOKEN has a value that does not match [0-9]+",
      "the secret /run/secrets/password is not there, or cannot be reached",
      'the file "F/open" is no directory',
      'the file "F/open" cannot be executed',
      'the file "F/open" has the mode 644, and may have 0600 at most',
      'the file "F/open" has the mode 644, and must have 0600',
      'the file "F/open" must belong to the user nobody-at-all, and nobody is called so',
      'the file "F/empty" is empty',
      'the file "F/dangling" is no symbolic link that leads to something',
      "the file /no/such/file is not there, or cannot be reached",
      "nothing is mounted at /no/such/volume",
      "nothing is mounted at /",
      expect.stringMatching(/^there is less memory than 1000t: \d+ MiB$/),
      expect.stringMatching(/^there are fewer processors than 100000: \d+ thousandths of one$/),
      `the port ${port} (tcp) is taken`,
      expect.stringMatching(/host\.invalid/),
      expect.stringMatching(/127\.0\.0\.1:1"/),
      `the endpoint ":${port}" is not HOST:PORT (it is written \${NOBODY}:\${TAKEN})`,
      expect.stringMatching(/^\d+ not fulfilled: nothing is started$/),
    ]);
    expect(stderr).toContain("to do: say which");
    expect(stderr).not.toContain("hidden value");
  });

  it("is content with what is right", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "key"), "x");
    chmodSync(join(folder, "key"), 0o400);
    mkdirSync(join(folder, "data"));
    symlinkSync("key", join(folder, "link"));
    const uid = process.getuid!();
    const script = scriptOf(
      `
env:
  GREETING: {pattern: "Grüß.*|[^x-z]+"}
  NOTHING: {allowEmpty: true, pattern: "a+"}
  EITHER: {oneOf: ["it's", 'a "b" $c']}
files:
  - {path: "\${FOLDER}/key", type: file, mode: "400", maxMode: , owner: ${uid}, group: ${process.getgid!()}, access: [read], nonEmpty: true}
  - {path: "\${FOLDER}/data", type: dir, access: [read, write, execute]}
  - {path: "\${FOLDER}/link", type: link}
volumes: [/proc]
hosts: [localhost, 127.0.0.1, "::1"]
tcp: [{host: localhost, port: "\${PORT}", within: 2s}]
ports: [1, {port: 1, protocol: udp}]
user: {is: [4242, ${uid}], not: [4243, nobody-at-all]}
resources: {memory: 1m, cpus: 0.01}
rootfs: writable
`
        .replace("Grüß.*|", "")
        .replace(" maxMode: ,", ""),
    );
    const ended = await runShell(shell, script, {
      folder,
      args: ["echo", "started"],
      env: { GREETING: "grüß dich \t!", NOTHING: "", EITHER: 'a "b" $c', FOLDER: folder, PORT: String(port) },
    });
    expect(ended).toEqual({ exitCode: 0, stdout: "started\n", stderr: "" });
  });

  it("says what it cannot check where programs are missing, and strictly counts that as a failure", async () => {
    const folder = temporaryFolder();
    const contract = "hosts: [some.host]\ntcp: ['some.host:1']\nfiles: [{path: /etc/passwd, mode: '0644'}]";
    // Without a single program in PATH; builtin echo is none.
    const env = { PATH: join(folder, "nothing") };
    const script = scriptOf(contract, { program: [requireTool("true")] });
    // The shell of BusyBox has its programs built in, if it was built so.
    const lax = await runShell(shell, script, { folder, env });
    const strict = await runShell(
      shell,
      scriptOf(contract, { program: [requireTool("true")], strict: true }),
      {
        folder,
        env,
      },
    );
    if (shell[0] === "busybox") return;
    expect(lax.exitCode).toBe(0);
    expect(lax.stderr.split("\n").filter((line) => line.startsWith("preflight:"))).toEqual([
      "preflight: not checked: mode and owner of the file /etc/passwd: stat is missing, or fails",
      'preflight: not checked: the host name "some.host": neither getent nor nslookup is there',
      'preflight: not checked: the endpoint "some.host:1": none of nc -z, bash, python3 and perl is there',
    ]);
    expect(strict.exitCode).toBe(78);
    expect(strict.stderr).toContain("3 not fulfilled");
  });

  it("takes any text as it is", async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }).filter(isArgument)), async (texts) => {
        const script = `printf '<%s>' ${texts.map(quoted).join(" ")}\n`;
        const { stdout } = await runShell(shell, script, { folder });
        expect(stdout).toBe(texts.length === 0 ? "<>" : texts.map((text) => `<${text}>`).join(""));
      }),
      { numRuns: 30 },
    );
  });

  it("matches patterns as they are matched from outside", async () => {
    const folder = temporaryFolder();
    const value = fc.string({ unit: fc.constantFrom(..."ab01_-. /\n\t\r'\"\\*?[]$`~#!ä€") });
    await fc.assert(
      fc.asyncProperty(
        patternText(),
        fc.array(value, { minLength: 1, maxLength: 30 }),
        async (pattern, values) => {
          fc.pre(isBearable(pattern));
          const script = [
            patternFunction("fits", pattern),
            ...values.map((text) => `if fits ${quoted(text)}; then printf 1; else printf 0; fi`),
          ].join("\n");
          const { stdout, stderr } = await runShell(shell, script, { folder });
          const machine = automatonOf(pattern);
          const expected = values.map((text) => (matches(machine, text) ? "1" : "0")).join("");
          expect([stdout, stderr]).toEqual([expected, ""]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("the text of an entry script", () => {
  it.runIf(hasTool("shellcheck"))(
    "has nothing that shellcheck finds (the test needs shellcheck)",
    async () => {
      const yaml = `
env: {A: {pattern: "\\\\s*[^'x]+", hint: "say 'it' with $A or \`b\`"}, lower_case: {required: false, oneOf: [a, "'"]}, B: {allowEmpty: true}}
files: [/a, {path: "\${A}/b", type: socket, mode: "0600", maxMode: , owner: a, group: b, access: [read, write, execute], nonEmpty: true}, {path: /c, required: false, type: link}]
secrets: [s]
volumes: [/v, {path: /w, access: rw}, {path: /x, access: ro}]
links: [db]
hosts: ["\${A:-x}"]
tcp: ["\${A}:1"]
ports: [1, {port: "\${P}", protocol: udp}]
user: {is: [a, b], not: root}
rootfs: read-only
resources: {memory: 1m, cpus: 1}
`.replace(" maxMode: ,", "");
      for (const options of [{}, { strict: true, program: ["/app", "it's"] }]) {
        const folder = temporaryFolder();
        for (const text of [yaml, "env: {}", "env: {A: }"]) {
          writeFileSync(join(folder, "script.sh"), scriptOf(text, options));
          const { stdout, exitCode } = await runCommand("shellcheck", [join(folder, "script.sh")]);
          expect([stdout, exitCode]).toEqual(["", 0]);
        }
      }
    },
  );
});

/** What a process can be given as an argument. */
function isArgument(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
