import { describe, expect, it } from "vitest";
import { RELEASES } from "../../src/audit/releases.ts";
import type { RuleId } from "../../src/audit/rules.ts";
import {
  auditOf,
  dir,
  found,
  type MadeImage,
  type MadeLayer,
  program,
  subjects,
  symlink,
  text,
  whiteout,
} from "./made-image.ts";

const PASSWD = text("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n");
const TOKEN = `ghp_${"a1B2c3D4".repeat(5)}`;

/** The attribute in version 2: permitted, effective. */
function capability(bit: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x02000001, 0);
  bytes.writeUInt32LE(2 ** bit, 4);
  return bytes;
}

type Case = readonly [what: string, made: MadeImage, expected: readonly string[]];
const layers = (...items: MadeLayer[]): MadeImage => ({ layers: items });

function judges(rule: RuleId, cases: readonly Case[]): void {
  describe(rule, () => {
    it.each(cases)("%s", async (_, made, expected) => expect(await subjects(rule, made)).toEqual(expected));
  });
}

judges("SetuidFile", [
  [
    "programs, and further names of them",
    layers([program("bin/su", 0o4755), { ...program("bin/to", 0o4755).entry, hardLink: "bin/su" }]),
    ["/bin/su", "/bin/to"],
  ],
  ["without a bit for executing, as find does", layers([program("a", 0o4644)]), ["/a"]],
  ["not directories, where it says nothing", layers([dir("d", { mode: 0o4755 })]), []],
  ["not what a later layer deletes", layers([program("bin/su", 0o4755)], [whiteout("bin/su")]), []],
  ["not what a later layer changes", layers([program("bin/su", 0o4755)], [program("bin/su", 0o755)]), []],
  [
    "not what a later layer hides with its directory",
    layers([program("opt/a/su", 0o4755)], [dir("opt/a", { opaque: true })]),
    [],
  ],
  [
    "what a later layer adds to the mode",
    layers([program("bin/su")], [program("bin/su", 0o4755)]),
    ["/bin/su"],
  ],
  [
    "once, where a link leads there",
    layers([symlink("bin", "usr/bin"), program("usr/bin/su", 0o4755)]),
    ["/usr/bin/su"],
  ],
]);
judges("SetgidFile", [
  ["programs", layers([program("bin/wall", 0o2755)]), ["/bin/wall"]],
  ["not directories, which pass on their group", layers([dir("var/mail", { mode: 0o2775 })]), []],
]);
judges("FileCapabilities", [
  [
    "programs that gain them",
    layers([program("bin/ping", 0o755, { xattrs: { "security.capability": capability(13) } })]),
    ["/bin/ping"],
  ],
  [
    "not other attributes",
    layers([program("bin/ping", 0o755, { xattrs: { "user.note": Buffer.from("a") } })]),
    [],
  ],
]);
judges("WorldWritable", [
  [
    "files and directories",
    layers([text("a", "x", { mode: 0o666 }), dir("d", { mode: 0o777 })]),
    ["/a", "/d"],
  ],
  ["not sticky directories, nor links", layers([dir("tmp", { mode: 0o1777 }), symlink("l", "tmp")]), []],
  ["sticky files, where the bit says nothing", layers([text("a", "x", { mode: 0o1666 })]), ["/a"]],
]);
judges("RootUser", [
  ["no USER", {}, ["USER"]],
  ["root", { config: { User: "root:root" } }, ["USER"]],
  ["0 in any spelling", { config: { User: "000" } }, ["USER"]],
  ["0 with a sign", { config: { User: "+0:5" } }, ["USER"]],
  [
    "a second name of root",
    { config: { User: "toor" }, ...layers([text("etc/passwd", "root:x:0:0:::\ntoor:x:0:0:::\n")]) },
    ["USER"],
  ],
  ["not others", { config: { User: "app" }, ...layers([PASSWD]) }, []],
]);
judges("UnknownUser", [
  ["a number without an account", { config: { User: "4242" }, ...layers([PASSWD]) }, ["USER"]],
  ["a name without an account", { config: { User: "www" }, ...layers([PASSWD]) }, ["USER"]],
  ["not a number with one and a sign", { config: { User: "+1000" }, ...layers([PASSWD]) }, []],
  ["not a number with one", { config: { User: "1000:1000" }, ...layers([PASSWD]) }, []],
  [
    "not where passwd is reached through a link",
    {
      config: { User: "app" },
      ...layers([symlink("etc/passwd", "../opt/p"), text("opt/p", "app:x:1000:1000:::\n")]),
    },
    [],
  ],
  [
    "by the passwd of the topmost layer",
    { config: { User: "app" }, ...layers([PASSWD], [text("etc/passwd", "root:x:0:0:::\n")]) },
    ["USER"],
  ],
  [
    "where passwd is a circle of links",
    { config: { User: "1000" }, ...layers([symlink("etc/passwd", "passwd")]) },
    ["USER"],
  ],
]);
judges("SudoPresent", [
  [
    "sudo and its like",
    layers([program("usr/bin/sudo"), program("usr/bin/doas")]),
    ["/usr/bin/doas", "/usr/bin/sudo"],
  ],
  [
    "not elsewhere, not deleted",
    layers([program("usr/share/doc/sudo"), program("bin/sudo")], [whiteout("bin/sudo")]),
    [],
  ],
]);
judges("ShellPresent", [
  [
    "where the command needs none",
    { config: { Entrypoint: ["/app"] }, ...layers([program("app"), program("bin/sh")]) },
    ["shells"],
  ],
  [
    "not where the command is a script",
    { config: { Cmd: ["/start"] }, ...layers([text("start", "#!/bin/sh\nexec /app\n"), program("bin/sh")]) },
    [],
  ],
  [
    "not where the command is a line for the shell",
    { config: { Cmd: ["/bin/sh", "-c", "/app"] }, ...layers([program("bin/sh")]) },
    [],
  ],
  [
    "not where a health check is one",
    {
      config: { Entrypoint: ["/app"], Healthcheck: { Test: ["CMD-SHELL", "x"] } },
      ...layers([program("app"), program("bin/sh")]),
    },
    [],
  ],
  [
    "where an init starts a program",
    {
      config: { Entrypoint: ["tini", "--"], Cmd: ["/app"] },
      ...layers([program("app"), program("bin/sh"), program("bin/tini")]),
    },
    ["shells"],
  ],
  [
    "not where an init starts a script",
    {
      config: { Entrypoint: ["tini", "--"], Cmd: ["/start"] },
      ...layers([program("bin/tini"), program("bin/sh"), text("start", "#!\t/bin/sh -e\nexec /app\n")]),
    },
    [],
  ],
  ...["#!/usr/bin/env -S bash -eu", "#!  /bin/bash", "#!/opt/wrap", "#!/usr/bin/env  A=b bash"].map(
    (line): Case => [
      `not for a script that begins with ${line}`,
      {
        config: { Cmd: ["/start"] },
        ...layers([
          ...[text("start", `${line}\nexec /app\n`), text("opt/wrap", "#!/bin/bash\n")],
          ...[program("bin/bash"), program("usr/bin/env")],
        ]),
      },
      [],
    ],
  ),
  ["not in a base, which has no command", layers([program("bin/sh")]), []],
  ["not where there is none", { config: { Entrypoint: ["/app"] }, ...layers([program("app")]) }, []],
]);
judges("PackageManagerPresent", [
  ["apt, apk, dnf", layers([program("usr/bin/apt-get"), program("sbin/apk")]), ["package managers"]],
  ["not where it was removed", layers([program("sbin/apk")], [whiteout("sbin/apk")]), []],
]);
judges("NoHealthcheck", [
  ["none", {}, ["HEALTHCHECK"]],
  ["not where it is said that there is none", { config: { Healthcheck: { Test: ["NONE"] } } }, []],
  ["not where there is one", { config: { Healthcheck: { Test: ["CMD", "/ok"] } } }, []],
]);

