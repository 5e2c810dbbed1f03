import type { Entry } from "../core/file-tree.ts";

/** The attribute in which the kernel keeps a file's capabilities (capabilities(7)). */
export const CAPABILITY_XATTR = "security.capability";

/** What a program gains when it is executed. */
export interface FileCapabilities {
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  /** Whether the permitted ones are effective at once. */
  readonly effective: boolean;
}

/** By bit number (linux/capability.h). */
const NAMES = [
  ...["chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"],
  ...[
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
  ],
  ...[
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
  ],
  ...[
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
  ],
  ...["mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf"],
  "checkpoint_restore",
];
/** Revision to the number of pairs of 32-bit words. */
const PAIRS = new Map([
  [1, 1],
  [2, 2],
  [3, 2],
]);
const EFFECTIVE = 1;

/** The capabilities of a file; undefined where it has none. An attribute of an unknown form counts as one unknown capability. */
export function fileCapabilities({ xattrs }: Pick<Entry, "xattrs">): FileCapabilities | undefined {
  const value = xattrs?.[CAPABILITY_XATTR];
  return value && decodeCapabilities(value);
}

/** Reads `struct vfs_cap_data` of any revision. */
export function decodeCapabilities(value: Uint8Array): FileCapabilities {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const pairs = bytes.length < 4 ? undefined : PAIRS.get(bytes[3]!);
  if (pairs === undefined || bytes.length < 4 + 8 * pairs)
    return { permitted: ["unknown"], inheritable: [], effective: true };
  const permitted: string[] = [];
  const inheritable: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    collect(bytes.readUInt32LE(4 + 8 * pair), 32 * pair, permitted);
    collect(bytes.readUInt32LE(8 + 8 * pair), 32 * pair, inheritable);
  }
  return { permitted, inheritable, effective: (bytes[0]! & EFFECTIVE) !== 0 };
}

/** As `getcap` writes them: `cap_net_raw=ep`. */
export function capabilityText({ permitted, inheritable, effective }: FileCapabilities): string {
  const all = [...new Set([...permitted, ...inheritable])];
  const letters =
    (effective ? "e" : "") + (inheritable.length > 0 ? "i" : "") + (permitted.length > 0 ? "p" : "");
  return `${all.join(",")}=${letters}`;
}

function collect(word: number, first: number, into: string[]): void {
  for (let bit = 0; bit < 32; bit++)
    if ((word >>> bit) & 1) into.push(`cap_${NAMES[first + bit] ?? first + bit}`);
}
