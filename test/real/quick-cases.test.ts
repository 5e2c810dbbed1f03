import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readCases } from "../../scripts/real/case-file.mjs";
import { runCase } from "../../scripts/real/run-case.mjs";
import { runCliOrFail } from "../support/cli.ts";
import { makeFolder } from "../support/folders.ts";
import { prepareStoreHome } from "../support/program-cache.ts";
import { busyboxRootfs } from "../support/root-filesystems.ts";

/** Of the Dockerfiles in conformance/real/ those that need nothing but BusyBox; `npm run real` builds all. */
const cases = readCases().filter(({ quick }) => quick);
const { path: home, remove } = makeFolder();

beforeAll(async () => {
  const reason = inject("buildError");
  if (reason) throw new Error(`dist/ could not be built: ${reason}`);
  prepareStoreHome(home);
  const command = ["--change", 'CMD ["sh"]', await busyboxRootfs(), "busybox:1.35"];
  await runCliOrFail(["import", ...command], { home });
});
afterAll(remove);

describe("real Dockerfiles", () => {
  it.each(cases)("$name: $about", async (subject) => {
    const { bytes } = await runCase(subject, home);
    expect(bytes).toBeGreaterThan(0);
  });

  it("are all described, and name a base", () => {
    for (const { name, about, bases } of readCases()) {
      expect(about, name).toMatch(/^.{20,160}$/);
      expect(bases.length, name).toBeGreaterThan(0);
    }
  });
});