const start = (script: string, config: MadeImage["config"] = { Entrypoint: ["/start.sh"] }): MadeImage => ({
  config,
  layers: [[text("start.sh", script, { mode: 0o755 }), program("bin/sh")]],
});
judges("NoInit", [
  [
    "a script with processes in the background",
    start("#!/bin/sh\nnginx &\nphp-fpm &\nwait\n"),
    ["/start.sh"],
  ],
  ["a line for the shell", { config: { Cmd: ["/bin/sh", "-c", "a & b"] } }, ["CMD"]],
  ["not behind an init", start("#!/bin/sh\na &\nb\n", { Entrypoint: ["/sbin/tini", "--", "/start.sh"] }), []],
  ["not for && and redirections", start("#!/bin/sh\ntrue && exec b 2>&1 # a & b\n"), []],
]);
judges("ScriptWithoutExec", [
  ["a script whose program is not exec'ed", start("#!/bin/sh\nset -e\n/app --port 80\n"), ["/start.sh"]],
  [
    "behind what hands its place over",
    start("#!/usr/bin/env -S sh -e\n/app\n", { Entrypoint: ["env", "A=b", "nice", "-n", "5", "/start.sh"] }),
    ["/start.sh"],
  ],
  ["not one that execs", start('#!/bin/sh\nset -e\nexec "$@"\n'), []],
  ["not a program", { config: { Entrypoint: ["/app"] }, ...layers([program("app")]) }, []],
  [
    "one that is found by PATH",
    {
      config: { Entrypoint: ["run"], Env: ["PATH=/opt/bin:/bin"] },
      ...layers([text("opt/bin/run", "#!/bin/bash\n/app\n")]),
    },
    ["/opt/bin/run"],
  ],
  [
    "one that is reached through links",
    {
      config: { Entrypoint: ["/entry"] },
      ...layers(
        [symlink("entry", "opt/current/run")],
        [symlink("opt/current", "v2"), text("opt/v2/run", "#!/usr/bin/env bash\n/app\n")],
      ),
    },
    ["/opt/v2/run"],
  ],
]);
judges("ShellEntrypoint", [
  ["the shell form", { config: { Entrypoint: ["/bin/sh", "-c", "serve"] } }, ["ENTRYPOINT"]],
  [
    "of the image's own shell",
    { config: { Entrypoint: ["/bin/bash", "-ec", "serve"], Shell: ["/bin/bash", "-ec"] } },
    ["ENTRYPOINT"],
  ],
  ["not a list", { config: { Entrypoint: ["serve"] } }, []],
]);
judges("SecretInEnv", [
  ["by its form", { config: { Env: [`A=${TOKEN}`] } }, ["A"]],
  ["by its name", { config: { Env: ["DB_PASSWORD=hunter22"] } }, ["DB_PASSWORD"]],
  [
    "not what only names a place",
    { config: { Env: ["DB_PASSWORD_FILE=/run/secrets/db", "PASSWORD=changeme"] } },
    [],
  ],
]);
judges("SecretInLabel", [["by its form", { config: { Labels: { a: TOKEN, b: "c" } } }, ["a"]]]);
judges("SecretInHistory", [
  [
    "in a build argument",
    { ...layers([]), history: [`RUN |1 T=${TOKEN} /bin/sh -c make # buildkit`] },
    ["T in step 1"],
  ],
  [
    "in a command",
    { ...layers([]), history: [`/bin/sh -c curl -H "X: ${TOKEN}" h`] },
    ["github-token in step 1"],
  ],
  ["not in ENV, which has its own rule", { ...layers([]), history: [`ENV T=${TOKEN}`] }, []],
]);
judges("SecretInFile", [
  ["in a file", layers([text("app/conf", `token=${TOKEN}\n`)]), ["github-token in /app/conf"]],
  [
    "in a file that a later layer deletes",
    layers([text("app/conf", `token=${TOKEN}\n`)], [whiteout("app/conf")]),
    ["github-token in /app/conf"],
  ],
  [
    "in a file that a later layer replaces",
    layers([text("app/conf", `token=${TOKEN}\n`)], [text("app/conf", "token=\n")]),
    ["github-token in /app/conf"],
  ],
  [
    "not in programs and documentation",
    layers([text("bin/a", `\0${TOKEN}`), text("usr/share/doc/a", TOKEN)]),
    [],
  ],
]);
judges("LeakedFile", [
  ["a repository", layers([dir("app/.git"), text("app/.git/config", "[core]\n")]), ["/app/.git"]],
  [
    "keys and variables",
    layers([text("app/.env", "A=1"), text("root/.ssh/id_rsa", "x")]),
    ["/app/.env", "/root/.ssh/id_rsa"],
  ],
  [
    "also what a later layer deletes",
    layers([text("app/.env", "A=1")], [whiteout("app/.env")]),
    ["/app/.env"],
  ],
  [
    "not examples, empty files, packages' own",
    layers([text("app/.env.example", "A"), text("app/.env", ""), text("usr/lib/node_modules/a/.env", "A")]),
    [],
  ],
]);
judges("PackageCache", [
  [
    "apt's lists and archives",
    layers([text("var/lib/apt/lists/deb_dists", "x"), text("var/cache/apt/archives/a.deb", "x")]),
    ["apt archives in layer 1", "apt lists in layer 1"],
  ],
  [
    "apk, dnf, pip, npm, cargo, go",
    layers(
      [text("var/cache/apk/APKINDEX.gz", "x"), text("var/cache/dnf/a", "x")],
      [
        text("root/.cache/pip/a", "x"),
        text("root/.npm/_cacache/a", "x"),
        text("home/u/.cargo/registry/cache/a", "x"),
        text("root/.cache/go-build/a", "x"),
      ],
    ),
    [
      "apk in layer 1",
      "cargo in layer 2",
      "dnf in layer 1",
      "go in layer 2",
      "npm in layer 2",
      "pip in layer 2",
    ],
  ],
  [
    "not what stays of them when they are empty",
    layers([text("var/lib/apt/lists/lock", ""), dir("var/lib/apt/lists/partial")]),
    [],
  ],
  [
    "not what a later layer deletes: that is waste",
    layers([text("var/lib/apt/lists/a", "x")], [whiteout("var/lib/apt/lists/a")]),
    [],
  ],
]);

