#!/usr/bin/env node
// Everything that the demo and the test suite need on a fresh Debian machine with Node and npm: the npm packages, the
// build, the Debian packages. Plain Node, because nothing is installed yet when it starts.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram, isStaticProgram } from "./programs.mjs";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_FLOOR = [20, 19];

/** Programs by the Debian package that brings them. Without an optional one, the tests that compare with it say so and pass. */
const DEBIAN_PACKAGES = [
  { program: "crun", package: "crun", for: "RUN and `slipway run`" },
  { program: "runc", package: "runc", for: "tests of the second OCI runtime" },
  { program: "mmdebstrap", package: "mmdebstrap", for: "base images without a registry" },
  { program: "docker-registry", package: "docker-registry", for: "push and pull tests" },
  { program: "tini", package: "tini", for: "--init" },
  { program: "pasta", package: "passt", for: "private networks of `slipway run`" },
  {
    program: "bridge",
    file: "/usr/lib/cni/bridge",
    package: "containernetworking-plugins",
    for: "containers that reach each other",
  },
  { program: "newuidmap", package: "uidmap", for: "building as an ordinary user" },
  {
    program: "busybox",
    package: "busybox-static",
    for: "the small base image of the tests",
    mustBeStatic: true,
  },
  { program: "git", package: "git", for: "git contexts" },
  { program: "ssh-agent", package: "openssh-client", for: "RUN --mount=type=ssh" },
  { program: "xz", package: "xz-utils", for: "archives of the tests" },
  { program: "zstd", package: "zstd", for: "archives of the tests" },
  { program: "bzip2", package: "bzip2", for: "archives of the tests" },
  { program: "python3", package: "python3", for: "archives of the tests" },
  { program: "openssl", package: "openssl", for: "certificates of the tests" },
  { program: "setpriv", package: "util-linux", for: "tests as an ordinary user" },
  {
    program: "qemu-aarch64-static",
    package: "qemu-user-static",
    for: "tests of RUN for another processor",
    optional: true,
  },
  { program: "skopeo", package: "skopeo", for: "comparison with another reader of images", optional: true },
  { program: "igzip", package: "isal", for: "tests of the faster gzip", optional: true },
  { program: "shellcheck", package: "shellcheck", for: "checks of the shell scripts", optional: true },
];

/** A reason to stop that needs no stack trace. */
export class SetupError extends Error {}

/** Makes the checkout ready. `onto` tells what is being done, a line at a time. */
export async function setUp(onto = tell) {
  checkNode();
  installNpmPackages(onto);
  installDebianPackages(onto);
  openTunnelDevice();
  const { buildIfStale } = await import("./build.mjs");
  if (await buildIfStale()) onto("built dist/");
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const old = major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1]);
  if (old)
    throw new SetupError(`Node ${NODE_FLOOR.join(".")} or newer is needed; this is ${process.versions.node}`);
}

function installNpmPackages(onto) {
  if (npmPackagesAreCurrent()) return;
  onto("installing npm packages (npm ci)");
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], "npm ci");
}

/** npm writes what it installed to node_modules/.package-lock.json; optional packages of other platforms are not in it. */
function npmPackagesAreCurrent() {
  const installed = readLock(join(ROOT, "node_modules/.package-lock.json"));
  const wanted = readLock(join(ROOT, "package-lock.json"));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || (installed[path] ? installed[path].version === entry.version : entry.optional === true),
  );
}

function readLock(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Private networks of ordinary users need it; udev makes it so, and a machine that is itself a container may have none. */
function openTunnelDevice() {
  const device = "/dev/net/tun";
  if (process.getuid?.() === 0 && existsSync(device)) chmodSync(device, 0o666);
}

function installDebianPackages(onto) {
  const missing = DEBIAN_PACKAGES.filter((entry) => !isThere(entry));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && findProgram("apt-get")) {
    onto(`installing Debian packages: ${names(missing)}`);
    apt(["update"]);
    const needed = missing.filter((entry) => !entry.optional);
    if (!apt(["install", ...missing.map((entry) => entry.package)]) && needed.length > 0)
      apt(["install", ...needed.map((entry) => entry.package)]);
  }
  reportWhatIsMissing(
    DEBIAN_PACKAGES.filter((entry) => !isThere(entry)),
    onto,
  );
}

function reportWhatIsMissing(missing, onto) {
  const needed = missing.filter((entry) => !entry.optional);
  const optional = missing.filter((entry) => entry.optional);
  if (optional.length > 0) onto(`not installed, and not needed: ${names(optional)}`);
  if (needed.length === 0) return;
  const uses = needed.map((entry) => `  ${entry.package}: ${entry.for}`).join("\n");
  throw new SetupError(
    `some programs are missing:\n${uses}\ninstall them with\n  sudo apt-get install ${names(needed)}`,
  );
}

function isThere(entry) {
  if (entry.file !== undefined) return existsSync(entry.file);
  const file = findProgram(entry.program);
  return file !== undefined && (!entry.mustBeStatic || isStaticProgram(file));
}

function names(entries) {
  return entries.map((entry) => entry.package).join(" ");
}

/** apt-get with no questions and no input; its output is shown only where it fails. */
function apt(args) {
  const options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  const result = spawnSync("apt-get", [...options, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
  if (result.status !== 0)
    process.stderr.write(`apt-get ${args.join(" ")} failed:\n${result.stdout}${result.stderr}\n`);
  return result.status === 0;
}

function run(program, args, what) {
  const result = spawnSync(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (result.status !== 0) throw new SetupError(`${what} failed`);
}

/** A folder for the length of `work`. */
export async function withTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "slipway-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function tell(line) {
  process.stdout.write(`setup: ${line}\n`);
}

/** Runs a script's main function: its result is the exit code, a SetupError is a message and exit code 1. */
export async function runMain(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof SetupError ? error.message : (error.stack ?? error)}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(async () => void (await setUp()));
