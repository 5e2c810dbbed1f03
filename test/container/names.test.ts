import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openNames } from "../../src/container/container-names.ts";
import { settledState } from "../../src/container/settled-state.ts";
import { currentOwner } from "../../src/store/owner.ts";
import { temporaryFolder } from "../support/folders.ts";

const [ONE, TWO] = ["1".repeat(64), "2".repeat(64)];

describe("names of containers", () => {
  it("belong to one container each", () => {
    const names = openNames(join(temporaryFolder(), "names"), () => true);
    expect(names.take("web", ONE)).toBe("web");
    expect(() => names.take("web", TWO)).toThrow(expect.objectContaining({ code: "CONTAINER_NAME_TAKEN" }));
    expect(names.idOf("web")).toBe(ONE);
    names.release("web", TWO);
    expect(names.idOf("web")).toBe(ONE);
    names.release("web", ONE);
    expect(names.take("web", TWO)).toBe("web");
  });

  it("are refused where they could be something else", () => {
    const folder = join(temporaryFolder(), "names");
    const names = openNames(folder, () => true);
    for (const name of ["", "a", "../x", ".hidden", "a b", "-x", `x${"y".repeat(128)}`])
      expect(() => names.take(name, ONE)).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(existsSync(folder)).toBe(false);
    expect(names.idOf("../x")).toBeUndefined();
  });

  it("are free again where their maker was killed before there was a container", () => {
    const folder = temporaryFolder();
    const names = openNames(folder, () => false);
    writeFileSync(join(folder, "web"), `${ONE}\n1-1-1-abc\n`);
    expect(names.take("web", TWO)).toBe("web");
    expect(() => names.take("web", ONE)).toThrow();
  });

  it("are not taken from whoever was faster to take a name that was free again", () => {
    const folder = temporaryFolder();
    const THREE = "3".repeat(64);
    const file = join(folder, "web");
    const names = openNames(folder, (id) => {
      // Between looking and taking, another process does both.
      if (id === ONE) writeFileSync(file, `${THREE}\n${currentOwner()}\n`);
      return false;
    });
    writeFileSync(file, `${ONE}\n1-1-1-abc\n`);
    expect(() => names.take("web", TWO)).toThrow(expect.objectContaining({ code: "CONTAINER_NAME_TAKEN" }));
    expect(names.idOf("web")).toBe(THREE);
  });

  it("are made up where none is given", () => {
    const names = openNames(join(temporaryFolder(), "names"), () => true);
    expect(names.takeAny(ONE)).toMatch(/^[a-z]+_[a-z]+$/);
  });
});

describe("a container whose monitor was killed", () => {
  const running = { status: "running", exitCode: 0, restartCount: 0 } as const;

  it("has ended, whatever its state says", () => {
    const settled = settledState({ ...running, monitor: "1-1-1-abc", process: "2-2-2-abc" });
    expect(settled).toMatchObject({ status: "exited", exitCode: 137 });
    expect(settled.process).toBeUndefined();
    expect(settled.error).toContain("killed");
  });

  it("is left alone as long as the monitor lives, or where it did not run", () => {
    const state = { ...running, monitor: currentOwner() };
    expect(settledState(state)).toBe(state);
    const created = { ...running, status: "created" } as const;
    expect(settledState(created)).toBe(created);
  });
});
