import { createRequire } from "node:module";
import { endianness } from "node:os";
import { getSystemErrorName } from "node:util";
import { SlipwayError } from "../core/errors.ts";
import { encodeName } from "../core/file-name.ts";

/** Nanoseconds since the epoch, or "omit" to leave that time alone. */
export type TimeNs = bigint | "omit";

/**
 * The system calls that Node lacks. Paths are in the form of `core/file-name.ts`. Nothing follows a symbolic link in the last
 * component. Errors are Node's: an `Error` with `code` (`ENOSPC`, `EPERM` …), `errno`, `syscall` and `path`.
 */
export interface Libc {
  /** The value, or undefined where there is no such attribute or the file system has none at all. */
  getXattr(path: string, name: string): Buffer | undefined;
  /** Names in no particular order; empty where the file system has none. */
  listXattrs(path: string): string[];
  setXattr(path: string, name: string, value: Uint8Array): void;
  /** Does nothing where there is no such attribute. */
  removeXattr(path: string, name: string): void;
  /** `type` is a device; 0/0 of type "char" is overlayfs's whiteout and needs no privilege (Linux 5.8). */
  makeDevice(path: string, type: "char" | "block", device: Device): void;
  makeFifo(path: string, mode: number): void;
  setTimes(path: string, atime: TimeNs, mtime: TimeNs): void;
  /** Gives an open file both times: whole seconds since the epoch (32 bits and more), and nanoseconds. */
  setOpenTimes(fd: number, seconds: number, nanoseconds: number): void;
  /**
   * Opens a file of which no component is a link (openat2 with RESOLVE_NO_SYMLINKS, Linux 5.6); else `ELOOP`. `ENOSYS` or `EPERM`
   * where the kernel or a filter of system calls does not have it. `flags` are those of open(2).
   */
  openWithoutLinks(path: string, flags: number): number;
  /**
   * Takes a lock on an open file description (flock). False where another one holds it and `wait` is not set; with `wait`
   * the calling thread blocks. Closing the descriptor releases the lock, and so does the end of the process.
   */
  lock(fd: number, kind: "shared" | "exclusive", options?: { readonly wait?: boolean }): boolean;
  unlock(fd: number): void;
}

export interface Device {
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

/** Tells whether `libc()` can be had: Linux, 64 bits, and koffi has a binary for it. */
export function hasLibc(): boolean {
  return load() instanceof Calls;
}

/** The system calls; loads them at first use. Throws `SYSTEM_UNSUPPORTED` where `hasLibc()` is false. */
export function libc(): Libc {
  const loaded = load();
  if (loaded instanceof Calls) return loaded;
  throw new SlipwayError("SYSTEM_UNSUPPORTED", `this needs system calls of Linux: ${loaded.reason}`, {
    hint: "use Linux on x64 or arm64; builds without RUN work everywhere",
    cause: loaded.cause,
  });
}

interface Unavailable {
  readonly reason: string;
  readonly cause?: unknown;
}

type NativeFunction = (...parameters: readonly unknown[]) => number;
interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): NativeFunction };
  errno(): number;
}

const load = once((): Calls | Unavailable => {
  if (process.platform !== "linux") return { reason: `this is ${process.platform}` };
  if (!["x64", "arm64", "riscv64", "ppc64", "s390x", "loong64"].includes(process.arch))
    return { reason: `the processor is ${process.arch}` };
  try {
    return new Calls(createRequire(import.meta.url)("koffi") as Koffi);
  } catch (cause) {
    return { reason: "the package koffi cannot be loaded", cause };
  }
});

