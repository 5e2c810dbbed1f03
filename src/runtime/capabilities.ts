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
 * Names without `CAP_`, in order of number; `available` bounds them. Throws `USAGE` for a name that is none, and
 * `RUNTIME_UNAVAILABLE` for one asked for by name that cannot be given here.
 */
export function capabilitiesOf(request: CapabilityRequest, available: readonly string[]): readonly string[] {
  const added = (request.addCapabilities ?? []).map(plainName);
  const dropped = (request.dropCapabilities ?? []).map(plainName);
  const missing = added.find((name) => name !== "ALL" && !available.includes(name));
  if (missing) {
    throw new SlipwayError(
      "RUNTIME_UNAVAILABLE",
      `the capability ${missing} cannot be given on this machine`,
      {
        hint: "slipway itself does not have it: look at CapBnd in /proc/self/status",
      },
    );
  }
  const all = request.security === "insecure" || added.includes("ALL");
  const base = dropped.includes("ALL") ? [] : all ? available : DEFAULT_CAPABILITIES;
  const chosen = new Set([...base, ...added]);
  for (const name of dropped) if (!added.includes(name)) chosen.delete(name);
  return available.filter((name) => chosen.has(name));
}

/** The capabilities of a bounding set, as /proc/self/status writes it. Nobody can give a container more than its own; runtimes refuse to try. */
export function capabilitiesIn(boundingSet: bigint): readonly string[] {
  return CAPABILITIES.filter((_, number) => ((boundingSet >> BigInt(number)) & 1n) === 1n);
}

function plainName(name: string): string {
  const plain = name.toUpperCase().replace(/^CAP_/, "");
  if (plain === "ALL" || CAPABILITIES.includes(plain)) return plain;
  throw new SlipwayError("USAGE", `unknown capability ${JSON.stringify(name)}`, {
    hint: "capabilities(7) lists them",
  });
}
