import { generateKeyPairSync } from "node:crypto";
import { crc32 } from "node:zlib";
import { readSshKey } from "../../src/context/ssh-key.ts";
import { StatRecords } from "../../src/context/stat-index-codec.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { CdiError, readSpecification } from "../../src/runtime/cdi/specification.ts";
import { readHierarchies } from "../../src/runtime/cgroup/hierarchies.ts";
import { hostsFile, resolverFile } from "../../src/runtime/network-files.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";
import { text, word } from "../grammar/text.ts";
import { checkShown } from "./shown-error.ts";

const CDI = {
  cdiVersion: "1.0.0",
  kind: "vendor.com/class",
  devices: [
    {
      name: "a",
      annotations: { x: "y" },
      containerEdits: {
        env: ["A=b"],
        deviceNodes: [{ path: "/dev/a", type: "c", major: 1, minor: 2 }],
        mounts: [{ hostPath: "/a", containerPath: "/b", options: ["ro"] }],
        additionalGids: [5],
      },
    },
  ],
};

const SEEDS = [
  "nameserver 127.0.0.53\nsearch a b\noptions ndots:1\n# x\n",
  "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n31 23 0:27 /a /sys/fs/cgroup/cpu\\040x rw - cgroup cgroup rw,cpu,cpuacct\n0::/a/b\n4:cpu,cpuacct:/a/c\n",
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ==\n-----END OPENSSH PRIVATE KEY-----\n",
  JSON.stringify(CDI),
];

/** Files of this machine that it makes its own sense of: devices, keys, name servers, control groups. */
export const machineFilesTarget: Target = {
  name: "machine-files",
  about: "CDI specifications, ssh keys, resolv.conf, mountinfo and cgroup",
  seeds: SEEDS.map((file) => Buffer.from(file)),
  dictionary: [
    "nameserver ",
    "search ",
    "options ",
    " - cgroup2 ",
    " - cgroup ",
    "0::/",
    ":cpu:",
    "\\040",
    "ssh-ed25519",
    "ssh-rsa",
    '"cdiVersion":',
    '"kind":',
    '"devices":',
  ],
  generate: (random) => {
    if (random.chance(0.4))
      return mutateJson(Buffer.from(JSON.stringify(CDI)), { random, other: Buffer.alloc(0), words: [] });
    const line = () =>
      `${random.pick(["nameserver ", "search ", `${random.below(99)} 1 0:2 / /sys/fs/cgroup `, "0::/"])}${text(random)} - cgroup2 ${word(random)} rw`;
    return Buffer.from(random.several(1, 6, line).join("\n"));
  },
  mutators: [mutateLines, mutateJson, mutateJson],
  run: (input) => {
    const file = Buffer.from(input).toString("utf8");
    for (const network of ["none", "host"] as const)
      must(
        resolverFile({ network, host: file, search: ["x"] }).endsWith("\n"),
        () => "no line feed at the end",
      );
    hostsFile(file);
    readHierarchies(file, file);
    readSpecificationOf(file);
    try {
      readSshKey(file, "key").sign(Buffer.from("data"), 0);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
      checkShown(error);
    }
  },
  grow: (random) =>
    random.chance(0.5)
      ? growingJson(CDI, random)
      : (times) => Buffer.from(`nameserver ${word(random)}\n`.repeat(times)),
};

function readSpecificationOf(file: string): void {
  let document: unknown;
  try {
    document = JSON.parse(file);
  } catch {
    return;
  }
  try {
    readSpecification(document);
  } catch (error) {
    // Its caller tells the reason and goes on without the file.
    if (!(error instanceof CdiError)) throw error;
  }
}

/** What is known of files at rest; the input is what follows the checksum. */
export const statIndexTarget: Target = {
  name: "stat-index",
  about: "the stat index of a build context",
  seeds: [indexOf(["a/b"]).subarray(12)],
  dictionary: ["\u0000\u0000\u0000\u0000", "\u00ff\u00ff\u00ff\u00ff"],
  generate: (random) => indexOf(random.several(0, 5, () => text(random))).subarray(12),
  run: (input) => {
    const header = Buffer.concat([Buffer.from("SLIPSTA1"), Buffer.alloc(4)]);
    header.writeUInt32LE(crc32(Buffer.from(input)), 8);
    const again = new StatRecords(Buffer.concat([header, input])).encode(255);
    must(again.length <= 12 + input.length, () => "a record out of bounds");
    new StatRecords(input);
  },
};

function indexOf(paths: readonly string[]): Buffer {
  const records = new StatRecords();
  const stat = { size: 1, mtimeNs: 2n, ctimeNs: 3n, ino: 4n, mode: 0o100644 };
  for (const path of paths) records.set(path, stat, "07".repeat(32));
  return records.encode(20);
}
