import { Accounts } from "../../src/audit/accounts.ts";
import { certificateFinding, mayHoldCertificates } from "../../src/audit/rules/certificates.ts";
import { endOfLifeFinding, parseOsRelease } from "../../src/audit/rules/end-of-life.ts";
import { fileSecrets } from "../../src/audit/rules/file-secrets.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import { findSecrets, maskSecret } from "../../src/secrets/find-secrets.ts";
import { mutateLines } from "../engine/mutate.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { text as oddText, word } from "../grammar/text.ts";

const NOW = Date.UTC(2030, 0, 1);
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfDCCASOgAwIBAgIUQ3w2uS7L4n6Qe2vCz0r9lq0lq3gwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAw
-----END CERTIFICATE-----
`;

/** The files of an image that an audit looks into: accounts, the release, certificates, texts with secrets. */
export const auditFilesTarget: Target = {
  name: "audit-files",
  about: "what an audit reads of an image: passwd, group, os-release, certificates, secrets in texts",
  seeds: [
    [
      "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:\n",
      "root:x:0:\nshadow:x:42:a,b\n",
      'ID=debian\nVERSION_ID="9"\n',
      CERTIFICATE,
    ],
    [
      "",
      "",
      "ID=alpine\nVERSION_ID=3.10.2\nPRETTY_NAME='Alpine \"x\"'\n",
      `AWS_SECRET=AKIA${"Z2".repeat(8)}\n`,
    ],
    ["::::\n", ":x:1\n", "ID=\n", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"],
  ].map(joinParts),
  dictionary: [
    ":x:0:0:",
    "ID=",
    "VERSION_ID=",
    "PRETTY_NAME=",
    "-----BEGIN CERTIFICATE-----\n",
    "-----BEGIN TRUSTED CERTIFICATE-----",
    "-----END CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----",
    "ghp_",
    "AKIA",
    "eyJ",
    "xoxb-",
    "password=",
    "://u:p@",
  ],
  mutators: [mutateLines],
  generate: (random) =>
    joinParts([
      random
        .several(0, 4, () => `${word(random)}:x:${random.below(70000)}:${random.below(9)}:${oddText(random)}`)
        .join("\n"),
      random.several(0, 3, () => `${word(random)}:x:${random.below(70000)}:`).join("\n"),
      `ID=${random.pick(["debian", "alpine", "ubuntu", oddText(random)])}\nVERSION_ID=${oddText(random)}`,
      random.several(0, 6, () => `${word(random)}=${oddText(random)}${random.below(1e9)}`).join("\n"),
    ]),
  run: (input) => {
    const [passwd = "", group = "", release = "", content = ""] = splitParts(input);
    checkAccounts(passwd, group);
    const distribution = parseOsRelease(release);
    if (distribution) endOfLifeFinding(distribution, NOW, {});
    const entry: Entry = {
      path: "etc/x.pem",
      type: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: content.length,
      mtime: 0,
      mtimeNs: 0,
    };
    mayHoldCertificates(entry);
    const certificates = certificateFinding(entry, content, NOW, {});
    must(!certificates?.message.includes("NaN"), () => `no date: ${certificates?.message}`);
    checkSecrets(entry, content);
  },
};

function checkAccounts(passwd: string, group: string): void {
  const accounts = new Accounts(passwd, group);
  for (const line of passwd.split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (name === "" || !/^\d+$/.test(uid)) continue;
    must(accounts.hasUid(Number(uid)), () => `no account for ${JSON.stringify(line)}`);
    const owner = accounts.ownerOf({ uid: Number(uid), gid: 0 });
    must(owner.includes(":"), () => `an owner without a group: ${owner}`);
  }
}

function checkSecrets(entry: Entry, content: string): void {
  const lines = content.split("\n").length;
  for (const { line, value } of findSecrets(content)) {
    must(line >= 1 && line <= lines, () => `a secret in line ${line} of ${lines}`);
    must(content.includes(value), () => "a secret that is not in the text");
    must(value.length < 8 || !maskSecret(value).includes(value), () => "a secret is shown");
  }
  for (const { message } of fileSecrets(entry, Buffer.from(content), {}, true))
    must(message.length < 2000, () => "a finding that nobody reads");
}
