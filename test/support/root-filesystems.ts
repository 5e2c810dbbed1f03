import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isStaticProgram } from "../../scripts/programs.mjs";
import { cachedFile } from "./cached-file.ts";
import { makeFolder, writeTree } from "./made-folder.ts";
import { requireTool, runCommand, runOrFail } from "./tools.ts";

/** Changes when the recipe below does, so that an old cached archive is not used. */
const BUSYBOX_RECIPE = "4";
const DEBIAN_RECIPE = "1";
export const DEBIAN_SUITE = "bookworm";

const ACCOUNTS = {
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  "etc/group": "root:x:0:\ndaemon:x:1:\ntty:x:5:\nstaff:x:50:\nnogroup:x:65534:\n",
  "etc/hostname": "busybox\n",
};

/** A small root filesystem (about 2 MB) as an uncompressed tar: one static BusyBox, a link per applet in /bin, the usual folders. */
export async function busyboxRootfs(): Promise<string> {
  const busybox = requireTool("busybox");
  if (!isStaticProgram(busybox))
    throw new Error("busybox is not static: sudo apt-get install busybox-static");
  const version = createHash("sha256").update(readFileSync(busybox)).digest("hex").slice(0, 12);
  return cachedFile(`busybox-${BUSYBOX_RECIPE}-${version}.tar`, (file) => packBusybox(busybox, file));
}

async function packBusybox(busybox: string, file: string): Promise<void> {
  const { path: root, remove } = makeFolder();
  try {
    for (const folder of [
      "bin",
      "dev",
      "etc",
      "home",
      "proc",
      "root",
      "sys",
      "tmp",
      "usr/bin",
      "usr/sbin",
      "var/log",
    ])
      mkdirSync(join(root, folder), { recursive: true });
    // The temporary folder is closed to others; a root filesystem is not.
    chmodSync(root, 0o755);
    chmodSync(join(root, "tmp"), 0o1777);
    chmodSync(join(root, "root"), 0o700);
    writeTree(root, ACCOUNTS);
    copyFileSync(busybox, join(root, "bin/busybox"));
    const applets = (await runOrFail(busybox, ["--list"]))
      .split("\n")
      .filter((name) => name && name !== "busybox");
    for (const applet of applets) symlinkSync("busybox", join(root, "bin", applet));
    symlinkSync("../../bin/env", join(root, "usr/bin/env"));
    await runOrFail("tar", [...STABLE_TAR, "-cf", file, "-C", root, "."]);
  } finally {
    remove();
  }
}

/** Equal content gives equal bytes. */
const STABLE_TAR = [
  "--sort=name",
  "--owner=0",
  "--group=0",
  "--numeric-owner",
  "--mtime=@1700000000",
  "--format=gnu",
];

/** A minimal Debian bookworm (with apt) as an uncompressed tar of about 170 MB; the first call takes some 20 seconds and a package mirror. */
export async function debianRootfs(): Promise<string> {
  const mmdebstrap = requireTool("mmdebstrap");
  return cachedFile(`debian-${DEBIAN_SUITE}-${DEBIAN_RECIPE}.tar`, async (file) => {
    const mirror = await mirrorOf(DEBIAN_SUITE);
    const args = [
      "--quiet",
      "--format=tar",
      "--variant=minbase",
      DEBIAN_SUITE,
      file,
      ...(mirror ? [mirror] : []),
    ];
    await runOrFail(mmdebstrap, args, { env: inherited("PATH", "http_proxy", "https_proxy", "no_proxy") });
  });
}

/** The mirror that this machine's apt uses for a Debian suite; undefined where it uses none, or is no Debian. */
export async function mirrorOf(suite: string): Promise<string | undefined> {
  const format = "$(REPO_URI) $(CODENAME) $(ORIGIN)";
  const { stdout, exitCode } = await runCommand("apt-get", ["indextargets", "--format", format]).catch(
    () => ({
      stdout: "",
      exitCode: 1,
    }),
  );
  if (exitCode !== 0) return undefined;
  const rows = stdout.split("\n").map((row) => row.split(" "));
  return rows.find(([, codename, origin]) => codename === suite && origin === "Debian")?.[0];
}

function inherited(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
