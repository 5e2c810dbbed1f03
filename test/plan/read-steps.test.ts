import { expect, it } from "vitest";
import { readSteps } from "../../src/plan/read-steps.ts";
import { plan } from "./planning.ts";

const DOCKERFILE = `
FROM busybox AS base
COPY a /a
FROM base AS built
COPY b /b
RUN make
COPY c /c
FROM busybox AS mounted
COPY d /d
FROM busybox AS copied
COPY e /e
FROM base
COPY --from=copied /e /e
RUN --mount=from=mounted,target=/m true
COPY --from=built /c /c
COPY f /f
`;

const names = async (text: string, readsResult = false): Promise<string[]> => {
  const built = await plan(text);
  const read = readSteps(built, readsResult);
  const steps = built.stages.flatMap((stage) => stage.steps);
  return steps.filter(({ id }) => read.has(id)).map(({ name }) => name.replace(/^.*\] /, ""));
};

it("the files of a step are read by a RUN above it, by a COPY or a mount from its stage", async () => {
  expect(await names(DOCKERFILE)).toEqual([
    "COPY a /a",
    "COPY b /b",
    "RUN make",
    "COPY c /c",
    "COPY d /d",
    "COPY e /e",
    "COPY --from=copied /e /e",
  ]);
});

it("nobody reads what the image ends with, unless its files are the result", async () => {
  const text = "FROM busybox AS base\nCOPY a /a\nFROM base\nCOPY b /b\n";
  expect(await names(text)).toEqual([]);
  expect(await names(text, true)).toEqual(["COPY a /a", "COPY b /b"]);
});
