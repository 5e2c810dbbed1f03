import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type BuildEvent,
  build,
  diagnose,
  diskUsage,
  inspectImage,
  isSlipwayError,
  prune,
  readEnvironment,
} from "../../src/index.ts";
import { Store } from "../../src/store/store.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

const environment = () =>
  readEnvironment(
    { SLIPWAY_HOME: shop.it.home, PATH: process.env.PATH },
    { uid: process.getuid!(), homeDirectory: shop.it.folder, cwd: shop.it.folder },
  );

it("builds with typed options and tells what happens as events", async () => {
  const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY f /\n", f: "x" });
  const types: string[] = [];
  const result = await build(
    { context, tags: ["typed"], onEvent: (event) => types.push(event.type) },
    environment(),
  );
  expect(result.names).toEqual(["docker.io/library/typed:latest"]);
  expect([types[0], types.at(-1)]).toEqual(["build.start", "build.done"]);
  expect((await inspectImage("typed", {}, environment())).Id).toBe(result.imageId);
});

it("begins again where the store was pruned between its beginning and its first step", async () => {
  const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY f /\n", f: "pruned" });
  const types: string[] = [];
  const onEvent = ({ type }: BuildEvent) => {
    // Whoever prunes notes it like this, under a lock that the build does not hold yet.
    if (type === "build.start" && !types.includes(type)) new Store(shop.it.home).noteCollection();
    types.push(type);
  };
  const result = await build({ context, onEvent }, environment());
  expect(result.steps.total).toBe(1);
  expect(types.filter((type) => /^(build|warning)/.test(type))).toEqual([
    "build.start",
    "warning",
    "build.start",
    "build.done",
  ]);
});

it("searches for the secret that its steps got, although the file has another value by then", async () => {
  const [old, renewed] = ["tok_a8F3/k29+dkq01zzQ", "tok_9bQ1/x77+renewed4Lw"];
  const file = join(shop.it.folder, "token");
  writeFileSync(file, old);
  const Dockerfile = "FROM busybox\nRUN --mount=type=secret,id=t cat /run/secrets/t > /kept\n";
  const onEvent = ({ type }: BuildEvent) => type === "build.start" && writeFileSync(file, renewed);
  const options = { context: shop.it.context({ Dockerfile }), secrets: { t: { file } }, onEvent };
  const error = await build(options, environment()).catch((reason: unknown) => reason);
  expect(isSlipwayError(error, "SECRET_LEAKED")).toBe(true);
});

it("says what the machine and the store have, and removes what nothing uses", async () => {
  expect((await diagnose(environment())).facts.length).toBeGreaterThan(3);
  expect((await diskUsage(environment())).length).toBeGreaterThan(1);
  await prune({ all: true }, environment());
  expect((await inspectImage("busybox", {}, environment())).RepoTags).toEqual(["busybox:latest"]);
});

it.each([
  [undefined, "build takes an object of options"],
  [{}, "the option context is missing"],
  [{ context: 5 }, "the option context has to be a string"],
  [{ context: ".", tags: "a" }, "the option tags has to be an array of strings"],
  [{ context: ".", platforms: "linux/arm64" }, "the option platforms has to be an array"],
  [{ context: ".", noCahce: true }, 'build has no option "noCahce"'],
])("refuses the options %j with a typed error", async (options, message) => {
  const error = await build(options as never, environment()).catch((reason: unknown) => reason);
  expect(isSlipwayError(error, "USAGE")).toBe(true);
  expect((error as Error).message).toBe(message);
});
