import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  constants,
  createWriteStream,
  lstatSync,
  readlinkSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Writable } from "node:stream";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { stdoutError } from "./stdout-error.ts";

const BUFFER = 1 << 20;
/** As many as the kernel follows. */
const MOST_LINKS = 40;

/** Takes bytes and waits while the other side is slow. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

export interface Destination {
  /** Runs `produce`; a file appears whole under its name, or not at all. Devices and pipes are written straight. */
  write(produce: (sink: ByteSink) => Promise<void>): Promise<void>;
}

export interface DestinationOptions {
  readonly cwd: string;
  readonly stdout?: NodeJS.WritableStream;
}

/** Opens `-` (the stream that the caller gave as standard output) or a file; symlinks are followed. Throws `OUTPUT_INVALID`. */
export async function openDestination(
  dest: string,
  { cwd, stdout }: DestinationOptions,
): Promise<Destination> {
  if (dest !== "-") return fileDestination(resolve(cwd, dest));
  checkStdout(stdout);
  return {
    write: (produce) =>
      produce(sinkOf(stdout)).catch((error) => {
        throw stdoutError(error);
      }),
  };
}

/** Refuses what could never be written before a long build has been for nothing (SPEC 8.1, -o). Throws `OUTPUT_INVALID`. */
export function checkDestination(
  { dest, kind }: { readonly dest: string; readonly kind: "file" | "folder" },
  { cwd, stdout }: DestinationOptions,
): void {
  if (dest === "-") return checkStdout(stdout);
  const path = resolve(cwd, dest);
  const there = kindOf(path);
  if (kind === "folder" && there && !there.isDirectory())
    throw new SlipwayError("OUTPUT_INVALID", `destination directory ${dest} is a file`, {
      hint: "give the name of a folder",
    });
  if (kind === "folder") return;
  checkIsNoFolder(dest, there);
  if (there) return;
  const above = kindOf(dirname(path));
  if (above?.isDirectory()) return;
  throw new SlipwayError("OUTPUT_INVALID", `cannot write ${dest}: there is no folder ${dirname(path)}`, {
    hint: "make it first",
  });
}

function checkStdout(stdout: NodeJS.WritableStream | undefined): asserts stdout {
  if (!stdout) throw new SlipwayError("OUTPUT_INVALID", "there is no standard output to write the result to");
  if ((stdout as { isTTY?: boolean }).isTTY)
    throw new SlipwayError("OUTPUT_INVALID", "refusing to write an archive to a terminal", {
      hint: "redirect standard output, or give dest=FILE",
    });
}

function checkIsNoFolder(dest: string, kind: Stats | undefined): void {
  if (!kind?.isDirectory()) return;
  throw new SlipwayError("OUTPUT_INVALID", `destination file ${dest} is a directory`, {
    hint: "give the name of a file",
  });
}

function fileDestination(path: string): Destination {
  const kind = kindOf(path);
  checkIsNoFolder(path, kind);
  const write = kind && !kind.isFile() ? writeStraight : replaceWhole;
  return {
    async write(produce) {
      try {
        await write(path, produce);
      } catch (error) {
        throw outputError(error, path);
      }
    },
  };
}

function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw outputError(error, path);
  }
}

type Produce = (sink: ByteSink) => Promise<void>;

/** Devices and pipes take bytes as they come: a file renamed over /dev/null would take the device away from everybody. */
async function writeStraight(path: string, produce: Produce): Promise<void> {
  const handle = await open(path, constants.O_WRONLY);
  await writeInto(handle.createWriteStream({ highWaterMark: BUFFER }), produce);
}

async function replaceWhole(path: string, produce: Produce): Promise<void> {
  const target = linkTarget(path);
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const stream = createWriteStream(temporary, { flags: "wx", highWaterMark: BUFFER });
    await once(stream, "open");
    await writeInto(stream, produce);
    await rename(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Ends the stream, or closes it where anything fails: a library's process lives on and would run out of descriptors. */
async function writeInto(stream: Writable, produce: Produce): Promise<void> {
  try {
    await produce(sinkOf(stream));
    await new Promise<void>((done, failed) => stream.once("error", failed).end(done));
  } catch (error) {
    stream.destroy();
    if (!stream.closed) await new Promise((closed) => stream.once("close", closed));
    throw error;
  }
}

/** The file that a chain of symlinks names, whether it exists or not: the links stay. */
function linkTarget(path: string): string {
  let target = path;
  for (let depth = 0; depth < MOST_LINKS; depth++) {
    if (!lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) return target;
    target = resolve(realpathSync(dirname(target)), readlinkSync(target));
  }
  throw new SlipwayError("SYMLINK_LOOP", `${path} leads through too many symbolic links`);
}

/** Errors of the file system at a destination, with a code and a remedy. */
export function outputError(error: unknown, path: string): unknown {
  // What prunes the store makes no room on the disk of a destination.
  if (["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? ""))
    return new SlipwayError("DISK_FULL", `no space left on the device while writing ${path}`, {
      cause: error,
      hint: `make room on the disk of ${dirname(path)}, or write to another one`,
    });
  const denied = "check the owner and mode of that path, or write somewhere else";
  const described = describeSystemError(error, `writing ${path}`, denied);
  if (described instanceof SlipwayError || (described as NodeJS.ErrnoException).code === undefined)
    return described;
  return new SlipwayError("OUTPUT_INVALID", `cannot write ${path}: ${(error as Error).message}`, {
    cause: error,
    hint: `check that the folder ${dirname(path)} exists`,
  });
}

function sinkOf(stream: NodeJS.WritableStream): ByteSink {
  let failure: unknown;
  let wake: (() => void) | undefined;
  const resume = () => wake?.();
  stream.on("drain", resume);
  stream.on("close", resume);
  stream.on("error", (error) => {
    failure = error;
    resume();
  });
  return {
    async write(chunk) {
      if (failure) throw failure;
      if (stream.write(chunk)) return;
      await new Promise<void>((drained) => {
        wake = drained;
      });
      wake = undefined;
      if (failure) throw failure;
    },
  };
}