/** Loading is slow and its result never changes, so it is done once per thread. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const O_CLOEXEC = 0o2000000;
const SYS_OPENAT2 = 437;
const RESOLVE_NO_SYMLINKS = 0x04n;
const UTIME_OMIT = 0x3ffffffen;
const LOCK = { shared: 1, exclusive: 2, noWait: 4, release: 8 } as const;
const FORMAT = { char: 0o020000, block: 0o060000 } as const;
/** Larger than any attribute of Linux (XATTR_SIZE_MAX). */
const LARGEST_XATTR = 65_536;
const POINTER = "void *";
const isLittleEndian = endianness() === "LE";

class Calls implements Libc {
  readonly #errno: () => number;
  readonly #getXattr: NativeFunction;
  readonly #listXattr: NativeFunction;
  readonly #setXattr: NativeFunction;
  readonly #removeXattr: NativeFunction;
  readonly #makeNode: NativeFunction;
  readonly #setTimes: NativeFunction;
  readonly #setOpenTimes: NativeFunction;
  readonly #openat2: NativeFunction;
  readonly #flock: NativeFunction;
  readonly #value = Buffer.alloc(LARGEST_XATTR);
  readonly #names = new Map<string, Buffer>();
  readonly #times = new BigInt64Array(4);
  /** struct open_how: flags, mode, resolve. */
  readonly #how = new BigUint64Array([0n, 0n, RESOLVE_NO_SYMLINKS]);
  readonly #halves = new Int32Array(this.#times.buffer);

  constructor(koffi: Koffi) {
    const process = koffi.load(null);
    this.#errno = () => koffi.errno();
    this.#getXattr = process.func("lgetxattr", "intptr_t", [POINTER, POINTER, POINTER, "size_t"]);
    this.#listXattr = process.func("llistxattr", "intptr_t", [POINTER, POINTER, "size_t"]);
    this.#setXattr = process.func("lsetxattr", "int", [POINTER, POINTER, POINTER, "size_t", "int"]);
    this.#removeXattr = process.func("lremovexattr", "int", [POINTER, POINTER]);
    this.#makeNode = mknodOf(process);
    this.#setTimes = process.func("utimensat", "int", ["int", POINTER, POINTER, "int"]);
    this.#setOpenTimes = process.func("futimens", "int", ["int", POINTER]);
    // glibc has no function for it. The number is the same on every processor.
    this.#openat2 = process.func("syscall", "intptr_t", ["intptr_t", "int", POINTER, POINTER, "size_t"]);
    this.#flock = process.func("flock", "int", ["int", "int"]);
  }

