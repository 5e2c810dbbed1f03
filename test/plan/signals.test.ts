import { constants } from "node:os";
import { expect, it } from "vitest";
import { isSignal, signalNumber } from "../../src/plan/signals.ts";

it("DR-04, CF-14: signals have the numbers of this system, by any of their names", () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === "SIGUNUSED") continue;
    expect([name, signalNumber(name)]).toEqual([name, number]);
    expect(signalNumber(name.slice(3).toLowerCase())).toBe(number);
  }
  expect(signalNumber("9")).toBe(9);
  expect(signalNumber("SIGRTMIN")).toBe(34);
  expect(signalNumber("RTMIN+3")).toBe(37);
  expect(signalNumber("SIGRTMAX-1")).toBe(63);
  for (const text of ["", "NOSUCH", "0", "65", "RTMIN+40"]) {
    expect(isSignal(text)).toBe(false);
    expect(signalNumber(text)).toBeUndefined();
  }
});
