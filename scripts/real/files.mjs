// Checks of an image's files: its root filesystem as one archive, made by the builder itself.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "./expect.mjs";

/** Entries as `tar` lists them: `mode uid/gid size name`. */
export async function listImage({ slipway, image, folder }, platform) {
  const archive = await exportImage({ slipway, image, folder }, platform);
  return tar(["--list", "--verbose", "--numeric-owner", "--file", archive])
    .toString("utf8")
    .trim()
    .split("\n")
    .map(parseEntry);
}

function parseEntry(line) {
  const [, mode, owner, size, name] = /^(\S+) (\d+\/\d+) +(\S+) \S+ \S+ (.*)$/.exec(line) ?? [];
  return { mode, owner: owner?.replace("/", ":"), size: Number(size), name: name?.replace(/^\.\//, "") };
}

async function exportImage({ slipway, image, folder }, platform = "") {
  const archive = join(folder, `${image}${platform}.tar`.replaceAll(/[/:]/g, "-"));
  if (existsSync(archive)) return archive;
  const flags = [...(platform ? ["--platform", platform] : []), "-q", "-o", `type=tar,dest=${archive}`];
  await slipway.succeed(["build", ...flags, "-"], { input: `FROM ${image}\n` });
  return archive;
}

function tar(args) {
  const { status, stdout, stderr } = spawnSync("tar", args, { maxBuffer: 1 << 30 });
  if (status !== 0) throw new Failure(`tar ${args.join(" ")} ended with ${status}`, stderr.toString("utf8"));
  return stdout;
}

/** The image holds exactly these, besides the folders above them that nobody named. */
export async function checkFiles(subject, { files }) {
  const names = (await listImage(subject)).map(({ name }) => name);
  if (names.sort().join("\n") !== [...files].sort().join("\n"))
    throw new Failure(`${subject.image} holds ${JSON.stringify(names)}, not ${JSON.stringify(files)}`);
}

export async function checkEntry(subject, { entry, mode, owner }) {
  const found = (await listImage(subject)).find(({ name }) => name === entry);
  if (found?.mode !== mode || found.owner !== owner)
    throw new Failure(`${entry} of ${subject.image} is ${JSON.stringify(found)}, not ${mode} ${owner}`);
}

/** A program for the right processor, by the machine field of its ELF header, in the right image of an index. */
export async function checkElf(subject, { elf, platform, machine, labels }) {
  const archive = await exportImage(subject, platform);
  const bytes = tar(["--extract", "--to-stdout", "--file", archive, elf]);
  const actual = bytes.subarray(0, 4).toString("latin1") === "\x7fELF" ? bytes.readUInt16LE(18) : undefined;
  if (actual !== machine)
    throw new Failure(`${elf} for ${platform} is for machine ${actual}, not ${machine}`);
  const { stdout } = await subject.slipway.succeed(["inspect", "--platform", platform, subject.image]);
  const { Config } = JSON.parse(stdout)[0];
  for (const [name, value] of Object.entries(labels))
    if (Config.Labels?.[name] !== value)
      throw new Failure(`${name} for ${platform} is ${Config.Labels?.[name]}, not ${value}`);
}

/** A text that nothing of the image may hold: neither a layer nor the configuration. */
export async function checkAbsent({ slipway, image, folder }, { absent }) {
  const layout = join(folder, "layout");
  mkdirSync(layout, { recursive: true });
  await slipway.succeed(["save", "-o", join(layout, "image.tar"), image]);
  tar(["--extract", "--file", join(layout, "image.tar"), "--directory", layout]);
  const files = readdirSync(layout, { recursive: true }).map((name) => join(layout, name));
  const holders = files.filter((file) => statSync(file).isFile() && plainBytes(file).includes(absent));
  if (holders.length > 0) throw new Failure(`${image} holds what it must not: ${holders.join(", ")}`);
}

function plainBytes(file) {
  const bytes = readFileSync(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return spawnSync("gzip", ["-dc"], { input: bytes, maxBuffer: 1 << 30 }).stdout;
}

export async function checkExported({ folder }, { exported, files }) {
  const names = readdirSync(join(folder, exported), { recursive: true }).sort();
  if (names.join() !== [...files].sort().join())
    throw new Failure(`${exported} holds ${names.join(", ")}, not ${files.join(", ")}`);
}