  getXattr(path: string, name: string): Buffer | undefined {
    const length = this.#getXattr(cString(path), this.#name(name), this.#value, LARGEST_XATTR);
    if (length < 0 && this.#absent("lgetxattr", path)) return undefined;
    return Buffer.from(this.#value.subarray(0, length));
  }

  listXattrs(path: string): string[] {
    const length = this.#listXattr(cString(path), this.#value, LARGEST_XATTR);
    if (length < 0 && this.#absent("llistxattr", path)) return [];
    return this.#value.toString("utf8", 0, length).split("\0").slice(0, -1);
  }

  setXattr(path: string, name: string, value: Uint8Array): void {
    if (this.#setXattr(cString(path), this.#name(name), Buffer.from(value), value.length, 0) < 0)
      throw this.#failure("lsetxattr", path);
  }

  removeXattr(path: string, name: string): void {
    if (this.#removeXattr(cString(path), this.#name(name)) < 0) this.#absent("lremovexattr", path);
  }

  makeDevice(path: string, type: "char" | "block", { mode, major, minor }: Device): void {
    if (this.#makeNode(cString(path), FORMAT[type] | mode, deviceNumber(major, minor)) < 0)
      throw this.#failure("mknod", path);
  }

  makeFifo(path: string, mode: number): void {
    if (this.#makeNode(cString(path), 0o010000 | mode, 0n) < 0) throw this.#failure("mknod", path);
  }

  setTimes(path: string, atime: TimeNs, mtime: TimeNs): void {
    this.#putTime(0, atime);
    this.#putTime(2, mtime);
    if (this.#setTimes(AT_FDCWD, cString(path), this.#times, AT_SYMLINK_NOFOLLOW) < 0)
      throw this.#failure("utimensat", path);
  }

  setOpenTimes(fd: number, seconds: number, nanoseconds: number): void {
    // Halves of 64-bit numbers: this is called for every file of a layer, and big integers are slow to make.
    const [low, high] = isLittleEndian ? [0, 1] : [1, 0];
    for (const at of [0, 4]) {
      this.#halves[at + low!] = seconds;
      this.#halves[at + high!] = Math.floor(seconds / 2 ** 32);
      this.#halves[at + 2 + low!] = nanoseconds;
      this.#halves[at + 2 + high!] = 0;
    }
    if (this.#setOpenTimes(fd, this.#times) < 0) throw this.#failure("futimens", `descriptor ${fd}`);
  }

  openWithoutLinks(path: string, flags: number): number {
    this.#how[0] = BigInt(flags | O_CLOEXEC);
    const fd = this.#openat2(SYS_OPENAT2, AT_FDCWD, cString(path), this.#how, this.#how.byteLength);
    if (fd < 0) throw this.#failure("openat2", path);
    return fd;
  }

  lock(fd: number, kind: "shared" | "exclusive", options: { readonly wait?: boolean } = {}): boolean {
    const flags = LOCK[kind] | (options.wait ? 0 : LOCK.noWait);
    for (;;) {
      if (this.#flock(fd, flags) === 0) return true;
      const error = this.#failure("flock", `descriptor ${fd}`);
      if (error.code === "EAGAIN") return false;
      if (error.code !== "EINTR") throw error;
    }
  }

  unlock(fd: number): void {
    if (this.#flock(fd, LOCK.release) < 0) throw this.#failure("flock", `descriptor ${fd}`);
  }

  /** Attribute names are few and come in every call. */
  #name(name: string): Buffer {
    let bytes = this.#names.get(name);
    if (!bytes) {
      bytes = cString(name);
      if (this.#names.size < 64) this.#names.set(name, bytes);
    }
    return bytes;
  }

  #putTime(at: number, time: TimeNs): void {
    const seconds = time === "omit" ? 0n : floorDivide(time, 1_000_000_000n);
    this.#times[at] = seconds;
    this.#times[at + 1] = time === "omit" ? UTIME_OMIT : time - seconds * 1_000_000_000n;
  }

  /** True after a failure that means "there is none"; throws after any other. */
  #absent(syscall: string, path: string): true {
    const error = this.#failure(syscall, path);
    if (error.code === "ENODATA" || error.code === "ENOTSUP") return true;
    throw error;
  }

  #failure(syscall: string, path: string): NodeJS.ErrnoException {
    const errno = -this.#errno();
    const code = getSystemErrorName(errno);
    return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, errno, syscall, path });
  }
}

/** glibc before 2.33 exports mknod only as `__xmknod`, which takes a version and a pointer to the device number. */
function mknodOf(process: ReturnType<Koffi["load"]>): NativeFunction {
  try {
    return process.func("mknod", "int", [POINTER, "uint32_t", "uint64_t"]);
  } catch {
    const old = process.func("__xmknod", "int", ["int", POINTER, "uint32_t", POINTER]);
    return (path, mode, device) => old(0, path, mode, new BigUint64Array([device as bigint]));
  }
}

function cString(text: string): Buffer {
  return text.isWellFormed()
    ? Buffer.from(`${text}\0`, "utf8")
    : Buffer.concat([encodeName(text), Buffer.alloc(1)]);
}

/** Linux's dev_t (gnu_dev_makedev). */
function deviceNumber(major: number, minor: number): bigint {
  const high = BigInt(major);
  const low = BigInt(minor);
  return ((high & ~0xfffn) << 32n) | ((low & ~0xffn) << 12n) | ((high & 0xfffn) << 8n) | (low & 0xffn);
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}
