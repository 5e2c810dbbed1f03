import { describe, expect, it } from "vitest";
import { withoutSplit } from "../../src/shell/env-split.ts";
import { isShellText } from "../../src/shell/script-commands.ts";
import { shebangWords } from "../../src/shell/shebang.ts";

describe("the first line of a script", () => {
  it.each([
    ["#!/bin/sh", ["/bin/sh"]],
    ["#! \t/bin/sh  -e \t\necho", ["/bin/sh", "-e"]],
    ["#!/bin/sh\r\necho", ["/bin/sh"]],
    ["#!/usr/bin/env python3", ["/usr/bin/env", "python3"]],
    ["#!/usr/bin/env -S sh -eu", ["/usr/bin/env", "sh", "-eu"]],
    ["#!/usr/bin/env -vSsh -eu", ["/usr/bin/env", "sh", "-eu"]],
    ["#!/usr/bin/env --split-string=sh -eu", ["/usr/bin/env", "sh", "-eu"]],
    ["#!/usr/bin/env -u A -S sh", ["/usr/bin/env", "-u", "A", "sh"]],
    [`#!/bin/${"x".repeat(300)}`, [`/bin/${"x".repeat(249)}`]],
  ])("%j", (text, words) => expect(shebangWords(text)).toEqual(words));

  it.each(["", "#", "#!", "#!  \n/bin/sh", " #!/bin/sh", "echo"])("is not there: %j", (text) =>
    expect(shebangWords(text)).toBeUndefined(),
  );

  it.each([
    ["#!/usr/bin/env -S bash -e", true],
    ["#!  /bin/dash", true],
    ["#!/usr/bin/env A=b sh", true],
    ["#!/usr/bin/env -S python3 -u", false],
    ["#!", false],
    ["echo", true],
  ])("says whether a shell reads it: %j", (text, isShell) => expect(isShellText(text)).toBe(isShell));
});

describe("what env splits", () => {
  it.each([
    [
      ["-S", "sh -eu", "/x"],
      ["sh", "-eu", "/x"],
    ],
    [
      ["-i", "-S", `a "b c" 'd e' f\\ g`, "h"],
      ["-i", "a", "b c", "d e", "f g", "h"],
    ],
    [
      ["-C", "-S", "sh -e"],
      ["-C", "-S", "sh -e"],
    ],
    [
      ["sh", "-S", "a b"],
      ["sh", "-S", "a b"],
    ],
    [["-S"], []],
  ])("%j", (words, split) => expect(withoutSplit(words)).toEqual(split));
});
