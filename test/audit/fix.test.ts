import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replaceFile } from "../../src/api/replace-file.ts";
import { digestOf } from "../../src/core/digest.ts";
import { isSlipwayError } from "../../src/core/errors.ts";
import { useWorkshop } from "../api/workshop.ts";
import { FileServer } from "../support/file-server.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const shop = useWorkshop();
let registry: TestRegistry;
let web: FileServer;

beforeAll(async () => {
  [registry, web] = await Promise.all([startRegistry(), FileServer.start()]);
});
afterAll(async () => {
  web?.close();
  await registry?.stop();
});

describe("audit --fix", () => {
  it("pins bases and downloads, makes lists of command lines, removes apt's lists, and keeps everything else", async () => {
    const base = `${registry.host}/fix/base:1`;
    const made = shop.it.context({ Dockerfile: "FROM busybox\nCOPY Dockerfile /\n" });
    await shop.it.succeed(["build", "-t", base, "--push", made]);
    web.files.set("/a.tar", { body: "the bytes" });
    const lines = [
      "# syntax=docker/dockerfile:1",
      "# a comment of mine",
      `from ${base} AS first`,
      "RUN apt-get update \\",
      "    # what is needed",
      "    && apt-get install -y --no-install-recommends a=1",
      `ADD ${web.url}/a.tar /a.tar`,
      "RUN <<END",
      "FROM scratch",
      "END",
      "",
      "FROM first",
      "ENTRYPOINT exec serve --port 80",
    ];
    const text = `\ufeff${lines.join("\r\n")}`;
    const context = shop.it.context({ Dockerfile: text });
    const file = join(context, "Dockerfile");
    chmodSync(file, 0o640);
    const fix = (...flags: string[]) =>
      shop.it.run(["audit", "Dockerfile", "--fix", ...flags], { cwd: context });

    const tried = await fix("--dry-run");
    expect(tried.stderr.match(/: can be mended/g)).toHaveLength(4);
    expect(readFileSync(file, "utf8")).toBe(text);

    const done = await fix();
    expect(done.exitCode).toBe(0);
    expect(done.stdout).toBe(tried.stdout);
    const digest = /@(sha256:[0-9a-f]{64}) AS first/.exec(done.stdout)![1]!;
    const answer = await fetch(`http://${registry.host}/v2/fix/base/manifests/1`, {
      headers: {
        accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
      },
    });
    expect(digest).toBe(digestOf(Buffer.from(await answer.arrayBuffer())));
    const after = lines.flatMap((line) => {
      if (line.startsWith("from")) return [`from ${base}@${digest} AS first`];
      if (line.startsWith("ADD")) return [line.replace("ADD ", `ADD --checksum=${digestOf("the bytes")} `)];
      if (line.startsWith("    &&")) return [`${line} \\`, "    && rm -rf /var/lib/apt/lists/*"];
      return line.startsWith("ENTRYPOINT") ? ['ENTRYPOINT ["serve", "--port", "80"]'] : [line];
    });
    expect(readFileSync(file, "utf8")).toBe(`\ufeff${after.join("\r\n")}`);
    expect(statSync(file).mode & 0o7777).toBe(0o640);
    expect(readdirSync(context)).toEqual(["Dockerfile"]);

    const again = await fix();
    expect([again.exitCode, again.stdout]).toEqual([0, ""]);
    expect(again.stderr).toBe("Dockerfile: nothing to mend\n");
    const rules = JSON.parse((await shop.it.succeed(["audit", file, "--format", "json"])).stdout).findings;
    expect(rules.map(({ rule }: { rule: string }) => rule).sort()).toEqual(["NoHealthcheck", "RootUser"]);
  });

  it("does what it can where nobody answers, says what is left and why, and ends with 1", async () => {
    const text = "FROM 127.0.0.1:1/no/body:1\nENTRYPOINT serve\nCMD a\n";
    const context = shop.it.context({ Dockerfile: `${text}RUN apt-get update && apt-get install -y a\n` });
    const { exitCode, stderr } = await shop.it.run(["audit", "--fix"], { cwd: context });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("ERROR: asking what sources are now: ");
    expect(stderr).toContain("REGISTRY_UNREACHABLE");
    expect(stderr).toMatch(/Dockerfile:1: UnpinnedBase: left to you, what it is now could not be asked/);
    expect(stderr).toMatch(
      /Dockerfile:2: ShellEntrypoint: left to you, there is a CMD, which would be its arguments/,
    );
    expect(readFileSync(join(context, "Dockerfile"), "utf8")).toBe(
      `${text}RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n`,
    );
  });

  it("takes a CMD for a list only where the base is known to have no ENTRYPOINT", async () => {
    const diffOf = async (text: string) => {
      const context = shop.it.context({ Dockerfile: text });
      return (await shop.it.run(["audit", "--fix", "--dry-run"], { cwd: context })).stdout;
    };
    expect(await diffOf("FROM scratch\nCOPY a /bin/a\nCMD /bin/a b\n")).toContain('+CMD ["/bin/a", "b"]');
    expect(await diffOf(`FROM x@${digestOf("x")}\nCMD /bin/a b\n`)).toBe("");
    expect(await diffOf('FROM scratch\nENTRYPOINT ["/a"]\nCMD /bin/a b\n')).toBe("");
  });

  it("writes through no link, and rewrites Dockerfiles only", async () => {
    const context = shop.it.context({ real: "FROM scratch\nENTRYPOINT serve\n" });
    symlinkSync("real", join(context, "Dockerfile"));
    const refused = await shop.it.run(["audit", "--fix"], { cwd: context });
    expect(refused.stderr).toMatch(/Dockerfile is a link[\s\S]*OUTPUT_INVALID/);
    expect(lstatSync(join(context, "Dockerfile")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(context, "real"), "utf8")).toContain("ENTRYPOINT serve");
    for (const args of [
      ["busybox", "--fix"],
      [context, "--fix", "--fail-on", "low"],
      ["busybox", "--dry-run"],
    ])
      expect((await shop.it.run(["audit", ...args])).exitCode).toBe(2);
  });
});

describe("a file that is replaced", () => {
  it("is not, where somebody else has changed it, and nothing is left", () => {
    const folder = temporaryFolder();
    const path = join(folder, "Dockerfile");
    writeFileSync(path, "FROM b\n");
    const replacement = {
      path,
      name: "Dockerfile",
      before: Buffer.from("FROM a\n"),
      after: Buffer.from("FROM c\n"),
    };
    expect(() => replaceFile(replacement)).toThrow(
      expect.toSatisfy((error) => isSlipwayError(error, "SOURCE_CHANGED")),
    );
    expect(readFileSync(path, "utf8")).toBe("FROM b\n");
    expect(readdirSync(folder)).toEqual(["Dockerfile"]);
  });
});
