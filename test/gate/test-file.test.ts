import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { parseTestFile } from "../../src/gate/test-file.ts";

/** Every key of the schema, and ours. */
const EVERYTHING = `schemaVersion: "2.0.0"
globalEnvVars:
  - key: VIRTUAL_ENV
    value: /env
  - {key: PATH, value: "/env/bin:$PATH"}
containerRunOptions:
  user: root
  privileged: true
  allocateTty: yes
  envFile: path/to/.env
  envVars: [SECRET_KEY]
  capabilities: [NET_BIND_SERVICE]
  bindMounts: ["/etc/example/dir:/etc/dir"]
commandTests:
  - name: everything
    setup: [[virtualenv, /env], ["pip", "install"]]
    teardown: [["rm", "-r", "/env"]]
    envVars: [{key: A, value: 1.20}]
    exitCode: 3
    command: which
    args: ["-a", 5, true]
    expectedOutput: ["^a$"]
    excludedOutput: ["(?i)b"]
    expectedError: ["c"]
    excludedError: ["d"]
    timeout: 1m30s
fileExistenceTests:
  - name: Root
    path: /
    shouldExist: true
    permissions: drwxr-xr-x
    uid: 0
    gid: -1
    isExecutableBy: any
fileContentTests:
  - name: sources
    path: /etc/apt/sources.list
    expectedContents: ['.*httpredir\\.debian\\.org.*']
    excludedContents: ['.*gce.*']
metadataTest:
  env: [{key: X, value: y}]
  envVars: [{key: foo, value: ba., isRegex: true}]
  unboundEnvVars: [{key: NO}]
  labels: [{key: l, value: "^v$", isRegex: true}]
  exposedPorts: ["8080", 2345]
  unexposedPorts: ["80"]
  entrypoint: []
  cmd: [/bin/bash]
  volumes: [/test]
  unmountedVolumes: [/other]
  workdir: /app
  user: luke
licenseTests:
  - debian: true
    files: [/foo/bar]
behaviorTests:
  - name: serves
    entrypoint: [/serve]
    args: [--now]
    envVars: [{key: A, value: b}]
    user: "7:8"
    network: none
    readOnly: true
    tmpfs: [/tmp]
    bindMounts: ["/srv:/srv"]
    init: true
    runsFor: 1
    healthyWithin: 5s
    ports: [8080, 81/tcp, {port: 82, within: 500ms}]
    nonRoot: true
    noZombies: true
    needsNoInit: true
    stopsWithin: 2s
    exitCode: 0
  - name: ends
    endsWithin: 3s
`;

/** The mistakes as `line:column: text`. */
function mistakesIn(text: string): string[] {
  try {
    parseTestFile("t.yaml", text);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== "TEST_INVALID") throw error;
    expect(error.source).toMatchObject({ file: "t.yaml" });
    return error.message.split("\n").map((line) => line.replace("t.yaml:", ""));
  }
  return [];
}

const V2 = 'schemaVersion: "2.0.0"\n';

describe("a file of tests", () => {
  it("may have every key of the schema 2.0.0 and those for behaviour", () => {
    const file = parseTestFile("t.yaml", EVERYTHING);
    expect(file.commandTests?.[0]).toMatchObject({
      setup: [
        ["virtualenv", "/env"],
        ["pip", "install"],
      ],
      args: ["-a", "5", "true"],
      envVars: [{ key: "A", value: "1.20" }],
      exitCode: 3,
      timeout: 90_000,
    });
    expect(file.containerRunOptions).toMatchObject({ allocateTty: true, privileged: true });
    expect(file.metadataTest).toMatchObject({ entrypoint: [], exposedPorts: ["8080", "2345"] });
    expect(file.behaviorTests?.[0]).toMatchObject({
      runsFor: 1000,
      ports: [
        { port: 8080, withinMs: 10_000 },
        { port: 81, withinMs: 10_000 },
        { port: 82, withinMs: 500 },
      ],
      stopsWithin: 2000,
    });
  });

  it("may be JSON", () => {
    const text =
      '{"schemaVersion":"2.0.0",\n\t"fileExistenceTests":[{"name":"a","path":"/b","shouldExist":false}]}';
    expect(parseTestFile("t.json", text).fileExistenceTests).toEqual([
      { name: "a", path: "/b", shouldExist: false },
    ]);
  });

  it("may have anchors and merged mappings", () => {
    const text = `${V2}fileExistenceTests:\n- &a {name: a, path: /x, uid: 3}\n- {<<: *a, name: b}\n`;
    expect(parseTestFile("t.yaml", text).fileExistenceTests).toEqual([
      { name: "a", path: "/x", uid: 3 },
      { name: "b", path: "/x", uid: 3 },
    ]);
  });

  it("may not merge mappings without end", () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `- &m${i + 1} {<<: [*m${i}, *m${i}], name: n, path: /x}`,
    );
    const text = `${V2}fileExistenceTests:\n- &m0 {name: a, path: /x}\n${doubling.join("\n")}\n`;
    expect(mistakesIn(text)).toEqual([expect.stringMatching(/^\d+:\d+: more than 1000 merged mappings$/)]);
  });

  it("says of every mistake where it is", () => {
    const text = [
      'schemaVersion: "2.0.0"',
      "comandTests: []",
      "commandTests:",
      "  - name: a",
      "    expectedOuput: [x]",
      "    command: ''",
      "    exitCode: many",
      "fileExistenceTests:",
      "  - {path: /x, shouldExist: perhaps, isExecutableBy: all}",
      "  - /y",
      "fileContentTests: {}",
      "metadataTest:",
      "  labels: [{key: a, value: '(', isRegex: true}]",
      "behaviorTests:",
      "  - {name: b, ports: [http], stopsWithin: 5parsecs, exitCode: 0}",
      "",
    ].join("\n");
    expect(mistakesIn(text)).toEqual([
      '2:1: unknown key "comandTests": did you mean commandTests?',
      '5:5: unknown key "expectedOuput": did you mean expectedOutput?',
      "6:14: this must not be empty",
      '7:15: a whole number is expected here, not "many"',
      '9:5: the key "name" is missing',
      '9:29: true or false is expected here, not "perhaps"',
      "9:54: use one of owner, group, other, any",
      '10:5: a mapping is expected here, not "/y"',
      "11:19: a list is expected here, not a mapping",
      expect.stringMatching(/^13:12: the regular expression "\(" is wrong/),
      '15:23: "http" is no TCP port (write 8080 or 8080/tcp)',
      expect.stringMatching(/^15:43: time: unknown unit "parsecs"/),
    ]);
  });

  it("needs a version that is known, once", () => {
    expect(mistakesIn("metadataTest: {user: x}\n")).toEqual(['1:1: the key "schemaVersion" is missing']);
    expect(mistakesIn("schemaVersion: 1.0.0\nmetadataTest: {user: x}\n")[0]).toContain(
      '1:16: the schema "1.0.0" is not known',
    );
    expect(mistakesIn(V2)).toEqual(["1:1: there are no tests in this file"]);
    expect(mistakesIn("")).toEqual(["1:1: the file is empty"]);
    expect(mistakesIn(`${V2}${V2}metadataTest: {user: x}`)).toHaveLength(1);
    expect(mistakesIn("schemaVersion: [\n")[0]).toMatch(/^\d+:\d+: /);
  });
});
