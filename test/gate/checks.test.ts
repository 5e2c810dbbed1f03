import { describe, expect, it } from "vitest";
import { checkPermissions, goMode, hasPermissions, lsMode } from "../../src/core/file-mode.ts";
import { checkContent, checkExistence, checkLicenses } from "../../src/gate/file-tests.ts";
import { initReasons, shellFormNote } from "../../src/gate/init-advice.ts";
import { metadataErrors } from "../../src/gate/metadata-test.ts";
import { runTests } from "../../src/gate/run-tests.ts";
import { parseTestFile } from "../../src/gate/test-file.ts";
import { madeImage } from "./made-image.ts";

const image = madeImage(
  {
    "etc/app.conf": { text: "port=80\nname=x\n", uid: 5, gid: 6, mode: 0o640 },
    "bin/run": { mode: 0o4755 },
    "bin/link": { type: "symlink", linkTarget: "/etc/app.conf", mode: 0o777 },
    tmp: { type: "dir", mode: 0o1777 },
    "usr/share/doc/a/copyright": { text: "GPL-2" },
    "usr/share/doc/b/copyright": { text: "the Agpl, version 3" },
    "usr/share/doc/c": { type: "dir" },
    "usr/share/doc/libgnutls30": { type: "dir" },
  },
  { Env: ["APP=/etc", "PATH=/bin"] },
);

const errorsOf = async (yaml: string): Promise<readonly string[]> => {
  const file = parseTestFile("t.yaml", `schemaVersion: "2.0.0"\n${yaml}`);
  const surroundings = { variables: {}, readVariables: () => [] };
  const { results } = await runTests(image, { files: [file], surroundings });
  return results.flatMap(({ errors }) => errors);
};

describe("permissions", () => {
  it("are compared in Go's form, in that of ls, and in octal digits", () => {
    const setuid = { type: "file", mode: 0o4755 } as const;
    const sticky = { type: "dir", mode: 0o1777 } as const;
    expect([goMode(setuid), lsMode(setuid)]).toEqual(["urwxr-xr-x", "-rwsr-xr-x"]);
    expect([goMode(sticky), lsMode(sticky)]).toEqual(["dtrwxrwxrwx", "drwxrwxrwt"]);
    expect(goMode({ type: "symlink", mode: 0o777 })).toBe("Lrwxrwxrwx");
    expect(lsMode({ type: "file", mode: 0o2644 })).toBe("-rw-r-Sr--");
    for (const text of ["urwxr-xr-x", "-rwsr-xr-x", "4755", "04755"]) {
      expect(checkPermissions(text)).toBe(text);
      expect(hasPermissions(setuid, text)).toBe(true);
    }
    expect(hasPermissions(setuid, "0755")).toBe(false);
    expect(() => checkPermissions("rwx")).toThrow("no permissions");
  });
});

describe("tests of files", () => {
  it("tell what is there, and how", async () => {
    const check = async (test: object) =>
      (await checkExistence(image, { name: "x", path: "/", ...test })).errors;
    expect(
      await check({ path: "/bin/run", permissions: "urwxr-xr-x", isExecutableBy: "group", uid: 0 }),
    ).toEqual([]);
    expect(await check({ path: "/nothing/here", shouldExist: false })).toEqual([]);
    expect(await check({ path: "$APP/app.conf", shouldExist: false })).toHaveLength(1);
    expect(await check({ path: "/bin/link", permissions: "Lrwxrwxrwx" })).toEqual([]);
    expect(await check({ path: "/etc/a/b" })).toEqual([
      "/etc/a/b is not there: the image has /etc, and nothing more of it",
    ]);
    expect(
      await check({
        path: "/etc/app.conf",
        permissions: "-rw-r--r--",
        uid: 1,
        gid: 2,
        isExecutableBy: "any",
      }),
    ).toHaveLength(4);
    expect(await check({ path: "/etc/app.conf", uid: -1, gid: 6 })).toEqual([]);
  });

  it("look into files, and follow links inside the image", async () => {
    expect(
      await errorsOf(
        "fileContentTests: [{name: a, path: /bin/link, expectedContents: ['(?m)^name=x$'], excludedContents: [zzz]}]",
      ),
    ).toEqual([]);
    expect(
      await errorsOf(
        "fileContentTests: [{name: a, path: /etc/app.conf, expectedContents: ['^name'], excludedContents: [port]}]",
      ),
    ).toEqual([
      '/etc/app.conf does not match "^name": "port=80\\nname=x\\n"',
      '/etc/app.conf matches "port", which it must not: "port=80\\nname=x\\n"',
    ]);
    expect((await checkContent(image, { name: "x", path: "/etc" })).errors).toEqual([
      "/etc is no file: drwxr-xr-x",
    ]);
  });

  it("look for licences that are not allowed", async () => {
    expect((await checkLicenses(image, { debian: true, files: ["/etc/app.conf", "/none"] })).errors).toEqual([
      "/usr/share/doc/b/copyright names a licence that is not allowed: AGPL",
      "/usr/share/doc/c/copyright is not there",
      "/none is not there",
    ]);
  });
});

