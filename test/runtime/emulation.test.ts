import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { hostPlatform } from "../../src/core/platform.ts";
import { emulationAdvice, ForeignPrograms } from "../../src/runtime/emulation/foreign-programs.ts";
import { exitProgram, MACHINES, machineOfProgram } from "../../src/runtime/emulation/machines.ts";
import { makeFolder, writeTree } from "../support/folders.ts";
import { hasTool, runCommand } from "../support/tools.ts";

const QEMU: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  arm64: "aarch64",
  "386": "i386",
  mips64le: "mips64el",
  loong64: "loongarch64",
};
const emulators = MACHINES.map(({ architecture }) => `qemu-${QEMU[architecture] ?? architecture}-static`);
const missing = emulators.filter((name) => !hasTool(name));
if (missing.length > 0) console.warn(`not tried, for want of an emulator: ${missing.join(", ")}`);

describe("the smallest programs", () => {
  it.each(
    MACHINES.map((machine, i) => ({ machine, emulator: emulators[i]! })).filter(({ emulator }) =>
      hasTool(emulator),
    ),
  )("one for $machine.architecture ends with 0 under $emulator", async ({ machine, emulator }) => {
    const { path, remove } = makeFolder();
    onTestFinished(remove);
    writeFileSync(join(path, "program"), exitProgram(machine), { mode: 0o755 });
    expect(await runCommand(emulator, [join(path, "program")])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("their header tells what they are for; scripts and fragments are for nothing", () => {
    for (const machine of MACHINES) expect(machineOfProgram(exitProgram(machine))).toBe(machine);
    for (const bytes of ["", "#!/bin/sh\necho this is a script", "\x7fELF"])
      expect(machineOfProgram(Buffer.from(bytes, "latin1"))).toBeUndefined();
  });
});

describe("ForeignPrograms", () => {
  const programs = () => {
    const { path, remove } = makeFolder();
    onTestFinished(remove);
    return new ForeignPrograms({ path: process.env.PATH ?? "", folder: () => path });
  };

  it("FR-06: our own platform runs, other systems and unknown processors do not", async () => {
    const { canRun } = programs();
    expect(await canRun(hostPlatform())).toBe(true);
    expect(await canRun({ ...hostPlatform(), os: "windows" })).toBe(false);
    expect(await canRun({ os: "linux", architecture: "vax" })).toBe(false);
  });

  it("where there is no unshare nothing foreign runs", async () => {
    const { path, remove } = makeFolder();
    onTestFinished(remove);
    const { all } = new ForeignPrograms({ path: "/nowhere", folder: () => path });
    expect(all).toBeDefined();
    expect(await new ForeignPrograms({ path: "/nowhere", folder: () => path }).all()).toEqual([]);
  });
});

describe("emulationAdvice", () => {
  const advice = (files: Readonly<Record<string, string>>) => {
    const { path, remove } = makeFolder();
    onTestFinished(remove);
    return emulationAdvice("arm64", writeTree(path, files));
  };

  it("says what is missing: the packages, the flag F, or that it is switched on", () => {
    expect(advice({})).toMatch(/^install the Debian packages qemu-user-static and binfmt-support/);
    expect(advice({ status: "enabled\n", "qemu-arm": "enabled\nflags: F\n" })).toMatch(/^install/);
    expect(
      advice({ status: "enabled\n", "qemu-aarch64": "enabled\ninterpreter /x\nflags: OC\nmagic 7f" }),
    ).toMatch(/^register qemu-aarch64 with the flag F/);
    expect(advice({ "qemu-aarch64": "disabled\ninterpreter /x\nflags: F\n" })).toMatch(
      /^switch the emulator on/,
    );
    expect(advice({ status: "disabled\n", "qemu-aarch64": "enabled\nflags: F\n" })).toMatch(
      /^switch emulators on/,
    );
    for (const files of [{}, { status: "disabled\n" }])
      expect(advice(files)).toContain("FROM --platform=$BUILDPLATFORM");
  });
});
