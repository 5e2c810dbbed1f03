import { allowedCalls } from "./seccomp-calls.ts";

/** The `linux.seccomp` object of the OCI runtime specification 1.0.2. */
export interface SeccompProfile {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_NE" | "SCMP_CMP_LT" | "SCMP_CMP_GT" | "SCMP_CMP_MASKED_EQ";
  }[];
}

const EPERM = 1;
const ENOSYS = 38;

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET. */
const NEW_NAMESPACES = 0x7e02_0000;
/** AF_VSOCK reaches the hypervisor past every network namespace. */
const AF_VSOCK = 40;
/** PER_LINUX, PER_LINUX32, UNAME26, both, and the question for the current one. */
const PERSONALITIES = [0x0, 0x0008, 0x2_0000, 0x2_0008, 0xffff_ffff];

/**
 * A processor's own call numbers and those of its 32-bit programs. x32 is left out: kernels are built without it, and each
 * further table costs every start milliseconds.
 */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  arm: ["SCMP_ARCH_ARM"],
  ia32: ["SCMP_ARCH_X86"],
  ppc64: ["SCMP_ARCH_PPC64LE"],
  s390x: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
  riscv64: ["SCMP_ARCH_RISCV64"],
};

/**
 * The default filter: what is listed is allowed, everything else is EPERM. `architecture` is Node's name of the machine's.
 * `clone3` is ENOSYS without CAP_SYS_ADMIN, because its flags are behind a pointer that a filter cannot read, and libraries
 * then fall back to `clone`. Undefined for a processor that is not in the table: no filter rather than a wrong one.
 */
export function seccompProfile(
  capabilities: readonly string[],
  architecture: string,
): SeccompProfile | undefined {
  const architectures = ARCHITECTURES[architecture];
  if (!architectures) return undefined;
  const mayAdminister = capabilities.includes("SYS_ADMIN");
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: EPERM,
    architectures,
    syscalls: [
      allow(allowedCalls(capabilities, architecture)),
      ...PERSONALITIES.map((value) => allow(["personality"], { index: 0, value, op: "SCMP_CMP_EQ" })),
      allow(["socket"], { index: 0, value: AF_VSOCK, op: "SCMP_CMP_LT" }),
      allow(["socket"], { index: 0, value: AF_VSOCK, op: "SCMP_CMP_GT" }),
      ...(mayAdminister ? [] : withoutAdministration(architecture)),
    ],
  };
}

function withoutAdministration(architecture: string): readonly SeccompRule[] {
  // s390 passes the flags second.
  const index = architecture === "s390x" ? 1 : 0;
  return [
    allow(["clone"], { index, value: NEW_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS },
  ];
}

function allow(names: readonly string[], ...args: NonNullable<SeccompRule["args"]>[number][]): SeccompRule {
  return { names, action: "SCMP_ACT_ALLOW", ...(args.length > 0 ? { args } : {}) };
}
