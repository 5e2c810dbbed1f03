import { SlipwayError } from "../core/errors.ts";

/** Every capability of Linux in the order of its number (capabilities(7), up to Linux 5.9; none came since). */
export const CAPABILITIES: readonly string[] = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"],
  ...[
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
  ],
  ...[
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
  ],
  ...[
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
  ],
  ...["MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"],
  "CHECKPOINT_RESTORE",
];

/** What every container may do by default: bounding set 00000000a80425fb (SPEC RX-02). */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  ...["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE"],
  ...["NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"],
];

export interface CapabilityRequest {
  readonly security: "sandbox" | "insecure";
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
}

/**
 * Names without `CAP_`, in order of number. `insecure` has every capability that the kernel knows. Throws `USAGE` for a name
 * that is none.
 */
export function capabilitiesOf(
  request: CapabilityRequest,
  known: readonly string[] = CAPABILITIES,
): readonly string[] {
  const added = (request.addCapabilities ?? []).map(plainName);
  const dropped = (request.dropCapabilities ?? []).map(plainName);
  const all = request.security === "insecure" || added.includes("ALL");
  const base = dropped.includes("ALL") ? [] : all ? known : DEFAULT_CAPABILITIES;
  const chosen = new Set([...base, ...added]);
  for (const name of dropped) if (!added.includes(name)) chosen.delete(name);
  return known.filter((name) => chosen.has(name));
}

/** How many of `CAPABILITIES` this kernel knows: the number in /proc/sys/kernel/cap_last_cap. Runtimes refuse others. */
export function knownCapabilities(lastCapability: number): readonly string[] {
  return CAPABILITIES.slice(0, lastCapability + 1);
}

function plainName(name: string): string {
  const plain = name.toUpperCase().replace(/^CAP_/, "");
  if (plain === "ALL" || CAPABILITIES.includes(plain)) return plain;
  throw new SlipwayError("USAGE", `unknown capability ${JSON.stringify(name)}`, {
    hint: "capabilities(7) lists them",
  });
}
