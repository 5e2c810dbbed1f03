import { createHash } from "node:crypto";
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { makeFolders } from "../sys/make-folders.ts";
import type { OciSpec } from "./oci-spec.ts";

/** crun takes a filter as the kernel does; without the annotation it lets libseccomp compile one at every start, for a quarter of its time. */
const ANNOTATION = "run.oci.seccomp_bpf_data";
/** BPF_MAXINSNS of the kernel, 8 bytes each. */
const MOST_BYTES = 4096 * 8;

export interface FilterPlaces {
  /** Where compiled filters are kept, between builds. */
  readonly folder: string;
  /** The crun that runs the container. */
  readonly program: string;
  readonly shell: string;
  /** crun's folder of this container, in which it puts the filter that it compiles. */
  readonly state: string;
  /** A new file of this container's own. */
  readonly copy: string;
}

/**
 * Gives a specification the filter that crun compiled from the same profile before, or sees to it that the one which it compiles now
 * is kept: `keep` is to be called when the container has ended. The profile stays in the specification for a crun that does not
 * know the annotation.
 */
export function withCompiledFilter(spec: OciSpec, places: FilterPlaces): { spec: object; keep: () => void } {
  const { seccomp } = spec.linux;
  if (!seccomp) return { spec, keep: () => {} };
  const path = join(places.folder, nameOf(seccomp, places.program));
  const filter = readOwn(path);
  if (filter)
    return { spec: { ...spec, annotations: { [ANNOTATION]: filter.toString("base64") } }, keep: () => {} };
  const createContainer = [...(spec.hooks?.createContainer ?? []), copyHook(places)];
  return {
    spec: { ...spec, hooks: { ...spec.hooks, createContainer } },
    keep: () => keepFilter(places, path),
  };
}

/** Another kernel, another crun or another profile need another filter. */
function nameOf(seccomp: object, program: string): string {
  const { size, mtimeMs, ino } = statSync(program);
  const facts = JSON.stringify([seccomp, release(), process.arch, program, size, mtimeMs, ino]);
  return `${createHash("sha256").update(facts).digest("hex").slice(0, 40)}.bpf`;
}

/** Runs when the filter is compiled and the container's root not entered. It reads its input to the end, or crun fails. */
function copyHook({ shell, state, copy }: FilterPlaces): object {
  const script = 'while read -r _; do :; done; cp "$1/seccomp.bpf" "$2" || :';
  return { path: shell, args: ["sh", "-c", script, "sh", state, copy], env: ["PATH=/usr/bin:/bin"] };
}

function keepFilter({ folder, copy }: FilterPlaces, path: string): void {
  try {
    const filter = readFileSync(copy);
    if (!isFilter(filter)) return;
    makeFolders(folder, 0o700);
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, filter, { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    // It only saves time.
  } finally {
    rmSync(copy, { force: true });
  }
}

/** Nothing that somebody else could have written becomes a filter. */
function readOwn(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, "r");
    try {
      const { uid, mode, size } = fstatSync(fd);
      if (uid !== process.geteuid?.() || (mode & 0o022) !== 0 || size > MOST_BYTES) return undefined;
      const bytes = readFileSync(fd);
      return isFilter(bytes) ? bytes : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

const JUMP = 0x05;
const RETURN = 0x06;

/** A whole program of classic BPF: it ends by returning, and no jump leads out of it (as the kernel checks it, too). */
export function isFilter(bytes: Buffer): boolean {
  const count = bytes.length / 8;
  if (count === 0 || !Number.isInteger(count) || bytes.length > MOST_BYTES) return false;
  for (let at = 0; at < count; at++) {
    const code = bytes.readUInt16LE(at * 8);
    const rest = count - at - 1;
    if ((code & 0x07) !== JUMP) continue;
    const isAlways = (code & 0xf0) === 0;
    const far = isAlways ? bytes.readUInt32LE(at * 8 + 4) : Math.max(bytes[at * 8 + 2]!, bytes[at * 8 + 3]!);
    if (far >= rest) return false;
  }
  return (bytes.readUInt16LE((count - 1) * 8) & 0x07) === RETURN;
}
