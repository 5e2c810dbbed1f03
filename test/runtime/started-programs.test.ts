import { describe, expect, it } from "vitest";
import type { ContainerConfig } from "../../src/image/config.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { startedPrograms } from "../../src/runtime/started-programs.ts";
import { dir, file, tocOf } from "../layer/entries.ts";

/** What an image of scripts starts, and how often each of its files was read. */
async function startedOf(config: ContainerConfig, files: Readonly<Record<string, string>>) {
  const entries = Object.entries(files).map(([path, text]) => file(path, { size: text.length }));
  const tree = new LayerTree([tocOf(dir("bin"), dir("s"), file("bin/sh", { size: 9 }), ...entries)]);
  const reads: string[] = [];
  const started = await startedPrograms({
    ...{ config, tree },
    texts: async (wanted) => {
      reads.push(...wanted.map(({ path }) => path));
      return new Map(wanted.map(({ path }) => [path, files[path]!]));
    },
  });
  return { reads, told: started.map(({ by, program }) => `${by}: ${program}`) };
}

describe("the programs that an image starts", () => {
  it("follow interpreters, reads each file once, and ends where scripts name each other", async () => {
    const files = { "s/a": "#!/s/b\n", "s/b": "#!/s/c\n", "s/c": "#!/s/a\n", "s/self": "#!/s/self\n" };
    const healthcheck = { Test: ["CMD", "/s/self"] };
    const { reads, told } = await startedOf({ Entrypoint: ["/s/a"], Healthcheck: healthcheck }, files);
    expect(told).toEqual([
      ...["ENTRYPOINT: /s/a", "HEALTHCHECK: /s/self"],
      ...["ENTRYPOINT (/s/a): /s/b", "HEALTHCHECK (/s/self): /s/self"],
      ...["ENTRYPOINT (/s/b): /s/c", "ENTRYPOINT (/s/c): /s/a"],
    ]);
    expect(reads.sort()).toEqual(["s/a", "s/b", "s/c", "s/self"]);
  });

  it("end with a chain of scripts that no kernel follows", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`s/${i}`, `#!/s/${i + 1}\n`] as const),
    );
    expect((await startedOf({ Cmd: ["/s/0"] }, files)).reads).toHaveLength(8);
  });

  it("are those of CMD only where ENTRYPOINT is no line for the shell; shells are not read", async () => {
    const files = { "s/a": "#!/bin/sh\n" };
    const shell = ["/bin/sh", "-c", "x"];
    expect(await startedOf({ Entrypoint: shell, Cmd: ["/s/a"] }, files)).toEqual({
      reads: [],
      told: ["ENTRYPOINT: /bin/sh"],
    });
    expect((await startedOf({ Entrypoint: ["unknown"], Cmd: ["/s/a"] }, files)).told).toEqual([
      ...["ENTRYPOINT: unknown", "CMD: /s/a", "CMD (/s/a): /bin/sh"],
    ]);
  });
});