describe("DeletedFiles and OverwrittenFiles", () => {
  it("count the bytes that stay in the image, for each layer that has them and the one that hides them", async () => {
    const { findings, sizes } = await auditOf(
      layers(
        [
          text("a", "x".repeat(1000)),
          text("d/b", "x".repeat(500)),
          text("d/c", "x".repeat(40)),
          text("keep", "x".repeat(7)),
        ],
        [whiteout("a"), text("d/c", "y".repeat(60))],
        [whiteout("d"), text("e", "z")],
      ),
    );
    const told = findings
      .filter(({ rule }) => rule === "DeletedFiles" || rule === "OverwrittenFiles")
      .map(({ rule, subject, facts }) => [rule, subject, facts.bytes, facts.files]);
    expect(told.map(String).sort()).toEqual([
      "DeletedFiles,layer 1, hidden by layer 2,1000,1",
      "DeletedFiles,layer 1, hidden by layer 3,500,1",
      "DeletedFiles,layer 2, hidden by layer 3,60,1",
      "OverwrittenFiles,layer 1, hidden by layer 2,40,1",
    ]);
    expect(sizes).toEqual([
      { layer: 0, bytes: 1547, hidden: 1540 },
      { layer: 1, bytes: 60, hidden: 60 },
      { layer: 2, bytes: 1, hidden: 0 },
    ]);
  });

  it("count further names of a file once, and opaque directories as deletions", async () => {
    const first = text("d/a", "x".repeat(100));
    const made = layers(
      [first, { ...first.entry, path: "d/b", hardLink: "d/a" }],
      [dir("d", { opaque: true })],
    );
    const [one, ...others] = await found("DeletedFiles", made);
    expect(others).toEqual([]);
    expect(one!.facts).toMatchObject({ bytes: 100, files: 1, layer: 0, hiddenBy: 1 });
  });

  it("tell a changed owner or mode from changed bytes, and name the largest", async () => {
    const made = layers(
      [text("a", "x".repeat(10)), text("b", "x".repeat(2_000_000))],
      [text("a", "x".repeat(10), { mode: 0o600 }), text("b", "x".repeat(2_000_000), { uid: 5 })],
    );
    const [one] = await found("OverwrittenFiles", made);
    expect(one!.message).toContain("repeated with another owner, mode or time");
    expect(one!.message).toContain("the largest is /b");
    expect(one).toMatchObject({ severity: "low", origin: { layer: 1 } });
  });

  it("say nothing of directories and links", async () => {
    const made = layers([dir("d"), symlink("l", "d")], [dir("d", { mode: 0o700 }), whiteout("l")]);
    expect(await found("OverwrittenFiles", made)).toEqual([]);
    expect(await found("DeletedFiles", made)).toEqual([]);
  });
});

