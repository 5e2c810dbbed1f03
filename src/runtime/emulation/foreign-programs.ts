import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostPlatform, type Platform } from "../../core/platform.ts";
import { findTool, runProcess, toolPath } from "../../sys/process.ts";
import { exitProgram, MACHINES, type Machine, machineOf } from "./machines.ts";

export interface ForeignProgramsOptions {
  /** A new folder of ours, in which programs may be executed; removed by the caller. */
  readonly folder: () => string;
  /** PATH for tools. */
  readonly path: string;
}

/**
 * Finds out which processors' programs run in containers here: on this processor itself, or because the kernel has been told of an
 * emulator (binfmt_misc). It is really tried, with the smallest program there is and in a root of its own, where an
 * emulator that the kernel opens by path only is not to be found. Each kind is tried once.
 */
export class ForeignPrograms {
  readonly #options: ForeignProgramsOptions;
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(options: ForeignProgramsOptions) {
    this.#options = options;
  }

  /** False for other systems than Linux, and for processors that nothing is known of. */
  readonly canRun = (platform: Platform): Promise<boolean> => {
    const machine = machineOf(platform);
    if (!machine || isOwn(machine)) return Promise.resolve(machine !== undefined);
    const known = this.#known.get(machine.architecture) ?? this.#try(machine);
    this.#known.set(machine.architecture, known);
    return known;
  };

  /** Architectures beside our own whose programs run here. */
  async all(): Promise<readonly string[]> {
    const others = MACHINES.filter((machine) => !isOwn(machine));
    const runs = await Promise.all(
      others.map(({ architecture }) => this.canRun({ os: "linux", architecture })),
    );
    return others.filter((_, i) => runs[i]).map(({ architecture }) => architecture);
  }

  async #try(machine: Machine): Promise<boolean> {
    const { folder, path } = this.#options;
    const root = join(folder(), machine.architecture);
    mkdirSync(root, { mode: 0o755 });
    writeFileSync(join(root, "program"), exitProgram(machine));
    chmodSync(join(root, "program"), 0o755);
    const unshare = findTool("unshare", path);
    if (unshare === undefined || process.platform !== "linux") return false;
    const asRoot = process.geteuid?.() === 0 ? [] : ["--user", "--map-root-user"];
    const { exitCode } = await runProcess([unshare, ...asRoot, `--root=${root}`, "/program"], {
      env: { PATH: toolPath(path) },
      timeoutMs: 20_000,
    }).catch(() => ({ exitCode: 1 }));
    return exitCode === 0;
  }
}

function isOwn({ architecture }: Machine): boolean {
  return architecture === hostPlatform().architecture;
}

/** QEMU's names where they are others than OCI's. */
const QEMU: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  "386": "i386",
  mips64le: "mips64el",
  loong64: "loongarch64",
};

const HANDLERS = "/proc/sys/fs/binfmt_misc";

/** What to do so that programs of an architecture run here, in one sentence (kernel documentation, binfmt-misc). */
export function emulationAdvice(architecture: string, handlers = HANDLERS): string {
  const name = `qemu-${QEMU[architecture] ?? architecture}`;
  const pinned = "or build this stage with FROM --platform=$BUILDPLATFORM";
  const handler = handlerNamed(name, handlers);
  if (read(join(handlers, "status")).startsWith("disabled"))
    return `switch emulators on with \`echo 1 > ${HANDLERS}/status\`, ${pinned}`;
  if (handler?.startsWith("disabled"))
    return `switch the emulator on with \`echo 1 > ${HANDLERS}/${name}\`, ${pinned}`;
  if (handler !== undefined && !/^flags:.*F/m.test(handler))
    return `register ${name} with the flag F, without which containers do not see the emulator, ${pinned}`;
  return `install the Debian packages qemu-user-static and binfmt-support, which make the kernel start ${name} for such programs, ${pinned}`;
}

/** By that name, or by any that ends so. */
function handlerNamed(name: string, folder: string): string | undefined {
  try {
    const found = readdirSync(folder).find(
      (item) => item === name || item.endsWith(name.slice("qemu-".length)),
    );
    return found === undefined ? undefined : read(join(folder, found));
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
