import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeTree } from "../support/folders.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const COPY_ALL = "FROM busybox\nCOPY . /all/\n";

/** Names below /all of an image that a build of `context` makes. */
async function copied(context: string, ...flags: readonly string[]): Promise<string[]> {
  await shop.it.succeed(["build", "-q", "-t", "copied", ...flags, context]);
  return (await shop.it.shell("copied", "ls -A /all")).trim().split("\n");
}

describe("reading what describes a build", () => {
  it("PO-01: an ignore file hides the Dockerfile and itself from COPY, not from the build", async () => {
    const files = { Dockerfile: COPY_ALL, ".dockerignore": "Dockerfile\n.dockerignore\n", f: "1" };
    expect(await copied(shop.it.context(files))).toEqual(["f"]);
    expect(await copied(shop.it.context({ ...files, ".dockerignore": "*\n!f\n" }))).toEqual(["f"]);
  });

  it("PO-01: the ignore file beside the Dockerfile comes with it, wherever that is", async () => {
    const elsewhere = writeTree(join(shop.it.folder, "elsewhere"), {
      "its.Dockerfile": COPY_ALL,
      "its.Dockerfile.dockerignore": "f\n.dockerignore\n",
    });
    const context = shop.it.context({ f: "1", g: "2", ".dockerignore": "g\n" });
    expect(await copied(context, "-f", join(elsewhere, "its.Dockerfile"))).toEqual(["g"]);
  });
});

describe("errors of a build", () => {
  it("PO-05: everything that can be known from texts is judged before any step runs", async () => {
    for (const wrong of ["STOPSIGNAL BOGUS", "VOLUME $NONE", "COPY --from=busybox https://host/x /"]) {
      const built = await shop.it.build({
        Dockerfile: `FROM busybox\nRUN exit 7\nCOPY missing /\n${wrong}\n`,
      });
      expect(built.exitCode).toBe(1);
      expect(built.stderr).toContain("   4 | >>> ");
      expect(built.stderr).not.toMatch(/^#\d+ \[(?!internal)/m);
    }
  });

  it("PO-06: stages that the target does not need may have what only interpreting them shows", async () => {
    const unused = [
      "ENV a=${b:?no}",
      "RUN --mount=type=cache,bogus=1 x",
      "STOPSIGNAL BOGUS",
      "EXPOSE x",
      "COPY --chmod=9 x /",
      "COPY https://host/x /",
    ];
    for (const line of unused) {
      const built = await shop.it.build({ Dockerfile: `FROM scratch AS unused\n${line}\nFROM busybox\n` });
      expect([line, built.exitCode]).toEqual([line, 0]);
    }
  });

  it("PO-07: every line of the instruction is marked, here-documents included", async () => {
    const text = "FROM busybox\nRUN <<EOF\nexit 3\nEOF\nLABEL a=b \\\n  c=d\n";
    const marked = (stderr: string) => stderr.match(/^ +\d+ \| >>>.*/gm);
    expect(marked((await shop.it.build({ Dockerfile: text })).stderr)).toEqual([
      "   2 | >>> RUN <<EOF",
      "   3 | >>> exit 3",
      "   4 | >>> EOF",
    ]);
    const wrong = await shop.it.build({ Dockerfile: "FROM busybox\nENV a=b \\\n  c=${d:?no}\n" });
    expect(marked(wrong.stderr)).toEqual(["   2 | >>> ENV a=b \\", "   3 | >>>   c=${d:?no}"]);
  });

  it("PO-08: findings that were met before an error are delivered, in text and as events", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCMD a\nWORKDIR b\nVOLUME $NONE\n" });
    const rules = ["JSONArgsRecommended", "WorkdirRelativePath", "UndefinedVar"];
    const plain = await shop.it.run(["build", "--progress=plain", context]);
    expect(plain.stderr.match(/^ - \w+(?=:)/gm)).toEqual(rules.map((rule) => ` - ${rule}`));
    const json = await shop.it.run(["build", "--progress=json", context]);
    const events = json.stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; rule?: string });
    expect(events.flatMap(({ rule }) => rule ?? [])).toEqual(rules);
    expect(events.at(-1)?.type).toBe("build.error");
  });
});
