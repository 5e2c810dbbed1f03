import { realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { readEnvironment } from "../../src/api/environment.ts";
import { Session } from "../../src/api/session.ts";
import { digestOf, hexOf } from "../../src/core/digest.ts";
import { encodeName } from "../../src/core/file-name.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

it("what a failed build hashed needs no hashing in the next one", async () => {
  const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY f /\nRUN false\n", f: "x" });
  // Files that changed a moment ago are not remembered.
  await sleep(200);
  expect((await shop.it.run(["build", context])).exitCode).toBe(1);
  const variables = { SLIPWAY_HOME: shop.it.home, PATH: process.env.PATH! };
  const place = { uid: process.getuid!(), homeDirectory: shop.it.folder, cwd: shop.it.folder };
  const session = await Session.open(readEnvironment(variables, place));
  try {
    const key = `context/${hexOf(digestOf(encodeName(realpathSync(context))))}`;
    expect(session.store.stats.load(key)?.length).toBeGreaterThan(0);
  } finally {
    await session.close();
  }
});

it("SL-PASSWORDS: the words of a command that failed show no password of a URL", async () => {
  const Dockerfile = "FROM busybox\nRUN true https://bob:hunter2@web/; exit 3\n";
  const { stderr } = await shop.it.build({ Dockerfile });
  expect(stderr).toContain('process "/bin/sh -c true https://xxxxx:xxxxx@web/; exit 3" did not complete');
});
