import { closeSync, openSync, readSync } from "node:fs";
import { SlipwayError } from "../core/errors.ts";
import { findTool } from "../sys/find-tool.ts";

/** Where the init is inside a container, as with Docker. */
export const INIT_PATH = "/sbin/docker-init";

const NAMES = ["docker-init", "catatonit", "tini-static", "tini"];
const PROGRAM_HEADER_INTERPRETER = 3;

/**
 * An init of this machine that runs in any image: a program that needs no libraries. Throws `RUNTIME_UNAVAILABLE` where there is
 * none. `path` is a PATH value.
 */
export function findInit(path: string): string {
  const found = NAMES.flatMap((name) => findTool(name, path) ?? []);
  const usable = found.find(isStatic);
  if (usable !== undefined) return usable;
  const why =
    found.length === 0 ? "none is installed" : `${found.join(", ")} needs libraries of this machine`;
  throw new SlipwayError("RUNTIME_UNAVAILABLE", `--init needs an init program, and ${why}`, {
    hint: "install tini or catatonit (the Debian packages have these names)",
  });
}

/** No program header of a 64-bit ELF file names an interpreter (elf(5)). */
function isStatic(file: string): boolean {
  const head = Buffer.alloc(4096);
  const fd = openSync(file, "r");
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return false;
  const [start, size, count] = [
    Number(head.readBigUInt64LE(32)),
    head.readUInt16LE(54),
    head.readUInt16LE(56),
  ];
  for (let i = 0; i < count; i++) {
    const at = start + i * size;
    if (at + 4 > head.length) return false;
    if (head.readUInt32LE(at) === PROGRAM_HEADER_INTERPRETER) return false;
  }
  return true;
}
