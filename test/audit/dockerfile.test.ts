import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { auditDockerfile, type DockerfileAuditOptions } from "../../src/api/audit-dockerfile.ts";
import { readEnvironment } from "../../src/api/environment.ts";
import { releaseOfBase } from "../../src/audit/dockerfile/base-release.ts";
import type { Finding } from "../../src/audit/finding.ts";
import { isSlipwayError } from "../../src/core/errors.ts";
import { makeFolder, writeTree } from "../support/folders.ts";

const { path: folder, remove } = makeFolder();
afterAll(remove);
let count = 0;

const TOKEN = `ghp_${"a1B2c3D4".repeat(5)}`;
const DIGEST = `sha256:${"0".repeat(64)}`;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PINNED = `FROM app:12@${DIGEST}`;

type Options = Omit<DockerfileAuditOptions, "dockerfile">;

async function audit(text: string, options: Options = {}, more: Readonly<Record<string, string>> = {}) {
  count += 1;
  const at = writeTree(join(folder, `d${count}`), { Dockerfile: text, ...more });
  const environment = readEnvironment(
    { SLIPWAY_HOME: join(folder, "no-store") },
    { uid: process.getuid!(), homeDirectory: folder, cwd: at },
  );
  return auditDockerfile({ dockerfile: ".", ...options }, environment);
}

/** Rules that speak, with their lines, but for those that every short Dockerfile would have. */
async function spoken(text: string, options: Options = {}, more: Readonly<Record<string, string>> = {}) {
  const { findings } = await audit(text, options, more);
  const shown = ({ rule, origin }: Finding) => `${rule} ${origin.source?.start}`;
  return findings.filter(({ rule }) => rule !== "NoHealthcheck" && rule !== "RootUser").map(shown);
}

describe("the release that a base names", () => {
  it.each<[base: string, expected: string | undefined]>([
    ["debian:9", "debian 9"],
    ["debian:12-slim", "debian 12"],
    ["debian:bullseye-20240101", "debian 11"],
    ["docker.io/library/ubuntu:20.04", "ubuntu 20.04"],
    ["ubuntu:focal", "ubuntu 20.04"],
    ["alpine:3.18.4", "alpine 3.18.4"],
    ["python:3.9-slim-buster", "debian 10"],
    ["node:18-alpine3.17", "alpine 3.17"],
    [`debian:9@${DIGEST}`, "debian 9"],
    ["rockylinux:9", "rocky 9"],
    ["python:3.9", undefined],
    ["debian", undefined],
    ["debian:stable", undefined],
    ["registry.example/debian:9", undefined],
    ["someone/app:buster", undefined],
    ["Not A Name", undefined],
  ])("%s: %s", (base, expected) => expect(releaseOfBase(base)?.name).toBe(expected));
});

