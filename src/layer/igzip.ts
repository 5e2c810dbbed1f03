import type { Readable, Writable } from "node:stream";
import { SlipwayError } from "../core/errors.ts";
import { findTool, spawnProcess } from "../sys/process.ts";
import { GZIP_HEADER, GzipSum } from "./gzip-member.ts";

/** 0 makes noise larger by a fifth; 2 and 3 take longer and save little. */
const LEVEL = 1;
const TRAILER = 8;

/** ISA-L's gzip, which takes a sixth of the time that zlib takes, where the machine has it. */
export function findIgzip(path: string): string | undefined {
  return findTool("igzip", path);
}

/** What `igzipCompress` does, as a record of its results names it. */
export const IGZIP_SETTINGS = `igzip level=${LEVEL}`;

export interface IgzipOptions {
  /** Absolute path of igzip. */
  readonly program: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compresses `source` by igzip, as a gzip member without name and time. Throws `TOOL_FAILED` or `TOOL_NOT_FOUND` where the program
 * fails, or its result has another header or checksum than it must have; `CANCELLED`; and what `source` throws. Nothing before the
 * end of the iteration tells that the result is whole.
 */
export async function* igzipCompress(
  source: AsyncIterable<Uint8Array>,
  { program, signal }: IgzipOptions,
): AsyncGenerator<Uint8Array> {
  const child = spawnProcess([program, `-${LEVEL}`, "-n", "-c"], {
    env: {},
    stdio: ["pipe", "pipe", "ignore"],
    streamStdout: true,
    ...(signal ? { signal } : {}),
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) {
    await child.done;
    return;
  }
  const sum = new GzipSum();
  const feeding = feed(source, stdin, sum);
  // Looked at behind the output; until then a failure must not count as unhandled.
  feeding.catch(() => {});
  try {
    const rest = yield* withoutEnds(stdout, program);
    await feeding;
    const { exitCode } = await child.done;
    if (exitCode !== 0) throw failed(program, `ended with ${exitCode}`);
    const trailer = sum.trailer();
    if (!rest.equals(trailer)) throw failed(program, "gave a result that has another checksum");
    yield trailer;
  } finally {
    child.kill("SIGKILL");
    stdin.destroy();
    stdout.destroy();
    // Awaited, so that nobody closes the source's files under its hands; its failure is known by now, or no longer of interest.
    await feeding.catch(() => {});
  }
}

/** Ends silently where the program reads no more: how it ended tells why. Each chunk is written before the next is asked for. */
async function feed(source: AsyncIterable<Uint8Array>, stdin: Writable, sum: GzipSum): Promise<void> {
  try {
    for await (const chunk of source) {
      sum.update(chunk);
      if (!(await isWritten(stdin, chunk))) return;
    }
    stdin.end();
  } catch (error) {
    stdin.destroy();
    throw error;
  }
}

function isWritten(stdin: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    stdin.write(chunk, (error) => resolve(!error && !stdin.destroyed));
  });
}

/** Our header and what is between header and trailer; gives the trailer back. */
async function* withoutEnds(stdout: Readable, program: string): AsyncGenerator<Uint8Array, Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let hasHeader = false;
  for await (const chunk of stdout) {
    held = Buffer.concat([held, chunk as Buffer]);
    if (!hasHeader && held.length >= GZIP_HEADER.length) {
      if (!isPlainHeader(held)) throw failed(program, "gave a result with an unknown header");
      held = held.subarray(GZIP_HEADER.length);
      hasHeader = true;
      yield GZIP_HEADER;
    }
    if (!hasHeader || held.length <= TRAILER) continue;
    yield held.subarray(0, -TRAILER);
    held = held.subarray(-TRAILER);
  }
  return held;
}

/** Deflate, and no field behind the header (RFC 1952); what else is in it is replaced by ours. */
function isPlainHeader(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).equals(GZIP_HEADER.subarray(0, 4));
}

function failed(program: string, what: string): SlipwayError<"TOOL_FAILED"> {
  return new SlipwayError("TOOL_FAILED", `${program} ${what}`, { facts: { tool: program } });
}
