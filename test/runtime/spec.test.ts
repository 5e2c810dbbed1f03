import { describe, expect, it } from "vitest";
import {
  CAPABILITIES,
  capabilitiesIn,
  capabilitiesOf,
  DEFAULT_CAPABILITIES,
} from "../../src/runtime/capabilities.ts";
import { selectDriver } from "../../src/runtime/drivers.ts";
import { ociSpec, type SpecSurroundings } from "../../src/runtime/oci-spec.ts";
import { type ContainerRequest, NAMESPACE_ROOT, REAL_ROOT } from "../../src/runtime/request.ts";
import { seccompProfile } from "../../src/runtime/seccomp.ts";

const request: ContainerRequest = {
  ...{
    id: "x",
    scratch: "/s",
    argv: ["sh"],
    env: ["A=1"],
    hostname: "h",
    network: "none",
    security: "sandbox",
  },
  rootfs: {
    kind: "overlay",
    merged: "/s/merged",
    upper: "/s/upper",
    mountScript: [],
    finish: async () => {},
  },
  workdir: { path: "/", missing: [] },
  user: { uid: 0, gid: 0, additionalGids: [], home: "/root" },
  mounts: [],
};
const surroundings: SpecSurroundings = {
  ...{ privilege: REAL_ROOT, capabilities: CAPABILITIES, architecture: "x64", recursiveReadOnly: true },
  hostDevices: [],
};

interface Mount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}
const mountsOf = (of: Partial<ContainerRequest>, at: Partial<SpecSurroundings> = {}): readonly Mount[] =>
  (ociSpec({ ...request, ...of }, [], { ...surroundings, ...at }) as unknown as { mounts: readonly Mount[] })
    .mounts;

describe("capabilities", () => {
  it("RX-02: the default set is 00000000a80425fb", () => {
    const mask = DEFAULT_CAPABILITIES.reduce(
      (sum, name) => sum | (1n << BigInt(CAPABILITIES.indexOf(name))),
      0n,
    );
    expect(mask).toBe(0xa80425fbn);
    expect(capabilitiesIn(0xa80425fbn)).toEqual(capabilitiesOf({ security: "sandbox" }, CAPABILITIES));
    expect(CAPABILITIES).toHaveLength(41);
  });

  it("nobody gives more than it has", () => {
    expect(capabilitiesOf({ security: "insecure" }, ["CHOWN", "KILL"])).toEqual(["CHOWN", "KILL"]);
    expect(() => capabilitiesOf({ security: "sandbox", addCapabilities: ["SYS_TIME"] }, ["CHOWN"])).toThrow(
      expect.objectContaining({ code: "RUNTIME_UNAVAILABLE" }),
    );
  });

  it("names are taken with and without CAP_, in any case; unknown ones are refused", () => {
    const added = capabilitiesOf({ security: "sandbox", addCapabilities: ["cap_sys_time"] }, CAPABILITIES);
    expect(added).toContain("SYS_TIME");
    expect(
      capabilitiesOf(
        { security: "sandbox", addCapabilities: ["ALL"], dropCapabilities: ["kill"] },
        CAPABILITIES,
      ),
    ).toEqual(CAPABILITIES.filter((name) => name !== "KILL"));
    expect(() => capabilitiesOf({ security: "sandbox", dropCapabilities: ["FLY"] }, CAPABILITIES)).toThrow(
      expect.objectContaining({ code: "USAGE" }),
    );
  });
});

describe("seccompProfile", () => {
  const actionsOf = (name: string, capabilities: readonly string[] = DEFAULT_CAPABILITIES) =>
    seccompProfile(capabilities, "x64")!
      .syscalls.filter(({ names }) => names.includes(name))
      .map(({ action, args }) => (args ? `${action}?` : action));

  it("RX-02: everything that is not listed is EPERM", () => {
    const { defaultAction, defaultErrnoRet } = seccompProfile([], "x64")!;
    expect([defaultAction, defaultErrnoRet]).toEqual(["SCMP_ACT_ERRNO", 1]);
    for (const name of [
      "mount",
      "bpf",
      "keyctl",
      "add_key",
      "kexec_load",
      "init_module",
      "reboot",
      "userfaultfd",
      "io_uring_setup",
    ])
      expect(actionsOf(name)).toEqual([]);
    for (const name of ["openat2", "execve", "futex", "statx", "chroot"])
      expect(actionsOf(name)).toEqual(["SCMP_ACT_ALLOW"]);
  });

  it("new namespaces need CAP_SYS_ADMIN, and clone3 does not exist without it", () => {
    expect(actionsOf("clone")).toEqual(["SCMP_ACT_ALLOW?"]);
    expect(actionsOf("clone3")).toEqual(["SCMP_ACT_ERRNO"]);
    expect(actionsOf("clone3", ["SYS_ADMIN"])).toEqual(["SCMP_ACT_ALLOW"]);
    expect(actionsOf("unshare", ["SYS_ADMIN"])).toEqual(["SCMP_ACT_ALLOW"]);
  });

  it("a processor that is not in the table has no filter", () => {
    expect(seccompProfile([], "mips")).toBeUndefined();
    expect(seccompProfile([], "arm64")!.architectures).toContain("SCMP_ARCH_AARCH64");
  });
});

describe("ociSpec", () => {
  it("everything but terminals and the six devices is mounted nodev", () => {
    const open = mountsOf({}).filter(({ options }) => !options.includes("nodev"));
    expect(open.map(({ destination }) => destination)).toEqual([
      ...["/dev/pts", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"],
    ]);
    expect(open.slice(1).every(({ options }) => options.includes("ro"))).toBe(true);
  });

  it("DESIGN 7: in a user namespace on the machine's network, sysfs is shown instead of mounted", () => {
    const sys = (at: Partial<SpecSurroundings>, network: "none" | "host") =>
      mountsOf({ network }, at).find(({ destination }) => destination === "/sys")!.type;
    expect(sys({ privilege: NAMESPACE_ROOT }, "host")).toBe("bind");
    expect(sys({ privilege: NAMESPACE_ROOT }, "none")).toBe("sysfs");
    expect(sys({}, "host")).toBe("sysfs");
  });

  it("GHSA-7236-3392-c5c6: only the exact word insecure leaves out filter and masks", () => {
    const linuxOf = (security: string) =>
      (ociSpec({ ...request, security: security as "sandbox" }, [], surroundings) as { linux: object }).linux;
    expect(Object.keys(linuxOf("insecure"))).not.toContain("seccomp");
    for (const security of ["sandbox", "Insecure", "", "none"])
      expect(Object.keys(linuxOf(security))).toEqual([
        "namespaces",
        "maskedPaths",
        "readonlyPaths",
        "seccomp",
      ]);
  });

  it("RX-01: a network namespace is made for none only", () => {
    const types = (network: "none" | "host") =>
      (
        ociSpec({ ...request, network }, [], surroundings) as { linux: { namespaces: { type: string }[] } }
      ).linux.namespaces.map(({ type }) => type);
    expect(types("host")).toEqual(["pid", "ipc", "uts", "mount", "cgroup"]);
    expect(types("none")).toEqual([...types("host"), "network"]);
  });
});

describe("selectDriver", () => {
  it("names what is missing or unknown", () => {
    expect(() => selectDriver("/nowhere", "crun")).toThrow(
      expect.objectContaining({ code: "RUNTIME_UNAVAILABLE" }),
    );
    expect(() => selectDriver("/nowhere", "kata")).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
