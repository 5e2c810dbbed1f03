import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprint } from "../../src/audit/finding.ts";
import { AUDIT_RULES } from "../../src/audit/rules.ts";
import { useWorkshop } from "../api/workshop.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

const shop = useWorkshop();
const TOKEN = `ghp_${"a1B2c3D4".repeat(5)}`;

interface Told {
  readonly rule: string;
  readonly subject: string;
  readonly severity: string;
  readonly message: string;
  readonly fingerprint: string;
  readonly origin: { readonly layer?: number; readonly source?: { readonly start: number } };
  readonly facts: Record<string, unknown>;
}

const DOCKERFILE = `FROM busybox
RUN cp /bin/busybox /bin/own && chmod 4755 /bin/own && chmod 2755 /bin/busybox && mkdir /open && chmod 777 /open
COPY keep .env /app/
RUN rm /app/.env && chmod 666 /app/keep
ENV API_TOKEN=${TOKEN}
ENTRYPOINT serve
`;

describe("slipway audit", () => {
  it("finds what find -perm finds, secrets in each place, leaks and waste, with layer and line", async () => {
    const files = { Dockerfile: DOCKERFILE, keep: "k".repeat(5000), ".env": `KEY=${TOKEN}\n` };
    const built = await shop.it.build(files, "-t", "app");
    expect(built.exitCode).toBe(0);
    const { stdout } = await shop.it.succeed([
      "audit",
      "app",
      "-f",
      join(built.context, "Dockerfile"),
      "--format",
      "json",
    ]);
    const { findings, layers } = JSON.parse(stdout) as { findings: Told[]; layers: { hidden: number }[] };
    const subjects = (rule: string) =>
      findings
        .filter((one) => one.rule === rule)
        .map(({ subject }) => subject)
        .sort();
    const find = async (...test: string[]) =>
      (await shop.it.shell("app", `find / -xdev ${test.join(" ")} 2>/dev/null | sort`))
        .split("\n")
        .filter(Boolean);
    expect(subjects("SetuidFile")).toEqual(await find("-type f -perm -4000"));
    expect(subjects("SetgidFile")).toEqual(await find("-type f -perm -2000"));
    const writable = await find(
      "'(' -type f -o -type d ! -perm -1000 ')' -perm -0002 ! -path '/proc*' ! -path '/dev*' ! -path '/sys*'",
    );
    expect(subjects("WorldWritable")).toEqual(writable);
    expect(writable).toEqual(["/app/keep", "/open"]);
    expect(subjects("LeakedFile")).toEqual(["/app/.env"]);
    expect(subjects("SecretInFile")).toEqual(["github-token in /app/.env"]);
    expect(subjects("SecretInEnv")).toEqual(["API_TOKEN"]);
    expect(subjects("RootUser")).toEqual(["USER"]);
    expect(subjects("ShellEntrypoint")).toEqual(["ENTRYPOINT"]);
    expect(subjects("NoHealthcheck")).toEqual(["HEALTHCHECK"]);
    expect(subjects("DeletedFiles")).toHaveLength(1);
    expect(subjects("OverwrittenFiles").length).toBeGreaterThan(0);
    const setuid = findings.find(({ subject }) => subject === "/bin/own")!;
    expect(setuid.origin).toMatchObject({ layer: 1, source: { start: 2 } });
    expect(setuid.facts).toMatchObject({ mode: "4755", uid: 0, owner: "root:root" });
    expect(setuid.fingerprint).toBe(fingerprint({ rule: "SetuidFile", subject: "/bin/own" }));
    expect(layers[2]!.hidden).toBe(5000 + `KEY=${TOKEN}\n`.length);
    expect(findings.every(({ message }) => !message.includes(TOKEN))).toBe(true);
  });

  it("ends with 1 where --fail-on says so, and refuses words that it does not know", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nUSER 4242\n" }, "-t", "plain");
    const report = await shop.it.succeed(["audit", "plain"]);
    expect(report.stdout).toContain("has no entry in /etc/passwd");
    expect(report.stdout).toMatch(/layer 1 {2}█+/);
    expect((await shop.it.run(["audit", "plain", "--fail-on", "UnknownUser"])).exitCode).toBe(1);
    expect((await shop.it.run(["audit", "plain", "--fail-on", "critical"])).exitCode).toBe(0);
    const wrong = await shop.it.run(["audit", "plain", "--fail-on", "awful"]);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('--fail-on knows no "awful"');
  });

  it("goes by .slipway-audit.yaml: what is accepted is told apart, what is over is a finding again, what fits nothing is said", async () => {
    const built = await shop.it.build(
      { Dockerfile: "FROM busybox\nRUN chmod 4755 /bin/busybox\n" },
      "-t",
      "accepted",
    );
    const dockerfile = join(built.context, "Dockerfile");
    const entry = (id: string, subject: string, expires: string) =>
      `  - {id: ${id}, subject: "${subject}", reason: it has to be, expires: ${expires}}\n`;
    const entries = [
      entry("SetuidFile", "/bin/*", "never"),
      entry("RootUser", "USER", "2020-01-31"),
      entry("LeakedFile", "/x", "never"),
    ];
    writeFileSync(join(built.context, ".slipway-audit.yaml"), `version: 1\naccept:\n${entries.join("")}`);
    const audit = (...flags: string[]) => shop.it.run(["audit", "accepted", ...flags]);
    const text = await audit("-f", dockerfile, "--fail-on", "SetuidFile");
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toMatch(/SetuidFile +\/bin\/busybox +for good +it has to be/);
    expect(text.stdout).toMatch(
      /\.slipway-audit\.yaml:4: RootUser of USER is accepted no longer, since 2020-01-31 is over/,
    );
    expect(text.stdout).toMatch(/\.slipway-audit\.yaml:5: nothing is found that LeakedFile \/x would accept/);
    expect((await audit("-f", dockerfile, "--fail-on", "RootUser")).exitCode).toBe(1);
    expect((await audit("-f", dockerfile, "--no-policy", "--fail-on", "SetuidFile")).exitCode).toBe(1);
    const json = JSON.parse((await audit("-f", dockerfile, "--format", "json")).stdout);
    expect(json.policy.accepted[0]).toMatchObject({
      rule: "SetuidFile",
      acceptance: { source: { start: 3 } },
    });
    expect(json.policy.unused).toMatchObject([{ rule: "LeakedFile" }]);
    writeFileSync(join(built.context, "mistaken.yaml"), "version: 1\naccept:\n  - {id: RootUser}\n");
    const refused = await audit("--policy", join(built.context, "mistaken.yaml"));
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(
      /mistaken\.yaml:3:5: the key "reason" is missing[\s\S]*\(POLICY_INVALID\)/,
    );
    expect(refused.stdout).toBe("");
    const missing = await audit("--policy", "nowhere.yaml");
    expect(missing.stderr).toMatch(/nowhere\.yaml: there is no such file \(POLICY_INVALID\)/);
  });

  it("writes SARIF 2.1.0", async () => {
    await shop.it.build({ Dockerfile: "FROM busybox\nRUN chmod 4755 /bin/busybox\n" }, "-t", "sarif");
    const { stdout } = await shop.it.succeed(["audit", "sarif", "--format", "sarif"]);
    const log = JSON.parse(stdout);
    expect(log.version).toBe("2.1.0");
    const [run] = log.runs;
    expect(run.tool.driver).toMatchObject({ name: "slipway" });
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(["none", "note", "warning", "error"]).toContain(result.level);
      expect(typeof result.message.text).toBe("string");
      const { uri } = result.locations[0].physicalLocation.artifactLocation;
      expect(uri).toMatch(/^[^\s/][^\s]*$/);
      expect(result.partialFingerprints["slipwayAudit/v1"]).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it("looks into archives and layouts, and leaves nothing in the store", async () => {
    const at = (name: string) => join(shop.it.folder, name);
    const built = await shop.it.build(
      { Dockerfile: "FROM busybox\nRUN chmod 4755 /bin/busybox\nUSER 12345\n" },
      ...["-o", `type=oci,dest=${at("oci.tar")}`, "-o", `type=docker,dest=${at("docker.tar")}`],
      ...["-o", `type=oci,tar=false,dest=${at("layout")}`],
    );
    expect(built.exitCode).toBe(0);
    const before = (await shop.it.succeed(["images", "-q"])).stdout;
    for (const path of ["oci.tar", at("docker.tar"), "./layout"]) {
      const { stdout } = await shop.it.succeed([
        "audit",
        path,
        "-f",
        join(built.context, "Dockerfile"),
        "--format",
        "json",
      ]);
      const { target, findings } = JSON.parse(stdout) as { target: string; findings: Told[] };
      expect(target).toBe(path);
      const setuid = findings.filter(({ rule }) => rule === "SetuidFile");
      expect(setuid).toMatchObject([{ subject: "/bin/busybox", origin: { source: { start: 2 } } }]);
      expect(findings.map(({ rule }) => rule)).toContain("UnknownUser");
    }
    expect((await shop.it.succeed(["images", "-q"])).stdout).toBe(before);
    expect(readdirSync(join(shop.it.home, "tmp"))).toEqual([]);
    writeFileSync(at("text.tar"), "FROM scratch\n");
    const text = await shop.it.run(["audit", "text.tar"]);
    expect(text.stderr).toMatch(/LAYER_INVALID|IMAGE_INVALID/);
    const nothing = await shop.it.run(["audit", "./nothing.tar"]);
    expect(nothing.stderr).toMatch(/IMAGE_NOT_FOUND/);
    writeFileSync(at("broken.tar"), readFileSync(at("oci.tar")).subarray(0, 40_000));
    const broken = await shop.it.run(["audit", "broken.tar", "--format", "json"]);
    expect(broken.exitCode).toBe(1);
    expect(broken.stderr).toMatch(/^ERROR: broken\.tar: .*(?:LAYER_INVALID|DIGEST_MISMATCH)/);
    expect(broken.stdout).toBe("");
    expect(readdirSync(join(shop.it.home, "tmp"))).toEqual([]);
  });

  it("takes the folder of a Dockerfile for a context, though a web app has its manifest.json there", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM scratch\n",
      "manifest.json": "{}",
      "index.json": "{}",
    });
    expect((await shop.it.succeed(["audit", context])).stdout).toContain("RootUser");
    const layout = shop.it.context({ "oci-layout": '{"imageLayoutVersion":"1.0.0"}' });
    expect((await shop.it.run(["audit", layout])).stderr).toContain("(IMAGE_INVALID)");
  });

  it("looks at a Dockerfile where it is given the path of one", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nENTRYPOINT serve\n" });
    const byFolder = await shop.it.run(["audit", "--fail-on", "LatestBase"], { cwd: context });
    expect(byFolder.exitCode).toBe(1);
    // The base is in the store: its configuration is known.
    expect(byFolder.stdout).toMatch(/medium +RootUser +the image has no USER: it runs as root/);
    expect(byFolder.stdout).not.toContain("layer 1");
    const byFile = await shop.it.succeed(["audit", join(context, "Dockerfile"), "--format", "sarif"]);
    const [run] = JSON.parse(byFile.stdout).runs;
    const places = run.results.map(
      (one: { locations: { physicalLocation: unknown }[] }) => one.locations[0]!.physicalLocation,
    );
    expect(places[0]).toMatchObject({ region: { startLine: 1, endLine: 1 } });
  });

  it("refuses an image with a broken layer", async () => {
    await shop.it.build(
      { Dockerfile: "FROM scratch\nCOPY a /a\n", a: "content of the file\n" },
      "-t",
      "broken",
      "-o",
      `type=oci,dest=${shop.it.folder}/broken.tar`,
    );
    const home = join(shop.it.folder, "other");
    await shop.it.succeed(["load", "-i", `${shop.it.folder}/broken.tar`], { home });
    const blobs = join(home, "oci/blobs/sha256");
    for (const name of readdirSync(blobs)) {
      const bytes = readFileSync(join(blobs, name));
      if (bytes[0] === 0x1f)
        writeFileSync(join(blobs, name), Buffer.concat([bytes.subarray(0, -3), Buffer.alloc(3)]));
    }
    const name = (await shop.it.succeed(["images", "-q"], { home })).stdout.trim().split("\n")[0]!;
    const refused = await shop.it.run(["audit", name, "--pull", "never"], { home });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/DIGEST_MISMATCH|LAYER_INVALID/);
    expect(refused.stderr).toContain(`ERROR: ${name}: `);
    expect(refused.stdout).toBe("");
  });
});

describe("docs/audit.md", () => {
  it("has every rule with its severity", () => {
    const page = readFileSync(join(PROJECT_ROOT, "docs/audit.md"), "utf8");
    for (const [id, { severity, description }] of Object.entries(AUDIT_RULES))
      expect(page).toContain(`| \`${id}\` | ${severity} | ${description} |`);
  });
});