/** Of `CN = expired.example`, until 2026-12-27. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIULEWKxtpq0HxsUke4HboheebCo8IwCgYIKoZIzj0EAwIw
KTENMAsGA1UECgwEVGVzdDEYMBYGA1UEAwwPZXhwaXJlZC5leGFtcGxlMB4XDTI2
MTEyNzA3NTcyMFoXDTI2MTIyNzA3NTcyMFowKTENMAsGA1UECgwEVGVzdDEYMBYG
A1UEAwwPZXhwaXJlZC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
Y0TCu0W0EcX3wml9fqkBwVA8psBnd1bA4rjSZqWTGTw/Svy6umKC2j5JJKo89fmd
quIxZhdFrzl5/Q/lWdajqqNTMFEwHQYDVR0OBBYEFEbpoFi92U4ameLQy+Yb0C8a
oj/tMB8GA1UdIwQYMBaAFEbpoFi92U4ameLQy+Yb0C8aoj/tMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgZG66tPRhO/ImOLtRchW37+6SMpC0l+3N
L3jkqUf097ACIGPK+K+0Wv8wucp0bmITXJ4gO259g3WO2YkjK4rfCeR3
-----END CERTIFICATE-----
`;
const [BEFORE, AFTER] = [Date.parse("2026-12-27T07:57:19Z"), Date.parse("2026-12-27T07:57:21Z")];
judges("ExpiredCertificate", [
  [
    "one that is over",
    { now: AFTER, ...layers([text("app/tls.pem", `# mine\n${CERTIFICATE}`)]) },
    ["/app/tls.pem"],
  ],
  ["not one that is valid", { now: BEFORE, ...layers([text("app/tls.pem", CERTIFICATE)]) }, []],
  [
    "not what is no certificate, or hidden",
    {
      now: AFTER,
      ...layers(
        [text("a.crt", "x"), text("b.crt", CERTIFICATE.replace("MII", "AAA")), text("c.crt", CERTIFICATE)],
        [whiteout("c.crt")],
      ),
    },
    [],
  ],
]);

describe("ExpiredCertificate", () => {
  it("names the certificate and its last day, and minds those of authorities less", async () => {
    const own = await found("ExpiredCertificate", {
      now: AFTER,
      ...layers([text("app/tls.pem", CERTIFICATE)]),
    });
    expect(own[0]).toMatchObject({ severity: "medium" });
    expect(own[0]!.message).toContain("CN=expired.example, until 2026-12-27");
    const bundle = text("etc/ssl/certs/ca-certificates.crt", CERTIFICATE.repeat(3));
    const [one] = await found("ExpiredCertificate", { now: AFTER, ...layers([bundle]) });
    expect(one).toMatchObject({ severity: "low" });
    expect(one!.message).toContain("3 certificates");
  });
});

describe("EndOfLifeBase", () => {
  const of = async (now: string, osRelease: string) => {
    const made = { now: Date.parse(`${now}T12:00:00Z`), ...layers([text("etc/os-release", osRelease)]) };
    return (await found("EndOfLifeBase", made)).map(({ severity, subject, facts }) => [
      severity,
      subject,
      facts.ended,
    ]);
  };
  const debian = (version: number) =>
    `ID=debian\nVERSION_ID="${version}"\nPRETTY_NAME="Debian GNU/Linux ${version}"\n`;

  it.each<[what: string, now: string, osRelease: string, expected: unknown[]]>([
    ["on its last day it is supported", "2024-08-14", debian(11), []],
    ["regular support is over", "2024-08-15", debian(11), [["info", "debian 11", "2024-08-14"]]],
    ["long-term support is over", "2026-09-01", debian(11), [["high", "debian 11", "2026-08-31"]]],
    [
      "Alpine by its first two numbers",
      "2026-04-02",
      "ID=alpine\nVERSION_ID=3.20.3\n",
      [["high", "alpine 3.20", "2026-04-01"]],
    ],
    ["Ubuntu", "2026-11-01", "ID=ubuntu\nVERSION_ID='25.10'\n", [["high", "ubuntu 25.10", "2026-07-09"]]],
    ["Rocky by its first", "2026-11-01", "ID=rocky\nVERSION_ID=9.4\n", []],
    [
      "CentOS",
      "2023-01-01",
      'ID="centos"\nVERSION_ID="8"\nNAME="CentOS Linux"\n',
      [["high", "centos 8", "2021-12-31"]],
    ],
    [
      "CentOS Stream of the same version",
      "2023-01-01",
      'ID="centos"\nVERSION_ID="8"\nNAME="CentOS Stream"\n',
      [],
    ],
    ["Amazon Linux", "2026-07-01", 'ID="amzn"\nVERSION_ID="2"\n', [["high", "amzn 2", "2026-06-30"]]],
    [
      "what is not in the table, by its own word",
      "2030-01-02",
      "ID=own\nVERSION_ID=4\nSUPPORT_END=2030-01-01\n",
      [["high", "own 4", "2030-01-01"]],
    ],
    ["the table knows better", "2026-05-20", "ID=fedora\nVERSION_ID=42\nSUPPORT_END=2026-05-13\n", []],
    ["nothing is known", "2030-01-01", "ID=own\nVERSION_ID=4\n", []],
    ["a rolling one", "2030-01-01", "ID=arch\n", []],
  ])("%s", async (_, now, osRelease, expected) => expect(await of(now, osRelease)).toEqual(expected));

  it("finds os-release behind its link, and where it really is", async () => {
    const real = text("usr/lib/os-release", debian(9));
    expect(
      await subjects("EndOfLifeBase", layers([symlink("etc/os-release", "../usr/lib/os-release"), real])),
    ).toEqual(["debian 9"]);
    expect(await subjects("EndOfLifeBase", layers([real]))).toEqual(["debian 9"]);
  });

  it("has dates that are days, in an order that makes sense", () => {
    for (const { releases, source } of Object.values(RELEASES)) {
      expect(source).not.toBe("");
      for (const dates of Object.values(releases)) {
        for (const date of dates) expect(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(date);
        expect([...dates].sort()).toEqual([...dates]);
      }
    }
  });
});

/** Programs with the same bytes. */
const shell = (path: string, mode = 0o755) => text(path, "\0a shell", { mode });

