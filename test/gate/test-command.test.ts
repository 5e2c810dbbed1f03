import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";

const V2 = 'schemaVersion: "2.0.0"\n';

interface Report {
  readonly Pass: number;
  readonly Fail: number;
  readonly Results: readonly {
    readonly Name: string;
    readonly Pass: boolean;
    readonly Errors?: readonly string[];
  }[];
  readonly Notes?: readonly string[];
}

describe.each([
  ["root", useWorkshop()],
  ["an ordinary user", useWorkshop({ rootless: true })],
])("slipway test, as %s", (_, shop) => {
  async function build(name: string, instructions: string, files = {}): Promise<void> {
    const Dockerfile = `FROM busybox\n${instructions}\n`;
    await shop.it.succeed(["build", "-t", name, shop.it.context({ Dockerfile, ...files })]);
  }

  async function test(image: string, yaml: string, ...flags: string[]) {
    writeFileSync(join(shop.it.folder, "tests.yaml"), V2 + yaml);
    return shop.it.run(["test", image, "-c", "tests.yaml", ...flags]);
  }

  async function report(image: string, yaml: string): Promise<Report> {
    const { stdout, stderr } = await test(image, yaml, "-o", "json");
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  }

  it("an image that is for one platform only is not tested for another", async () => {
    const { exitCode, stderr } = await test(
      "busybox",
      "metadataTest: { workdir: / }\n",
      "--platform",
      "linux/s390x",
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("busybox is not available for linux/s390x (PLATFORM_UNAVAILABLE)");
  });

  const failures = ({ Results }: Report) =>
    Object.fromEntries(
      Results.filter(({ Pass }) => !Pass).map(({ Name, Errors = [] }) => [Name, Errors.join("\n")]),
    );

  it("runs commands, with setup and teardown on one root filesystem", async () => {
    await build("commands", 'ENV DIR=/srv\nENTRYPOINT ["false"]');
    const passing = await report(
      "commands",
      `globalEnvVars: [{key: WHERE, value: "$DIR/x"}]
containerRunOptions: {user: "7:8"}
commandTests:
- name: setup
  setup: [[sh, -c, 'echo kept > /tmp/a'], [sh, -c, 'exit 3']]
  command: sh
  args: [-c, 'cat /tmp/a; echo $WHERE $ONE $(id -u); echo no >&2; exit 4']
  envVars: [{key: ONE, value: one}]
  expectedOutput: ["^kept\\n/srv/x one 7\\n$"]
  excludedOutput: ["no"]
  expectedError: ["^no$"]
  exitCode: 4
  teardown: [[test, -f, /tmp/a]]
- {name: own root, command: test, args: ["!", -e, /tmp/a]}
- {name: none, command: nosuchprogram, exitCode: 127}
`.replace('"^no$"', '"^no\\n$"'),
    );
    expect(failures(passing)).toEqual({});
    expect(passing.Pass).toBe(3);
    const failing = await report(
      "commands",
      "commandTests:\n- {name: a, command: sh, args: [-c, 'echo x; exit 1'], setup: [[false]], expectedOutput: [y], timeout: 30s}\n- {name: slow, command: sleep, args: ['60'], timeout: 1s}\n",
    );
    expect(failures(failing)).toEqual({
      "Command Test: a":
        'standard output does not match "y": "x\\n"\nthe exit code is 1, not 0\nsetup ["false"] ended with 1',
      "Command Test: slow": "the command did not end within 1s",
    });
  });

  it("looks at files of any owner, and at metadata", async () => {
    await build(
      "files",
      "RUN echo secret > /root/f && chmod 600 /root/f && chown 5:6 /root/f\nUSER nobody\nEXPOSE 80",
    );
    const found = await report(
      "files",
      `fileExistenceTests: [{name: f, path: /root/f, permissions: -rw-------, uid: 5, gid: 6}]
fileContentTests: [{name: f, path: /root/f, expectedContents: [secret]}]
metadataTest: {user: nobody, exposedPorts: ["80"]}
`,
    );
    expect(failures(found)).toEqual({});
    expect(found.Pass).toBe(3);
  });

  it("asks of a container that behaves", async () => {
    await build(
      "serving",
      [
        "COPY --chmod=755 serve /serve",
        "RUN mkdir /data && chown nobody /data",
        "VOLUME /data",
        'HEALTHCHECK CMD ["test", "-e", "/data/ready"]',
        "USER nobody",
        'ENTRYPOINT ["/serve"]',
      ].join("\n"),
      {
        serve: "#!/bin/sh\ntrap 'kill $!; exit 0' TERM\nhttpd -f -p 8080 &\ntouch /tmp/x /data/ready\nwait\n",
      },
    );
    const found = await report(
      "serving",
      `behaviorTests:
- {name: serves, readOnly: true, tmpfs: [/tmp], healthyWithin: 30s, ports: [{port: 8080, within: 30s}], nonRoot: true, noZombies: true, stopsWithin: 20s, exitCode: 0}
`,
    );
    expect(failures(found)).toEqual({});
    expect(found.Results.map(({ Name }) => Name.replace("Behavior Test: serves: ", ""))).toEqual([
      "starts",
      "becomes healthy within 30s",
      "port 8080 answers",
      "runs as non-root",
      "leaves no zombie",
      "stops within 20s of SIGTERM",
      "ends with 0",
    ]);
  });

  it("says of one that does not why, and that it needs an init", async () => {
    await build(
      "stubborn",
      'HEALTHCHECK CMD echo no; exit 1\nENTRYPOINT sh -c "(sleep 0; exec true) & exec sleep 600" && true',
    );
    const found = await report(
      "stubborn",
      "behaviorTests:\n- {name: s, healthyWithin: 1s, ports: [{port: 81, within: 1s}], nonRoot: true, stopsWithin: 1s, needsNoInit: true}\n- {name: r, readOnly: true, entrypoint: [sh, -c, 'echo x > /file']}\n- {name: none, entrypoint: [/nowhere]}\n- {name: e, entrypoint: [sh, -c, 'exit 3'], exitCode: 3}\n",
    );
    const failed = failures(found);
    expect(failed).toMatchObject({
      "Behavior Test: s: becomes healthy within 1s": expect.stringMatching(
        /^not healthy within 1s: the health check/,
      ),
      "Behavior Test: s: port 81 answers": "nothing listens on port 81, after 1s",
      "Behavior Test: s: runs as non-root": expect.stringContaining("sh runs as root"),
      "Behavior Test: s: stops within 1s of SIGTERM": expect.stringContaining(
        "did not end by SIGTERM within 1s",
      ),
      "Behavior Test: s: needs no init": expect.stringContaining("process 1 is a shell"),
      "Behavior Test: r: runs for 2s": expect.stringContaining("has ended, with exit code"),
      "Behavior Test: none: starts": expect.stringContaining("could not be started"),
    });
    expect(Object.keys(failed)).toHaveLength(7);
    expect(found.Notes?.join("\n")).toContain("the image needs an init: process 1 is a shell");
    expect(found.Notes?.join("\n")).toContain("shell form");
  });

  it("finds zombies, of which the image's own check tells when they are there", async () => {
    // The orphan ends once process 1 is no shell any more, which would wait for it.
    const orphan = "((while grep -q sh /proc/1/comm; do sleep 0.01; done) &)";
    await build(
      "zombies",
      `HEALTHCHECK CMD grep -q 'State:.Z' /proc/[0-9]*/status\nCMD ["sh", "-c", "${orphan}; exec sleep 600"]`,
    );
    const found = await report(
      "zombies",
      "behaviorTests:\n- {name: z, healthyWithin: 60s, noZombies: true, stopsWithin: 1s}\n- {name: i, init: true, runsFor: 1s, noZombies: true, stopsWithin: 30s, exitCode: 143}\n",
    );
    expect(failures(found)).toMatchObject({
      "Behavior Test: z: leaves no zombie": "sh has ended, and nobody waited for it",
      "Behavior Test: z: stops within 1s of SIGTERM": expect.stringContaining("only SIGKILL ends it"),
    });
    expect(Object.keys(failures(found))).toHaveLength(2);
    expect(found.Notes).toEqual([
      "the image needs an init: process 1 (sleep) does not handle SIGTERM, and so never gets it: only SIGKILL ends it",
      "the image needs an init: process 1 (sleep) does not wait for what has ended: sh stayed behind",
    ]);
  });

  it("tells by its exit code, leaves nothing behind, and writes reports", async () => {
    await build("plain", "CMD true");
    const failing = await test("plain", "metadataTest: {user: x}\n", "--test-report", "r.xml");
    expect(failing.exitCode).toBe(1);
    expect(failing.stdout).toMatch(
      /^FAIL {2}Metadata Test .*\n {6}user is "", not "x"\n\n1 test: 0 passed, 1 failed .*\nFAIL\n$/,
    );
    expect(readFileSync(join(shop.it.folder, "r.xml"), "utf8")).toContain('<failure message="user is');
    const quiet = await test(
      "plain",
      "metadataTest: {cmd: [/bin/sh, -c, 'true']}\n",
      "-q",
      "--test-report",
      "r.json",
    );
    expect(quiet).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    expect(JSON.parse(readFileSync(join(shop.it.folder, "r.json"), "utf8"))).toMatchObject({
      Pass: 1,
      Fail: 0,
    });
    const wrong = await test("plain", "comandTests: []\n");
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain(
      'tests.yaml:2:1: unknown key "comandTests": did you mean commandTests? (TEST_INVALID)',
    );
    expect(wrong.stderr).toContain(">>> comandTests: []");
    expect((await test("nosuchimage", "metadataTest: {user: x}\n", "--pull=never")).exitCode).toBe(1);
    expect((await shop.it.run(["test", "plain"])).exitCode).toBe(2);
    expect(readdirSync(join(shop.it.home, "tmp")).filter((name) => name.startsWith("test"))).toEqual([]);
  });

  it("guards a build: nothing is named where a test fails", async () => {
    const names = async () => (await shop.it.succeed(["images", "--format=json"])).stdout;
    writeFileSync(
      join(shop.it.folder, "tests.yaml"),
      `${V2}commandTests: [{name: v, command: cat, args: [/version], expectedOutput: ["^2"]}]\n`,
    );
    const flags = ["--test", "tests.yaml", "-t", "guarded"];
    const failing = await shop.it.build({ Dockerfile: "FROM busybox\nRUN echo 1 > /version\n" }, ...flags);
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain("Command Test: v");
    expect(failing.stderr).toContain("(TEST_FAILED)");
    expect(await names()).not.toContain("guarded");
    const again = await shop.it.build({ Dockerfile: "FROM busybox\nRUN echo 1 > /version\n" }, ...flags);
    expect(again.exitCode).toBe(1);
    const passing = await shop.it.build({ Dockerfile: "FROM busybox\nRUN echo 2 > /version\n" }, ...flags);
    expect(passing.stderr).toContain("PASS  Command Test: v");
    expect(passing.exitCode).toBe(0);
    expect(await names()).toContain("guarded");
  });
});
