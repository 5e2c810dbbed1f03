import { describe, expect, it } from "vitest";
import { checkJson, outlineJson, rangesOf, targetsJson } from "../../src/cli/commands/call-json.ts";
import { checkText, describeText, outlineText, targetsText } from "../../src/cli/commands/call-text.ts";
import { metadataWarnings } from "../../src/cli/commands/metadata-warnings.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import type { LintWarning } from "../../src/dockerfile/linter.ts";

const TEXT = "FROM x\nCMD a\nENV a \\\n  b\n";
const dockerfile = { name: "Dockerfile", bytes: Buffer.from(TEXT) };
const at = (start: number, end = start) => ({ file: "Dockerfile", start, end });
const legacy: LintWarning = {
  rule: "LegacyKeyValueFormat",
  message: "old form",
  url: "https://example.org/legacy/",
  source: at(3, 4),
};
const casing: LintWarning = {
  rule: "InvalidBaseImagePlatform",
  message: "other \u001b[1mplace",
  source: at(1),
};

describe("the answer of a check", () => {
  it("CL-06: nothing found", () => {
    expect(checkText({ warnings: [], dockerfile })).toBe("Check complete, no warnings found.\n");
  });

  it("CL-06: the number, then each finding by line with page and excerpt", () => {
    expect(checkText({ warnings: [legacy, casing], dockerfile })).toBe(
      [
        "Check complete, 2 warnings have been found!",
        "",
        "WARNING: InvalidBaseImagePlatform",
        "other \\x1b[1mplace",
        "Dockerfile:1",
        "--------------------",
        "   1 | >>> FROM x",
        "   2 |     CMD a",
        "   3 |     ENV a \\",
        "--------------------",
        "",
        "WARNING: LegacyKeyValueFormat - https://example.org/legacy/",
        "old form",
        "Dockerfile:3",
        "--------------------",
        "   1 |     FROM x",
        "   2 |     CMD a",
        "   3 | >>> ENV a \\",
        "   4 | >>>   b",
        "--------------------",
        "",
      ].join("\n"),
    );
    expect(checkText({ warnings: [legacy], dockerfile })).toMatch(
      /^Check complete, 1 warning has been found!\n/,
    );
  });

  it("LN-06: with an error and no warning nothing is said here", () => {
    expect(checkText({ warnings: [], error: new SlipwayError("STAGE_INVALID", "no"), dockerfile })).toBe("");
  });

  it("LN-01, LN-06, LN-07: fields of the JSON, one range for each line, findings in the order of detection", () => {
    const error = new SlipwayError("STAGE_CYCLE", "round and round", {
      source: at(1),
      facts: { locations: [at(1), at(3, 4)] },
    });
    const line = (number: number) => ({ start: { line: number }, end: { line: number } });
    const failure = { message: "round and round", location: { ranges: [line(1), line(3), line(4)] } };
    expect(checkJson({ warnings: [legacy, casing], error, dockerfile })).toEqual({
      version: "1.0.0",
      warnings: [
        {
          ruleName: "LegacyKeyValueFormat",
          description: "Legacy key/value format with whitespace separator should not be used",
          url: "https://example.org/legacy/",
          detail: "old form",
          location: { ranges: [line(3), line(4)] },
        },
        {
          ruleName: "InvalidBaseImagePlatform",
          description: "Base image platform does not match expected target platform",
          detail: "other \u001b[1mplace",
          location: { ranges: [line(1)] },
        },
      ],
      sources: [
        { filename: "Dockerfile", data: Buffer.from(TEXT).toString("base64"), language: "Dockerfile" },
      ],
      error: failure,
      buildError: failure,
    });
    expect(checkJson({ warnings: [], dockerfile })).toMatchObject({ version: "1.0.0", warnings: [] });
  });

  it("an instruction of very many lines has one range", () => {
    expect(rangesOf(at(1, 100_000))).toEqual([{ start: { line: 1 }, end: { line: 100_000 } }]);
  });
});

const OUTLINE = {
  name: "app",
  description: "makes it",
  args: [
    { name: "LONGER", value: "日本", source: at(1) },
    { name: "B", description: "does", source: at(2) },
  ],
  secrets: [{ name: "s", required: true, source: at(3, 4) }],
  ssh: [{ name: "default", required: false, source: at(3, 4) }],
  cacheMounts: [{ id: "c", source: at(3, 4) }],
  dockerfile,
};

describe("other answers", () => {
  it("SG-17: an outline as tables", () => {
    expect(outlineText(OUTLINE)).toBe(
      [
        "TARGET:      app",
        "DESCRIPTION: makes it",
        "",
        "BUILD ARG   VALUE   DESCRIPTION",
        "LONGER      日本    ",
        "B                   does",
        "",
        "SECRET   REQUIRED",
        "s        true",
        "",
        "SSH       REQUIRED",
        "default   ",
        "",
        "",
      ].join("\n"),
    );
    expect(outlineText({ args: [], secrets: [], ssh: [], cacheMounts: [], dockerfile })).toBe("");
  });

  it("SG-17: an outline as JSON", () => {
    const line = (number: number) => ({ start: { line: number }, end: { line: number } });
    const both = { ranges: [line(3), line(4)] };
    expect(outlineJson(OUTLINE)).toEqual({
      version: "1.0.0",
      name: "app",
      description: "makes it",
      args: [
        { name: "LONGER", value: "日本", location: { ranges: [line(1)] } },
        { name: "B", description: "does", location: { ranges: [line(2)] } },
      ],
      secrets: [{ name: "s", required: true, location: both }],
      ssh: [{ name: "default", location: both }],
      cache: [{ ID: "c", location: both }],
      sources: [Buffer.from(TEXT).toString("base64")],
    });
  });

  it("SG-17: targets", () => {
    const targets = [
      { isDefault: false, base: "x", source: at(1) },
      { name: "app", isDefault: true, description: "it", base: "$Y", platform: "linux", source: at(2) },
    ];
    expect(targetsText({ targets, dockerfile })).toBe(
      "TARGET        DESCRIPTION\n              \napp (default) it\n",
    );
    expect(targetsJson({ targets, dockerfile }).targets[1]).toEqual({
      name: "app",
      default: true,
      description: "it",
      base: "$Y",
      platform: "linux",
      location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] },
    });
    expect(targetsText({ targets: [{ isDefault: true, base: "x", source: at(1) }], dockerfile })).toContain(
      "\n(default) \n",
    );
  });

  it("SG-17: the questions that can be asked", () => {
    expect(describeText()).toMatch(/^NAME +VERSION DESCRIPTION\noutline +1\.0\.0 /);
  });
});

it("8.1: warnings of a build as metadata, texts in base64", () => {
  const decoded = (text = "") => Buffer.from(text, "base64").toString("utf8");
  const [first, second] = metadataWarnings(
    [legacy, { message: "a notice" }],
    new Map([["Dockerfile", TEXT]]),
  );
  expect(first).toMatchObject({
    level: 1,
    url: legacy.url,
    sourceInfo: { filename: "Dockerfile", language: "Dockerfile" },
    range: [{ start: { line: 3 } }, { start: { line: 4 } }],
  });
  expect(decoded(first?.short)).toBe("LegacyKeyValueFormat: old form (line 3)");
  expect(decoded(first?.detail?.[0])).toMatch(/^Legacy key\/value format/);
  expect(second).toEqual({ level: 1, short: Buffer.from("a notice").toString("base64") });
});
