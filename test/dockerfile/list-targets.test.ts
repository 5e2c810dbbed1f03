import { expect, it } from "vitest";
import { listTargets } from "../../src/dockerfile/list-targets.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";

it("SG-17: targets are the stages in order, with names, bases and platforms as written, and descriptions", () => {
  const text = `FROM $BASE
# Build is not it
# build makes it
FROM --platform=$BUILDPLATFORM a AS \\
  Build
FROM build AS last`;
  expect(listTargets(parseDockerfile(text, "f"))).toEqual([
    { isDefault: false, base: "$BASE", source: { file: "f", start: 1, end: 1 } },
    {
      name: "build",
      isDefault: false,
      description: "makes it",
      base: "a",
      platform: "$BUILDPLATFORM",
      source: { file: "f", start: 4, end: 5 },
    },
    { name: "last", isDefault: true, base: "build", source: { file: "f", start: 6, end: 6 } },
  ]);
});