describe("how bad it is", () => {
  it.each<[what: string, rule: RuleId, made: MadeImage, severity: string]>([
    ["a setuid shell", "SetuidFile", layers([program("bin/bash", 0o4755)]), "critical"],
    ["a setuid program that others may write", "SetuidFile", layers([program("bin/a", 0o4757)]), "critical"],
    ["a setuid program", "SetuidFile", layers([program("bin/su", 0o4755)]), "medium"],
    ["a copy of a shell", "SetuidFile", layers([shell("bin/bash")], [shell("opt/app", 0o4755)]), "critical"],
    [
      "a copy of a shell that a later layer deletes",
      "SetuidFile",
      layers([shell("bin/bash"), shell("opt/app", 0o4755)], [whiteout("bin/bash")]),
      "critical",
    ],
    [
      "a further name of a shell",
      "SetuidFile",
      layers([shell("bin/app", 0o4755), { ...shell("bin/sh", 0o4755).entry, hardLink: "bin/app" }]),
      "critical",
    ],
    [
      "a copy of what is only linked as a shell",
      "SetuidFile",
      layers([symlink("bin/sh", "/opt/s/multi"), shell("opt/s/multi"), shell("opt/app", 0o4755)]),
      "critical",
    ],
    [
      "a copy of an interpreter",
      "SetuidFile",
      layers([shell("usr/bin/python3.11")], [shell("opt/app", 0o4755)]),
      "critical",
    ],
    [
      "what only shares its emptiness with a shell",
      "SetuidFile",
      layers([text("bin/sh", ""), text("opt/app", "", { mode: 0o4755 })]),
      "medium",
    ],
    [
      "a strong capability",
      "FileCapabilities",
      layers([program("a", 0o755, { xattrs: { "security.capability": capability(21) } })]),
      "high",
    ],
    [
      "a weak one",
      "FileCapabilities",
      layers([program("a", 0o755, { xattrs: { "security.capability": capability(10) } })]),
      "medium",
    ],
    ["a program that all may write", "WorldWritable", layers([program("a", 0o777)]), "high"],
    ["a name that nobody has", "UnknownUser", { config: { User: "www" } }, "high"],
    [
      "a shell that is told to exec",
      "ShellEntrypoint",
      { config: { Entrypoint: ["/bin/sh", "-c", "exec a"] } },
      "low",
    ],
  ])("%s", async (_, rule, made, severity) => expect((await found(rule, made))[0]!.severity).toBe(severity));
});

