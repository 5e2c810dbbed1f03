import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { proposeFixes } from "../../src/lint/propose-fixes.ts";
import { applyEdits } from "../../src/rewrite/text-edits.ts";
import { Workshop } from "../api/workshop.ts";
import { adviceOf, subjectOf } from "./rules-of.ts";

const shop = new Workshop();
afterAll(() => shop.remove());

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;

function fixed(text: string): { readonly text: string; readonly left: readonly string[] } {
  const fixes = proposeFixes(subjectOf(text), adviceOf(text)).map(({ fix }) => fix);
  return {
    text: applyEdits(
      text,
      fixes.flatMap((fix) => ("edit" in fix ? [fix.edit] : [])),
    ),
    left: fixes.flatMap((fix) => ("reason" in fix ? [fix.reason] : [])),
  };
}

describe("fixes of lint", () => {
  it.each([
    ["ADD --chown=1:1 a.conf /etc/", "COPY --chown=1:1 a.conf /etc/"],
    ["  add a.conf /etc/", "  copy a.conf /etc/"],
    ["RUN apk add git=1 && echo 'apk add'", "RUN apk add --no-cache git=1 && echo 'apk add'"],
    ["RUN pip3 install -r a.txt", "RUN pip3 install --no-cache-dir -r a.txt"],
    ["RUN dnf -y install a-1 && dnf -y update", "RUN dnf -y install a-1 && dnf -y update && dnf clean all"],
    [
      "RUN apt-get update && \\\r\n    # why\r\n    apt-get install --no-install-recommends a=1\r",
      "RUN apt-get update && \\\r\n    # why\r\n    apt-get install -y --no-install-recommends a=1 \\\r\n    && rm -rf /var/lib/apt/lists/*\r",
    ],
  ])("%j", (before, after) => {
    const result = fixed(`${PINNED}\n${before}\n`);
    expect(result).toEqual({ text: `${PINNED}\n${after}\n`, left: [] });
    expect(fixed(result.text).text).toBe(result.text);
  });

  it.each([
    ["a trigger", "ONBUILD RUN apt-get install --no-install-recommends a=1"],
    ["a here-document", "RUN <<E\napk add git=1\nE"],
    ["twice", "RUN apk add a=1 && apk add b=1"],
    ["exec form", 'RUN ["apk", "add", "git=1"]'],
    ["a manager with several ways", "RUN npm ci"],
    [
      "lists that a later RUN installs from",
      "RUN apt-get update && apt-get install -y --no-install-recommends a=1\nRUN apt-get install -y --no-install-recommends b=1",
    ],
    ["an update for a later RUN", "RUN apt-get update\nRUN apt-get install -y --no-install-recommends b=1"],
    [
      "lists that a trigger installs from",
      "RUN apt-get update\nONBUILD RUN apt-get install -y --no-install-recommends b=1",
    ],
    ["a background command", "RUN apt-get update && apt-get install -y --no-install-recommends a=1 &"],
  ])("%s is left to people", (_, line) => {
    const text = `${PINNED}\n${line}\n`;
    const result = fixed(text);
    expect(result.text).toBe(text);
    expect(result.left.length).toBeGreaterThan(0);
  });

  it("lists that a stage above installs from stay; those of a stage that has its own are removed", () => {
    const [first, second] = ["RUN apt-get update && apt-get install -y a=1", "RUN apt-get install -y b=1"];
    const update = "RUN apt-get update && apt-get install -y c=1";
    const used = `${PINNED} AS base\n${first}\nFROM base\n${second}\n`;
    expect(fixed(used)).toEqual({
      text: used,
      left: ["line 4 installs from these lists: make them one RUN"],
    });
    const own = fixed(`${PINNED} AS base\n${first}\nFROM base\n${update}\n${second}\n`);
    expect(own.text).toContain(`${first} && rm -rf`);
    expect(own.left).toEqual(["line 5 installs from these lists: make them one RUN"]);
  });

  it("the command shows the changes, writes them unless told not to, and keeps the mode", async () => {
    const text = `\ufeffFROM scratch\nUSER 1\nADD a.conf /\nRUN npm ci\n`;
    const context = shop.context({ Dockerfile: text, "a.conf": "x" });
    const path = join(context, "Dockerfile");
    chmodSync(path, 0o640);
    const dry = await shop.run(["lint", "--fix", "--dry-run", context]);
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toContain("-ADD a.conf /\n+COPY a.conf /\n");
    expect(dry.stderr).toContain("3: AddForCopy: can be mended\n");
    expect(readFileSync(path, "utf8")).toBe(text);
    const real = await shop.run(["lint", "--fix", context]);
    expect(real.stdout).toBe(dry.stdout);
    expect(real.stderr).toContain("4: PackageCacheKept: left to you, ");
    expect(readFileSync(path, "utf8")).toBe(text.replace("ADD", "COPY"));
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect((await shop.run(["lint", "--fix", context])).stdout).toBe("");
  });

  it("refuses what it cannot do", async () => {
    const context = shop.context({ Dockerfile: "FROM scratch\nUSER\n" });
    expect((await shop.run(["lint", "--fix", context])).exitCode).toBe(1);
    expect((await shop.run(["lint", "--dry-run", context])).exitCode).toBe(2);
    expect((await shop.run(["lint", "--fix", "--format=json", context])).exitCode).toBe(2);
    expect((await shop.run(["lint", "--fix", "-"], { input: "FROM scratch\n" })).exitCode).not.toBe(0);
  });
});