describe("a Dockerfile under audit", () => {
  it.each<[what: string, text: string, expected: readonly string[]]>([
    ["a base by tag", "FROM app:12", ["UnpinnedBase 1"]],
    ["a base without a version, by a variable", "ARG B=app\nFROM ${B}", ["LatestBase 2"]],
    ["latest", "FROM app:latest", ["LatestBase 1"]],
    ["a base at its end", `FROM debian:9@${DIGEST} AS a\nFROM a`, ["EndOfLifeBase 1"]],
    ["a stage, scratch, a digest", `${PINNED} AS a\nFROM a\nFROM scratch`, []],
    ["a base that is silenced for lint", "# check=skip=all\nFROM app:12", ["UnpinnedBase 2"]],
    ["an image of COPY", `${PINNED} AS a\nFROM a\nCOPY --from=tool:1 /a /a`, ["UnpinnedBase 3"]],
    ["an image of a mount", `${PINNED}\nRUN --mount=from=tool,target=/t a`, ["LatestBase 2"]],
    [
      "stages, numbers and digests of COPY",
      `${PINNED} AS a\n${PINNED}\nCOPY --from=A /a /a\nCOPY --from=0 /a /a\nCOPY --from=t@${DIGEST} /a /a`,
      [],
    ],
    ["a URL", `${PINNED}\nADD https://example.com/a /a`, ["UncheckedDownload 2"]],
    [
      "a URL in a stage that is not the target",
      `${PINNED} AS a\nADD http://example.com/a /a\n${PINNED}`,
      ["UncheckedDownload 2"],
    ],
    ["a URL by a variable", `${PINNED}\nARG V=1\nADD https://example.com/$V /a`, ["UncheckedDownload 3"]],
    ["a URL that is not known", `${PINNED}\nARG U\nADD $U /a`, []],
    ["a URL with its checksum", `${PINNED}\nADD --checksum=${DIGEST} https://example.com/a /a`, []],
    ["a repository by branch", `${PINNED}\nADD https://example.com/a.git#main /a`, ["UnpinnedRepository 2"]],
    ["a repository by commit", `${PINNED}\nADD https://example.com/a.git#${COMMIT} /a`, []],
    ["a repository by checksum", `${PINNED}\nADD --checksum=${COMMIT} https://example.com/a.git#v1 /a`, []],
    ["files", `${PINNED}\nADD a https.git /a/`, []],
    ["a secret in ENV", `${PINNED}\nENV A=1 \\\n  B="${TOKEN}"`, ["SecretInEnv 2"]],
    ["a secret by its name", `${PINNED}\nENV DB_PASSWORD=hunter22`, ["SecretInEnv 2"]],
    ["a reference to a secret", `${PINNED}\nARG DB_PASSWORD\nENV DB_PASSWORD=$DB_PASSWORD`, []],
    ["a secret in ARG", `${PINNED}\nARG T=${TOKEN}`, ["SecretInHistory 2"]],
    ["a secret in ARG ahead of FROM", `ARG T=${TOKEN}\n${PINNED}`, ["SecretInHistory 1"]],
    ["a secret in RUN", `${PINNED}\nRUN curl -H 'X: ${TOKEN}' h`, ["SecretInHistory 2"]],
    ["a secret in a here-document", `${PINNED}\nRUN <<E\necho ${TOKEN}\nE`, ["SecretInHistory 2"]],
    ["a secret in a copied here-document", `${PINNED}\nCOPY <<E /a\n${TOKEN}\nE`, ["SecretInHistory 2"]],
    ["a secret in a label", `${PINNED}\nLABEL a=${TOKEN}`, ["SecretInLabel 2"]],
    [
      "a secret in a stage that is not the target",
      `${PINNED} AS a\nENV T=${TOKEN}\n${PINNED}`,
      ["SecretInEnv 2"],
    ],
    ["a shell-form ENTRYPOINT", `${PINNED}\nENTRYPOINT serve`, ["ShellEntrypoint 2"]],
    ["one of another shell", `${PINNED}\nSHELL ["/bin/bash", "-c"]\nENTRYPOINT serve`, ["ShellEntrypoint 3"]],
    ["one with brackets", `${PINNED}\nENTRYPOINT ["/bin/sh", "-e", "-c", "serve"]`, []],
    ["one that is overridden", `${PINNED} AS a\nENTRYPOINT serve\nFROM a\nENTRYPOINT ["serve"]`, []],
  ])("%s", async (_, text, expected) => expect(await spoken(`${text}\n`)).toEqual(expected));

  it("judges who the target runs as, and whether it has a health check, with the stages below it", async () => {
    const of = async (...lines: string[]) => {
      const { findings } = await audit([...lines, ""].join("\n"));
      return findings
        .filter(({ rule }) => rule === "RootUser" || rule === "NoHealthcheck")
        .map(({ rule, severity, origin }) => `${rule} ${severity} ${origin.source?.start}`);
    };
    expect(await of(PINNED)).toEqual(["NoHealthcheck low 1", "RootUser low 1"]);
    expect(await of("FROM scratch")).toEqual(["RootUser medium 1", "NoHealthcheck low 1"]);
    const healthy = "HEALTHCHECK CMD true";
    expect(await of(PINNED, "USER app", "USER 0:0", healthy)).toEqual(["RootUser medium 3"]);
    expect(await of(PINNED, "ARG U=root", "USER $U", healthy)).toEqual(["RootUser medium 3"]);
    expect(await of(`${PINNED} AS a`, "USER app", healthy, "FROM a")).toEqual([]);
    expect(await of(PINNED, "USER 4242", "HEALTHCHECK NONE")).toEqual([]);
    expect(await of(`${PINNED} AS a`, "USER root", PINNED, "USER app", healthy)).toEqual([]);
  });

  it("looks at the stage that is asked for, and fills in build arguments", async () => {
    const text = "FROM app:12 AS a\nENTRYPOINT serve\nFROM scratch\nARG V\nADD https://example.com/$V /a\n";
    expect(await spoken(text, { target: "a" })).toContain("ShellEntrypoint 2");
    expect(await spoken(text)).not.toContain("ShellEntrypoint 2");
    expect(await spoken(text, { buildArgs: { V: "1" } })).toContain("UncheckedDownload 5");
    await expect(audit(text, { target: "b" })).rejects.toSatisfy((error) =>
      isSlipwayError(error, "STAGE_INVALID"),
    );
  });

  it("knows Dockerfile.lock: what it has is pinned; one that is wrong ends the audit", async () => {
    const text =
      "FROM app:12\nCOPY --from=app:12 /a /a\nADD https://example.com/a /a\nADD https://example.com/a.git#main /b\n";
    const lock = {
      lockVersion: 1,
      images: { "docker.io/library/app:12": { digest: DIGEST, platforms: { "linux/amd64": DIGEST } } },
      urls: { "https://example.com/a": { checksum: DIGEST, size: 1 } },
      git: { "https://example.com/a.git#main": { commit: COMMIT } },
    };
    expect(await spoken(text)).toEqual([
      "UncheckedDownload 3",
      "UnpinnedRepository 4",
      "UnpinnedBase 1",
      "UnpinnedBase 2",
    ]);
    expect(await spoken(text, {}, { "Dockerfile.lock": JSON.stringify(lock) })).toEqual([]);
    const wrong = audit(text, {}, { "Dockerfile.lock": "{}" });
    await expect(wrong).rejects.toSatisfy((error) => isSlipwayError(error, "LOCK_INVALID"));
  });

  it("goes by the policy beside it", async () => {
    const entry = "{id: UnpinnedBase, subject: 'app:*', reason: rebuilt daily, expires: never}";
    const report = await audit(
      "FROM app:12\n",
      {},
      { ".slipway-audit.yaml": `version: 1\naccept: [${entry}]\n` },
    );
    expect(report.findings.map(({ rule }) => rule)).toEqual(["NoHealthcheck", "RootUser"]);
    expect(report.policy!.accepted.map(({ subject }) => subject)).toEqual(["app:12"]);
  });

  it("never repeats a secret or a password", async () => {
    const text = [
      PINNED,
      `ENV T=${TOKEN} DB_PASSWORD='hunter2222'`,
      `RUN KEY=${TOKEN} make`,
      "ADD https://user:hunter2222@example.com/a /a",
      "ADD https://user:hunter2222@example.com/a.git#main /a",
    ];
    const told = JSON.stringify(await audit(`${text.join("\n")}\n`));
    expect(told).toContain("UncheckedDownload");
    expect(told).toContain("UnpinnedRepository");
    expect(told).not.toContain(TOKEN);
    expect(told).not.toContain("hunter2222");
  });

  it.each<[what: string, text: string, code: Parameters<typeof isSlipwayError>[1]]>([
    ["no Dockerfile", "", "DOCKERFILE_EMPTY"],
    ["a mistake", "FROM a\nRUNN b\n", "DOCKERFILE_SYNTAX"],
  ])("refuses %s", async (_, text, code) => {
    await expect(audit(text)).rejects.toSatisfy((error) => isSlipwayError(error, code!));
  });
});
