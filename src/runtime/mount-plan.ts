import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparePaths } from "../core/file-name.ts";
import { prepareOverlay } from "../snapshot/overlay.ts";
import { quote } from "../snapshot/rootfs.ts";
import type { OciMount } from "./kernel-mounts.ts";
import type { ContainerMount, ContainerRequest, Privilege } from "./request.ts";

/** How the mounts of a request come about. */
export interface MountPlan {
  /** Parents first. */
  readonly mounts: readonly OciMount[];
  /** Lines of POSIX sh for the private mount namespace; they read the secrets from descriptor 0. */
  readonly script: readonly string[];
  /** The secrets, one after the other. They reach the script through a pipe and land on a tmpfs: never on a disk. */
  readonly secrets: Uint8Array;
}

type SecretMount = Extract<ContainerMount, { type: "secret" }>;
type BindMount = Extract<ContainerMount, { type: "bind" }>;

/** Writes what the mounts need into `folder` and says how to put them together. */
export async function planMounts(
  request: ContainerRequest,
  privilege: Privilege,
  folder: string,
): Promise<MountPlan> {
  const plan = new Planner(privilege, folder);
  const ordered = request.mounts.toSorted((a, b) => comparePaths(a.target.slice(1), b.target.slice(1)));
  for (const mount of ordered) await plan.add(mount);
  return plan.finish();
}

class Planner {
  readonly #privilege: Privilege;
  readonly #folder: string;
  readonly #mounts: OciMount[] = [];
  readonly #script: string[] = [];
  readonly #secrets: Uint8Array[] = [];
  #count = 0;

  constructor(privilege: Privilege, folder: string) {
    this.#privilege = privilege;
    this.#folder = folder;
  }

  async add(mount: ContainerMount): Promise<void> {
    const at = join(this.#folder, `m${this.#count++}`);
    switch (mount.type) {
      case "bind":
        return this.#bind(mount.target, await this.#source(mount, at), mount.readOnly);
      case "tmpfs":
        return this.#tmpfs(mount);
      case "secret":
        return this.#secret(mount);
      case "file":
        writeFileSync(at, mount.content, { flag: "wx", mode: 0o600 });
        // Not subject to the umask, as the mode of writeFile is.
        chmodSync(at, mount.mode);
        return this.#bind(mount.target, at, true);
      default:
        return mount satisfies never;
    }
  }

  finish(): MountPlan {
    const first = this.#secrets.length === 0 ? [] : secretsTmpfs(this.#folder);
    const secrets = Buffer.concat(this.#secrets);
    return { mounts: this.#mounts, script: [...first, ...this.#script], secrets };
  }

  /** Host path of what is shown; an overlay of the layers first where it is a stack of them. */
  async #source({ source }: BindMount, at: string): Promise<string> {
    if (source.kind === "path") return source.path;
    mkdirSync(at, 0o755);
    const { lowers, path } = source;
    const { xattrPrefix } = this.#privilege;
    const overlay = await prepareOverlay({ lowers, scratch: at, stubs: [], xattrPrefix });
    this.#script.push(...overlay.mountScript);
    return join(overlay.merged, path);
  }

  #bind(destination: string, source: string, readOnly: boolean): void {
    const options = ["bind", "nodev", readOnly ? "ro" : "rw"];
    this.#mounts.push({ destination, type: "bind", source, options });
  }

  #tmpfs({ target, size, mode }: Extract<ContainerMount, { type: "tmpfs" }>): void {
    const options = ["nosuid", "nodev", `mode=${(mode ?? 0o1777).toString(8)}`];
    if (size !== undefined) options.push(`size=${size}`);
    this.#mounts.push({ destination: target, type: "tmpfs", source: "tmpfs", options });
  }

  #secret({ target, data, mode, uid, gid }: SecretMount): void {
    const path = join(this.#folder, "secrets", String(this.#secrets.length));
    this.#secrets.push(data);
    this.#script.push(
      data.length === 0
        ? `: >${quote(path)}`
        : `dd bs=${data.length} count=1 iflag=fullblock >${quote(path)}`,
      `chown ${uid}:${gid} ${quote(path)}`,
      `chmod ${mode.toString(8)} ${quote(path)}`,
    );
    this.#bind(target, path, true);
  }
}

/** `noswap` (Linux 6.4) keeps the bytes off the disk even when memory is short. */
function secretsTmpfs(folder: string): readonly string[] {
  const at = join(folder, "secrets");
  mkdirSync(at, 0o700);
  const mount = (options: string) => `mount -t tmpfs -o ${options} tmpfs ${quote(at)}`;
  const options = "nosuid,nodev,noexec,mode=700";
  return [`${mount(`${options},noswap`)} 2>/dev/null || ${mount(options)}`];
}
