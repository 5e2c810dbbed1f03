import { SlipwayError } from "../core/errors.ts";
import { checkPermissions } from "../core/file-mode.ts";
import {
  type Decode,
  duration,
  filled,
  filledListOf,
  flag,
  integer,
  listOf,
  made,
  mapping,
  oneOf,
  text,
} from "../yaml/decode.ts";
import { MarkedDocument } from "../yaml/marked-value.ts";
import { behaviorTest } from "./behavior-schema.ts";
import { compileExpression } from "./regular-expression.ts";

/** An expression with the text that it was made of. */
export interface Expression {
  readonly source: string;
  readonly compiled: RegExp;
}

const expression: Decode<Expression> = made(text, (source) => ({
  source,
  compiled: compileExpression(source),
}));
const expressions = listOf(expression);
const texts = listOf(text);
/** Commands one after the other, each a list of words. */
const commands = listOf(filledListOf(text));

const variable = mapping({ key: filled, value: text, isRegex: flag }, ["key"]);

/** `isRegex`: the value is an expression. */
const metadataPair: Decode<MetadataPair> = (value) => {
  const pair = variable(value);
  if (!pair) return undefined;
  if (!pair.isRegex) return { key: pair.key, value: pair.value ?? "" };
  return made(
    () => pair,
    ({ key, value: source = "" }) => ({ key, value: source, expression: compileExpression(source) }),
  )(value);
};

/** A variable or label that an image has to have. */
export interface MetadataPair {
  readonly key: string;
  readonly value: string;
  readonly expression?: RegExp;
}

const commandTest = mapping(
  {
    name: filled,
    setup: commands,
    teardown: commands,
    envVars: listOf(variable),
    exitCode: integer,
    command: filled,
    args: texts,
    expectedOutput: expressions,
    excludedOutput: expressions,
    expectedError: expressions,
    excludedError: expressions,
    // Ours.
    timeout: duration,
  },
  ["name", "command"],
);

const fileExistenceTest = mapping(
  {
    name: filled,
    path: filled,
    shouldExist: flag,
    permissions: made(text, checkPermissions),
    uid: integer,
    gid: integer,
    isExecutableBy: oneOf("owner", "group", "other", "any"),
  },
  ["name", "path"],
);

const fileContentTest = mapping(
  { name: filled, path: filled, expectedContents: expressions, excludedContents: expressions },
  ["name", "path"],
);

const metadataTest = mapping({
  env: listOf(metadataPair),
  envVars: listOf(metadataPair),
  unboundEnvVars: listOf(variable),
  labels: listOf(metadataPair),
  entrypoint: texts,
  cmd: texts,
  exposedPorts: listOf(filled),
  unexposedPorts: listOf(filled),
  volumes: listOf(filled),
  unmountedVolumes: listOf(filled),
  workdir: text,
  user: text,
});

const licenseTest = mapping({ debian: flag, files: texts });

const runOptions = mapping({
  user: text,
  privileged: flag,
  allocateTty: flag,
  envFile: filled,
  envVars: listOf(filled),
  capabilities: listOf(filled),
  bindMounts: listOf(filled),
  // Ours.
  network: oneOf("host", "none"),
});

const version = made(text, (written) => {
  if (written === "2.0.0") return written;
  throw new SlipwayError("TEST_INVALID", `the schema ${JSON.stringify(written)} is not known`, {
    hint: 'write schemaVersion: "2.0.0"',
  });
});

const testFile = mapping(
  {
    schemaVersion: version,
    globalEnvVars: listOf(variable),
    containerRunOptions: runOptions,
    commandTests: listOf(commandTest),
    fileExistenceTests: listOf(fileExistenceTest),
    fileContentTests: listOf(fileContentTest),
    metadataTest,
    licenseTests: listOf(licenseTest),
    behaviorTests: listOf(behaviorTest),
  },
  ["schemaVersion"],
);

type Made<D> = D extends Decode<infer T> ? T : never;

export type CommandTest = Made<typeof commandTest>;
export type FileExistenceTest = Made<typeof fileExistenceTest>;
export type FileContentTest = Made<typeof fileContentTest>;
export type MetadataTest = Made<typeof metadataTest>;
export type LicenseTest = Made<typeof licenseTest>;
export type RunOptions = Made<typeof runOptions>;
export type TestVariable = Made<typeof variable>;
/** What a file asks of an image. */
export type TestFile = Made<typeof testFile> & { readonly file: string };

const TESTS = [
  "commandTests",
  "fileExistenceTests",
  "fileContentTests",
  "metadataTest",
  "licenseTests",
  "behaviorTests",
] as const;

function isNothing(tests: object | undefined): boolean {
  return tests === undefined || Object.keys(tests).length === 0;
}

const TEST_FILE = { code: "TEST_INVALID", hint: "docs/testing.md says what a test file may hold" } as const;

/**
 * Reads a file of tests: YAML or JSON in container-structure-test's schema 2.0.0, with `behaviorTests` beside it. Throws `TEST_INVALID` with
 * file, line and column of everything that is wrong.
 */
export function parseTestFile(file: string, content: string): TestFile {
  const document = new MarkedDocument(file, content.replace(/^\uFEFF/, ""), TEST_FILE);
  const { root } = document;
  if (root.isAbsent) root.mistake("the file is empty");
  const decoded = root.isAbsent ? undefined : testFile(root);
  // A file that tests nothing guards nothing, and its writer does not know.
  if (decoded && document.isSound && TESTS.every((key) => isNothing(decoded[key])))
    root.mistake("there are no tests in this file");
  document.check();
  return { ...decoded!, file };
}
