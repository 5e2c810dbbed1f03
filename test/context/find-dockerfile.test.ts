import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findDockerfile, findIgnoreFile, readIgnoreRules } from "../../src/context/find-dockerfile.ts";
import { LIMITS } from "../../src/core/limits.ts";
import { tempFolder } from "./temp-folder.ts";

describe("findDockerfile", () => {
  it("DI-03: `Dockerfile` comes first, then `dockerfile`", async () => {
    const both = tempFolder({ Dockerfile: "FROM a", dockerfile: "FROM b" });
    const lower = tempFolder({ "ctx/dockerfile": "FROM b" });
    expect(await findDockerfile({ contextRoot: both, cwd: both })).toEqual({
      name: "Dockerfile",
      path: join(both, "Dockerfile"),
      bytes: Buffer.from("FROM a"),
    });
    expect(await findDockerfile({ contextRoot: join(lower, "ctx"), cwd: lower })).toEqual({
      name: "ctx/dockerfile",
      path: join(lower, "ctx/dockerfile"),
      bytes: Buffer.from("FROM b"),
    });
  });

  it("CL-01: --file is relative to the current folder, links are followed", async () => {
    const root = tempFolder({
      "ctx/Dockerfile": "A",
      "ctx/my.df": "B",
      "my.df": { link: "elsewhere" },
      elsewhere: "C",
    });
    const found = await findDockerfile({ contextRoot: join(root, "ctx"), file: "my.df", cwd: root });
    expect([found.name, found.bytes.toString()]).toEqual(["my.df", "C"]);
  });

  it("CL-01: --file may be a pipe; a pipe called Dockerfile is not waited for", async () => {
    const root = tempFolder({});
    execFileSync("mkfifo", [join(root, "pipe"), join(root, "Dockerfile")]);
    const found = findDockerfile({ contextRoot: root, file: "pipe", cwd: root });
    writeFileSync(join(root, "pipe"), "FROM a");
    expect((await found).bytes.toString()).toBe("FROM a");
    await expect(findDockerfile({ contextRoot: root, cwd: root })).rejects.toMatchObject({
      code: "DOCKERFILE_NOT_FOUND",
    });
  });

  const hints: [
    title: string,
    files: Record<string, string | null>,
    file: string | undefined,
    hint: string,
  ][] = [
    ["Containerfile", { Containerfile: "" }, undefined, "--file Containerfile"],
    [
      "Dockerfile.txt",
      { "Dockerfile.txt": "", "Dockerfile.dockerignore": "" },
      undefined,
      "--file Dockerfile.txt",
    ],
    ["DockerFile", { DockerFile: "" }, undefined, "--file DockerFile"],
    ["a typing mistake", { "prod.docker": "" }, "prod.dokcer", "--file prod.docker"],
    ["nothing near", { "main.go": "" }, undefined, "name the Dockerfile with --file"],
  ];
  it.each(hints)("DI-03: a missing Dockerfile points to %s", async (_title, files, file, hint) => {
    const root = tempFolder(files);
    const options = { contextRoot: root, cwd: root, ...(file === undefined ? {} : { file }) };
    await expect(findDockerfile(options)).rejects.toMatchObject({
      code: "DOCKERFILE_NOT_FOUND",
      message: `failed to read dockerfile: ${file ?? "Dockerfile"} not found`,
      hint: expect.stringContaining(hint),
    });
  });

  it("CL-01: a file that is in the context but not in the current folder is pointed to", async () => {
    const root = tempFolder({ "ctx/prod.df": "" });
    await expect(
      findDockerfile({ contextRoot: join(root, "ctx"), file: "prod.df", cwd: root }),
    ).rejects.toMatchObject({
      hint: expect.stringContaining("--file ctx/prod.df"),
    });
  });

  it("CL-01: a missing context is said to be missing", async () => {
    const root = tempFolder({});
    await expect(findDockerfile({ contextRoot: join(root, "no"), cwd: root })).rejects.toMatchObject({
      code: "CONTEXT_NOT_FOUND",
      message: `unable to prepare context: path "${root}/no" not found`,
    });
  });

  it("a folder is no Dockerfile, and neither is a very large file", async () => {
    const root = tempFolder({ Dockerfile: null, big: Buffer.alloc(LIMITS.dockerfile + 1) });
    await expect(findDockerfile({ contextRoot: root, cwd: root })).rejects.toMatchObject({
      code: "DOCKERFILE_NOT_FOUND",
      message: "Dockerfile is not a file",
    });
    await expect(findDockerfile({ contextRoot: root, file: "big", cwd: root })).rejects.toMatchObject({
      code: "DOCKERFILE_SYNTAX",
    });
  });

  it("GHSA-vp35-85q5-9f25: the Dockerfile of a context from elsewhere cannot lie outside of it", async () => {
    const outside = tempFolder({ secret: "s" });
    const root = tempFolder({
      Dockerfile: { link: join(outside, "secret") },
      dir: { link: outside },
      "in/real": "FROM a",
      good: { link: "in/real" },
    });
    const find = (file?: string) =>
      findDockerfile({
        contextRoot: root,
        cwd: outside,
        confined: true,
        ...(file === undefined ? {} : { file }),
      });
    for (const file of [undefined, "dir/secret", "../secret", join(outside, "secret")])
      await expect(find(file)).rejects.toMatchObject({ code: "DOCKERFILE_NOT_FOUND" });
    expect((await find("good")).bytes.toString()).toBe("FROM a");
  });
});

describe("findIgnoreFile", () => {
  it("DI-01: the file beside the Dockerfile wins, even if empty", async () => {
    const root = tempFolder({ "ctx/.dockerignore": "a", "df/x": "", "df/x.dockerignore": "" });
    const found = await findIgnoreFile(join(root, "ctx"), join(root, "df/x"));
    expect(found?.bytes).toHaveLength(0);
    expect((await findIgnoreFile(join(root, "ctx"), join(root, "df/y")))?.bytes.toString()).toBe("a");
    expect((await findIgnoreFile(join(root, "ctx")))?.name).toBe(".dockerignore");
    expect(await findIgnoreFile(join(root, "df"))).toBeUndefined();
  });

  it("DI-05: a bad pattern names the file and the line", async () => {
    const root = tempFolder({ "Dockerfile.dockerignore": "a\n!\n" });
    await expect(readIgnoreRules(root, join(root, "Dockerfile"))).rejects.toMatchObject({
      code: "IGNORE_PATTERN_INVALID",
      message: 'Dockerfile.dockerignore line 2: illegal exclusion pattern: "!"',
    });
  });

  it("DI-01: what is no file does not count", async () => {
    const root = tempFolder({ ".dockerignore": null });
    expect(await readIgnoreRules(root)).toBeUndefined();
  });
});