describe("what a setuid copy is", () => {
  it("is said with the path of the shell", async () => {
    const [one] = await found("SetuidFile", layers([shell("bin/bash"), shell("opt/app", 0o4755)]));
    expect(one).toMatchObject({
      message: "/opt/app is -rwsr-xr-x 0:0, and has the bytes of /bin/bash",
      facts: { path: "/opt/app", sameBytesAs: "/bin/bash" },
    });
  });
});

describe("names with special characters", () => {
  const only = async (path: string) => (await found("SetuidFile", layers([program(path, 0o4755)])))[0]!;

  it.each([
    ["a plain name", "opt/g++-12", "RUN chmod u-s /opt/g++-12"],
    ["a blank", "opt/a b", "RUN chmod u-s '/opt/a b'"],
    ["an operator", "opt/a;b", "RUN chmod u-s '/opt/a;b'"],
    ["a quote", "opt/it's", "RUN chmod u-s '/opt/it'\\''s'"],
    ["a variable", "opt/$HOME", "RUN chmod u-s '/opt/$HOME'"],
    ["a backslash and an n", "opt/a\\nb", "RUN chmod u-s '/opt/a\\nb'"],
    ["other letters", "opt/naïve", "RUN chmod u-s '/opt/naïve'"],
  ])("%s: the fix is one word of a shell", async (_, path, fix) => {
    expect((await only(path)).fix).toBe(fix);
  });

  it.each([
    ["a line feed", "opt/a\nb"],
    ["an escape sequence", "opt/\u001b[31mred"],
    ["bytes that are no UTF-8", "opt/\udcff"],
  ])("%s: the fix is no command", async (_, path) => {
    expect((await only(path)).fix).toMatch(/^use chmod u-s where the file is made/);
  });

  it("a backslash and an n do not look like a line feed", async () => {
    const [backslash, feed] = [await only("opt/a\\nb"), await only("opt/a\nb")];
    expect(backslash.message).toMatch(/^"\/opt\/a\\\\nb" is /);
    expect(feed.message).toMatch(/^"\/opt\/a\\u000ab" is /);
  });
});

describe("where it comes from", () => {
  it("names the layer and its instruction, without the secrets in it", async () => {
    const history = ["FROM scratch", `RUN |1 T=${TOKEN} /bin/sh -c chmod u+s /bin/su # buildkit`];
    const made = { ...layers([program("bin/su")], [program("bin/su", 0o4755)]), history };
    const [one] = await found("SetuidFile", made);
    expect(one!.origin).toMatchObject({ layer: 1 });
    expect(one!.origin.instruction).toContain("chmod u+s /bin/su");
    expect(JSON.stringify(await auditOf(made))).not.toContain(TOKEN);
  });
});
