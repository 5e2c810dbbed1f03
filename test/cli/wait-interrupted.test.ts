import { expect, it } from "vitest";
import type { Environment } from "../../src/api/environment.ts";
import type { CliContext } from "../../src/cli/cli-context.ts";
import { waitCommand } from "../../src/cli/commands/control.ts";
import { ContainerStore } from "../../src/container/container-store.ts";
import { openStore } from "../../src/store/store.ts";
import { DRAFT } from "../container/containers.ts";
import { temporaryFolder } from "../support/folders.ts";

it("a Ctrl-C ends `wait` without a word, for all that are waited for", async () => {
  const home = temporaryFolder();
  const store = openStore(home);
  const containers = new ContainerStore(store);
  const names = ["one", "two"];
  for (const name of names) containers.create({ ...DRAFT, options: { image: "x" } }, containers.claim(name));
  await store.close();
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const ending = new AbortController();
  const context = {
    environment: { home } as Environment,
    stdout: stream,
    stderr: stream,
    signal: ending.signal,
  } as CliContext;
  const waiting = waitCommand(names, { condition: "running" })(context);
  ending.abort();
  expect(await waiting).toBe(1);
  expect(said).toEqual([]);
});