describe("tests of metadata", () => {
  const config = {
    Env: ["A=1"],
    Labels: { v: "1.2.3" },
    Entrypoint: ["/e"],
    Cmd: ["c", "d"],
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    Volumes: { "/data": {} },
    WorkingDir: "/app",
    User: "luke",
  };
  const check = (yaml: string) => {
    const { metadataTest } = parseTestFile("t.yaml", `schemaVersion: "2.0.0"\nmetadataTest: ${yaml}`);
    return metadataErrors(config, metadataTest!);
  };

  it("pass where everything is as it should be", () => {
    expect(
      check(
        "{envVars: [{key: A, value: 1}], env: [{key: A, value: '\\d', isRegex: true}], unboundEnvVars: [{key: B}], labels: [{key: v, value: '^1', isRegex: true}], entrypoint: [/e], cmd: [c, d], exposedPorts: [80, 53/udp], unexposedPorts: [53/tcp, 81], volumes: [/data], unmountedVolumes: [/x], workdir: /app, user: luke}",
      ),
    ).toEqual([]);
  });

  it("say what is not", () => {
    expect(
      check(
        "{envVars: [{key: A, value: 2}, {key: B, value: x}], unboundEnvVars: [{key: A}], labels: [{key: v, value: '1'}], entrypoint: [], cmd: [c], exposedPorts: [81], unexposedPorts: [80], volumes: [/x], unmountedVolumes: [/data], workdir: /, user: root}",
      ),
    ).toEqual([
      'the variable A is "1", and not "2"',
      "the variable B is not set",
      'the variable A is set, and must not be: "1"',
      'the label v is "1.2.3", and not "1"',
      'entrypoint is ["/e"], not []',
      'cmd is ["c","d"], not ["c"]',
      'workdir is "/app", not "/"',
      'user is "luke", not "root"',
      "the port 81 is not exposed",
      "the port 80 is exposed, and must not be",
      "the path /x is not a volume",
      "the path /data is a volume, and must not be",
    ]);
  });
});

describe("whether an image needs an init", () => {
  const process = (name: string, parent = 1, state = "S") => ({
    pid: parent + 1,
    parent,
    name,
    state,
    uid: 0,
  });
  const first = { pid: 1, parent: 0, name: "sh", state: "S", uid: 0 };
  const quiet = { first, others: [], zombies: [], stopSignal: "SIGTERM", handlesStop: true };

  it("is told by signals that are eaten, several programs and zombies", () => {
    expect(initReasons(quiet)).toEqual([]);
    expect(initReasons({ ...quiet, handlesStop: false, others: [process("app")] })[0]).toContain(
      "keeps SIGTERM from app",
    );
    const app = { ...first, name: "app" };
    expect(initReasons({ ...quiet, first: app, handlesStop: false })[0]).toContain("only SIGKILL ends it");
    expect(initReasons({ ...quiet, first: app, others: [process("a"), process("b")] })[0]).toContain(
      "several programs run (a, b)",
    );
    expect(initReasons({ ...quiet, first: app, others: [process("app"), process("app")] })).toEqual([]);
    expect(initReasons({ ...quiet, zombies: [process("gone", 1, "Z")] })[0]).toContain("gone stayed behind");
    expect(
      initReasons({ ...quiet, first: { ...first, name: "tini" }, others: [process("a"), process("b")] }),
    ).toEqual([]);
  });

  it("is told by an ENTRYPOINT in shell form", () => {
    expect(shellFormNote({ Entrypoint: ["/bin/sh", "-c", "serve"] })).toContain("shell form");
    expect(shellFormNote({ Entrypoint: ["/bin/sh", "-c", "exec serve"] })).toBeUndefined();
    expect(shellFormNote({ Entrypoint: ["/serve"] })).toBeUndefined();
    expect(shellFormNote({})).toBeUndefined();
  });
});
