import { SlipwayError } from "../../src/core/errors.ts";
import { compileExpression } from "../../src/gate/regular-expression.ts";
import { parseTestFile } from "../../src/gate/test-file.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { text, word } from "../grammar/text.ts";
import { checkShown } from "./shown-error.ts";

const FILE = "tests.yaml";

const SEED = `schemaVersion: "2.0.0"
globalEnvVars: [{key: A, value: "$B"}]
commandTests:
- &c {name: a, command: sh, args: [-c, x], setup: [[a, b]], exitCode: 1, expectedOutput: ['^a\\s'], timeout: 5s}
- {<<: *c, name: b}
fileExistenceTests:
- {name: f, path: /x, permissions: -rw-r--r--, uid: 1, isExecutableBy: any}
metadataTest: {labels: [{key: k, value: "v.", isRegex: true}], entrypoint: []}
behaviorTests:
- {name: s, healthyWithin: 1m, ports: [80, {port: 81/tcp, within: 2s}], nonRoot: yes}
`;

/** Files of tests: every mistake has a place in the file. */
export const testFileTarget: Target = {
  name: "test-files",
  about: "files of tests of images",
  seeds: [
    Buffer.from(SEED),
    Buffer.from('{"schemaVersion":"2.0.0","fileContentTests":[{"name":"a","path":"b"}]}'),
  ],
  dictionary: [
    "<<: *c",
    "&c",
    "*c",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "null",
    "!!int",
    "|",
    ">",
    "? ",
    "---",
    "...",
    "%YAML 1.1",
    "\t",
  ],
  generate: (random) =>
    Buffer.from(SEED + random.several(1, 4, () => `${word(random)}: ${text(random)}`).join("\n")),
  mutators: [mutateLines],
  run: (input) => {
    const file = Buffer.from(input).toString("utf8");
    try {
      parseTestFile(FILE, file);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
      must(/^tests\.yaml:[1-9]\d*:[1-9]\d*: /.test(error.message), () => `no place: ${error.message}`);
      checkShown(error, new Map([[FILE, file]]));
      throw error;
    }
  },
};

/** Expressions of tests: what is accepted can be used. */
export const expressionTarget: Target = {
  name: "test-expressions",
  about: "regular expressions of tests, in RE2's syntax",
  seeds: ["(?i)a[b-d]+?|\\Qx.y\\E$", "[[:alpha:][:^digit:]\\s\\W]{2,3}", "(?P<n>\\pL\\x{41})(?ms:.^$)"].map(
    (one) => Buffer.from(one),
  ),
  dictionary: [
    "(?i)",
    "(?s:",
    "[[:",
    ":]]",
    "\\Q",
    "\\E",
    "\\p{",
    "{1,",
    "(?P<",
    "[^",
    "\\x{",
    "\\A",
    "\\z",
    "]",
    "|",
    "\\",
  ],
  generate: (random) =>
    Buffer.from(
      random
        .several(1, 8, () =>
          random.pick(["a", "[a-z]", "(b|c)", "\\d", "*", "+?", "{2}", ".", "^", "$", text(random)]),
        )
        .join(""),
    ),
  mutators: [mutateLines],
  run: (input) => {
    compileExpression(Buffer.from(input).toString("utf8")).test("");
  },
};
