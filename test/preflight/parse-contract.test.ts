import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import type { ContractProblem } from "../../src/preflight/contract-problem.ts";
import { parseContract } from "../../src/preflight/parse-contract.ts";

describe("contracts", () => {
  it("are read whole", () => {
    const { contract, label } = parseContract(FULL, "preflight.yaml");
    expect(contract).toMatchObject({
      env: [
        { name: "MAIL_HOST", required: true, allowEmpty: false },
        { name: "MODE", required: false, oneOf: ["live", "1"] },
        { name: "PORT", pattern: "[0-9]+", hint: "set it" },
      ],
      files: [
        { secret: true, maxMode: 0o440, access: ["read"] },
        { secret: false, type: "file", mode: 0o640, owner: "postman", group: "2200" },
      ],
      volumes: [{ path: "/data", access: "rw" }],
      hosts: [{ isLink: true }, { isLink: false }],
      tcp: [{ within: 10 }, { within: 0 }],
      ports: [{ protocol: "tcp" }, { protocol: "udp" }],
      user: { is: ["postman"], isNot: ["root", "0"] },
      root: { readOnly: true },
      memory: { least: 64 * 1024 ** 2 },
      cpus: { least: 500 },
    });
    expect(parseContract(label, "label")).toEqual({ contract, label });
  });

  it("may say nothing", () => {
    expect(parseContract("version: 1\n", "p").contract.env).toEqual([]);
  });

  it("have all of their mistakes told at once, each with its place and a way out", () => {
    const problems = mistakesOf(
      [
        "version: 2",
        "envv: {}",
        "env:",
        "  2X:",
        "  PWD:",
        "  A: {patern: x}",
        "  B: {pattern: '('}",
        "files: [relative, {path: /a, mode: 0999}]",
        "tcp: ['host:70000', 'no-port']",
        "hosts: ['$x']",
        "ports: [0]",
        "user: {}",
        "rootfs: readonly",
        "resources: {memory: lots, cpus: 0}",
      ].join("\n"),
    );
    expect(problems.map(({ source, column }) => `${source.start}:${column}`)).toEqual([
      "1:10",
      "2:1",
      "4:3",
      "5:3",
      "6:7",
      "7:7",
      "8:9",
      "8:36",
      "9:7",
      "9:21",
      "10:9",
      "11:9",
      "12:7",
      "13:9",
      "14:21",
      "14:27",
    ]);
    expect(problems.map(({ message }) => message).join("\n")).toMatchSnapshot();
    expect(problems[1]?.hint).toBe("did you mean env?");
    expect(problems[4]?.hint).toBe("did you mean pattern?");
  });

  it.each([
    ["", "must be a mapping"],
    ["- a", "must be a mapping"],
    ["a: [", "Flow"],
    ["version: 1\nversion: 1", "unique"],
    ["env: &a {X: }\nversion: 1\nlinks: *a", "aliases"],
    ["env: {}", 'lacks "version"'],
    ["version: 1\nenv: {A: {oneOf: []}}", "is empty"],
    ['version: 1\nenv: {A: {oneOf: ["a\\0b"]}}', "NUL"],
    ["version: 1\nfiles: [{path: /a, mode: '0600', maxMode: '0600'}]", "exclude"],
    ["version: 1\nuser: {is: root, not: root}", "and must not"],
    ["version: 1\nenv: {A: {pattern: a, oneOf: [a]}}", "both"],
    ["version: 1\ntcp: [{host: a, port: 1, within: 2h}]", "longer than an hour"],
    ["version: 1\n---\nversion: 1", "document"],
  ])("%j is refused", (text, reason) => {
    expect(
      mistakesOf(text)
        .map(({ message }) => message)
        .join("\n"),
    ).toContain(reason);
  });

  it("are refused where they are too large for a label", () => {
    expect(() => parseContract(`version: 1 #${"x".repeat(70_000)}`, "p")).toThrow("64 KiB");
  });
});

function mistakesOf(text: string): readonly ContractProblem[] {
  try {
    parseContract(text, "preflight.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(SlipwayError);
    expect((error as SlipwayError).code).toBe("PREFLIGHT_INVALID");
    return (error as SlipwayError).facts.problems as readonly ContractProblem[];
  }
  throw new Error("it was accepted");
}

const FULL = `
version: 1
env:
  MAIL_HOST:
  MODE: {required: false, oneOf: [live, 1]}
  PORT: {pattern: "[0-9]+", hint: set it}
secrets: [{name: password, maxMode: 0440}]
files:
  - {path: "/etc/\${NAME:-app}.conf", type: file, mode: 0640, owner: postman, group: 2200, access: [read]}
volumes: [{path: /data, access: rw}]
links: [db]
hosts: [mail.example.test]
tcp:
  - {host: "\${MAIL_HOST}", port: "\${PORT}", within: 9.5s}
  - "[::1]:25"
ports: [33333, {port: 53, protocol: udp}]
user: {is: postman, not: [root, 0]}
rootfs: read-only
resources: {memory: 64m, cpus: 0.5}
`;
