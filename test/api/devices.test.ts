import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** Builds with the specifications of this test as the machine's. */
const build = (line: string, ...flags: string[]) => {
  const context = shop.it.context({ Dockerfile: `FROM busybox\n${line}\n` });
  return shop.it.run(["build", "--progress=plain", ...flags, context], {
    env: { SLIPWAY_CDI_DIRS: folder() },
  });
};
const folder = () => join(shop.it.folder, "cdi");

beforeAll(() => {
  mkdirSync(folder());
  mkdirSync(join(shop.it.folder, "lib"));
  writeFileSync(join(shop.it.folder, "lib/driver"), "driver\n");
  writeFileSync(
    join(folder(), "vendor.yaml"),
    `cdiVersion: "0.6.0"
kind: "vendor1.com/device"
containerEdits:
  env:
  - KIND=all
devices:
- name: foo
  containerEdits:
    env:
    - FOO=injected
    - HOME=/device
    deviceNodes:
    - path: /dev/foo
      hostPath: /dev/zero
      fileMode: 0o640
      gid: 5
    - path: /dev/made
      type: c
      major: 1
      minor: 3
    mounts:
    - hostPath: ${join(shop.it.folder, "lib/driver")}
      containerPath: /opt/vendor/driver
      options: [ro, bind]
    additionalGids: [4242]
- name: free
  annotations:
    org.mobyproject.buildkit.device.autoallow: "true"
  containerEdits:
    env: [FREE=1]
- name: absent
  containerEdits:
    deviceNodes:
    - path: /dev/no-such-device
- name: hooked
  containerEdits:
    hooks:
    - {hookName: createContainer, path: /bin/false}
`,
  );
});

const NAME = "vendor1.com/device=foo";
const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn("device files are not made in these tests: they need root");

describe("RUN --device", () => {
  it("RX-03: variables, groups, mounts and device files of a device are there, in this step alone", async () => {
    const script = [
      "echo $FOO $KIND $HOME; id -G; cat /opt/vendor/driver; ! touch /opt/vendor/driver",
      "head -c 3 /dev/foo | wc -c; stat -c '%a %g' /dev/foo; echo x > /dev/made; ls /dev/null",
    ].join("; ");
    const built = await build(
      `RUN --device=${NAME} ${script}\nRUN ls /opt /dev/foo; echo [$FOO]`,
      "--allow=device",
    );
    expect(built.exitCode).toBe(0);
    for (const line of ["injected all /device", "0 4242", "driver", "3", ...(isRoot ? ["640 5"] : []), "[]"])
      expect(built.stderr).toMatch(new RegExp(`^#\\d+ [0-9.]+ ${line.replaceAll(/[[\]]/g, "\\$&")}$`, "m"));
    expect(built.stderr).toContain("ls: /opt: No such file or directory");
    expect(built.stderr).toContain("ls: /dev/foo: No such file or directory");
  });

  it.each(["crun", "runc", "unshare"])(
    "RX-03: device files can be opened with %s, others cannot",
    async (runtime) => {
      const script = "head -c 2 /dev/foo | wc -c && mknod /tmp/z c 1 5 && ! head -c 1 /tmp/z && rm /tmp/z";
      const built = await build(
        `RUN --device=${NAME} ${script}`,
        "--allow=device",
        `--runtime=${runtime}`,
        "--no-cache",
      );
      expect([built.exitCode, built.stderr]).toEqual([0, expect.stringMatching(/^#\d+ [0-9.]+ 2$/m)]);
    },
  );

  it("RX-03: together with insecure", async () => {
    const line = `RUN --security=insecure --device=${NAME} head -c 2 /dev/foo | wc -c && echo $FOO`;
    const built = await build(line, "--allow=device", "--allow=security.insecure");
    expect(built.stderr).toMatch(/^#\d+ [0-9.]+ injected$/m);
    expect(built.exitCode).toBe(0);
  });

  it("RX-03: has to be allowed, by name or all at once, unless the machine's owner allows it to everybody", async () => {
    const denied = await build(`RUN --device=${NAME} echo $FOO`);
    expect(denied.exitCode).toBe(1);
    expect(denied.stderr).toContain(
      `device ${NAME} is requested by the build but not allowed (ENTITLEMENT_DENIED)`,
    );
    expect(denied.stderr).toMatch(/>>> RUN --device/);
    expect((await build(`RUN --device=${NAME} echo $FOO`, `--allow=device=${NAME}`)).exitCode).toBe(0);
    expect(
      (await build(`RUN --device=${NAME} echo $FOO`, "--allow=device=vendor1.com/device=free")).exitCode,
    ).toBe(1);
    expect((await build("RUN --device=vendor1.com/device=free [ $FREE = 1 ]")).exitCode).toBe(0);
  });

  it("8.1: an alias gives another device under the name that the Dockerfile uses", async () => {
    const line = "RUN --device=vendor1.com/device=mine,required [ $FOO = injected ]";
    expect((await build(line, `--allow=device=${NAME},alias=vendor1.com/device=mine`)).exitCode).toBe(0);
  });

  it("RX-03: an unknown device is left out, and fails where it is required", async () => {
    const optional = await build("RUN --device=vendor1.com/device=nothing [ -z $FOO ]");
    expect(optional.exitCode).toBe(0);
    expect(optional.stderr).toContain(
      "the device vendor1.com/device=nothing is not there: the step runs without it",
    );
    const required = await build("RUN --device=vendor1.com/device=nothing,required true");
    expect(required.exitCode).toBe(1);
    expect(required.stderr).toContain('required device "vendor1.com/device=nothing" is not registered');
    const malformed = await build("RUN --device=nothing true");
    expect(malformed.stderr).toContain('invalid device "nothing" (INSTRUCTION_INVALID)');
  });

  it("RUNTIME_UNAVAILABLE: a device file that the machine does not have", async () => {
    const built = await build("RUN --device=vendor1.com/device=absent true", "--allow=device");
    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain("there is no device /dev/no-such-device (RUNTIME_UNAVAILABLE)");
  });

  it("hooks of a specification are not run, and that is said", async () => {
    const built = await build("RUN --device=vendor1.com/device=hooked true", "--allow=device");
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toContain("parts of the CDI specification are not carried out: hooks");
  });

  it("RN-12: devices are part of the cache key", async () => {
    const text = (device: string) => `RUN ${device}echo keyed`;
    const flags = ["--allow=device"];
    await build(text(""), ...flags);
    expect(stateOf((await build(text("--device=vendor1.com/device=free "))).stderr, "keyed")).toBe("DONE");
    const again = await build(text("--device=vendor1.com/device=free "), ...flags);
    expect(stateOf(again.stderr, "keyed")).toBe("CACHED");
    // One that is not there changes nothing.
    expect(stateOf((await build(text("--device=vendor1.com/device=nothing "))).stderr, "keyed")).toBe(
      "CACHED",
    );
  });
});
