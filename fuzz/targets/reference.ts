import { familiarName, fullName, namedContextKey, parseReference } from "../../src/image/reference.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { text, word } from "../grammar/text.ts";

/** Image names. Each form of a name is a name of the same image. */
export const referenceTarget: Target = {
  name: "reference",
  about: "image references: parsed, written in full and familiar form, parsed again",
  seeds: [
    "debian",
    "library/x:y",
    `host.x:5000/a/b_c:t@sha256:${"a".repeat(64)}`,
    "[::1]:80/a",
    "localhost/x",
  ].map((name) => Buffer.from(name)),
  dictionary: [
    "docker.io/",
    "index.docker.io/",
    "library/",
    "localhost/",
    ":latest",
    `@sha256:${"0".repeat(64)}`,
    "@sha512:",
    "://",
    ".",
    "__",
    "--",
    ":",
    "/",
    "A",
  ],
  generate: (random) => {
    const host = random.pick([
      "",
      "",
      "docker.io/",
      "a.b/",
      "a:5000/",
      "LOCALHOST/",
      "[::1]:1/",
      `${text(random)}/`,
    ]);
    const repository = random.several(1, 3, () => word(random).toLowerCase()).join("/");
    const tag = random.pick(["", "", ":t", `:${word(random)}`]);
    return joinParts([host + repository + tag + random.pick(["", "", `@sha256:${"e".repeat(64)}`, "@x"])]);
  },
  run: (input) => {
    const [name = ""] = splitParts(input);
    const reference = parseReference(name);
    for (const form of [fullName(reference), familiarName(reference)]) {
      const again = parseReference(form);
      must(
        fullName(again) === fullName(reference),
        () => `${JSON.stringify(name)} and ${JSON.stringify(form)} are two images`,
      );
    }
    namedContextKey(name);
  },
};
