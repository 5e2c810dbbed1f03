import { imageDiffText } from "../../src/cli/commands/diff-text.ts";
import { visibleText } from "../../src/cli/write-text.ts";
import type { Digest } from "../../src/core/digest.ts";
import type { ComparedDocuments } from "../../src/diff/compared-image.ts";
import { diffConfigs } from "../../src/diff/diff-config.ts";
import { diffHistories } from "../../src/diff/diff-history.ts";
import { diffImages } from "../../src/diff/diff-images.ts";
import { unifiedDiff } from "../../src/diff/unified.ts";
import { decodeImageConfig } from "../../src/image/decode-config.ts";
import { mutateLines } from "../engine/mutate.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";
import { RAW } from "./shown-error.ts";

const DIGEST: Digest = `sha256:${"ab".repeat(32)}`;

/** Longer texts take a comparison too long. */
const COMPARABLE = 20_000;

/** Differences of texts: applied to the first they give the second. */
export const textDiffTarget: Target = {
  name: "text-diff",
  about: "differences of two texts in unified form, applied again",
  seeds: [
    ["a\nb\nc\n", "a\nc\n"],
    ["", "x"],
    ["1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nx\n4\n5\n6\n7\ny\n9"],
  ].map(joinParts),
  dictionary: ["a\n", "\n", "\n\n", "+", "-", "@@", "\\ No newline at end of file\n"],
  mutators: [mutateLines],
  generate: (random) => {
    const lines = () => random.several(0, 12, () => random.pick(["a\n", "b\n", "c\n", "\n", "d"])).join("");
    return joinParts([lines(), lines()]);
  },
  run: (input) => {
    const [before = "", after = ""] = splitParts(input);
    const text = unifiedDiff({ beforeName: "a", afterName: "b", before, after });
    if (before.length + after.length > COMPARABLE) return;
    must(
      (text === "") === (before === after),
      () => "a difference where there is none, or none where there is one",
    );
    const made = applied(before, text);
    must(made === after, () => `${JSON.stringify(made)} instead of ${JSON.stringify(after)}`);
  },
};

/** What `patch` would make. */
function applied(before: string, patch: string): string {
  const old = before.split(/(?<=\n)/);
  const lines = patch.split(/(?<=\n)/).slice(2);
  const out: string[] = [];
  let at = 0;
  for (const [i, line] of lines.entries()) {
    const header = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (header) {
      const start = Number(header[1]) - (header[2] === "0" ? 0 : 1);
      while (at < start) out.push(old[at++]!);
      continue;
    }
    const isCut = lines[i + 1]?.startsWith("\\") === true;
    const content = isCut ? line.slice(1, -1) : line.slice(1);
    if (line.startsWith("+")) out.push(content);
    else if (line.startsWith("-")) at++;
    else if (line.startsWith(" ")) {
      out.push(content);
      at++;
    }
  }
  return [...out, ...old.slice(at)].join("");
}

const CONFIG = {
  os: "linux",
  architecture: "amd64",
  config: {
    Env: ["A=1", "B"],
    Cmd: ["a"],
    Labels: { a: "b" },
    ExposedPorts: { "80/tcp": {} },
    Healthcheck: { Test: ["CMD", "x"], Interval: 1 },
  },
  history: [
    { created_by: "RUN a", created: "2020-01-01T00:00:00Z" },
    { created_by: "ENV A=1", empty_layer: true },
  ],
  rootfs: { type: "layers", diff_ids: [DIGEST] },
};

/** Configurations of two images: what is told of them can be shown, and nothing differs from itself. */
export const configDiffTarget: Target = {
  name: "config-diff",
  about: "differences of two images' configurations and histories, and how they are shown",
  seeds: [
    [CONFIG, { ...CONFIG, os: "windows", config: { Env: ["B=\u001b[31m"] } }],
    [CONFIG, CONFIG],
  ].map((pair) => Buffer.from(JSON.stringify(pair))),
  dictionary: ["__proto__", "Env", "Labels", "empty_layer", "=", "\\u001b[2J", "diff_ids"],
  mutators: [mutateJson],
  generate: () => Buffer.from(JSON.stringify([CONFIG, CONFIG])),
  grow: (random) => growingJson([CONFIG, CONFIG], random),
  run: async (input) => {
    const pair = pairOf(input);
    if (!pair) return;
    const [before, after] = [documentsOf(pair[0]), documentsOf(pair[1])];
    must(diffConfigs(before, before, true).length === 0, () => "a configuration differs from itself");
    must(diffHistories(after, after).length === 0, () => "a history differs from itself");
    const parts = { files: undefined, config: true, paths: [""], contents: [], times: true };
    const diff = await diffImages({ before, after, ...parts });
    const shown = visibleText(imageDiffText(diff, false));
    must(!RAW.test(shown), () => `a control character reaches the terminal:\n${JSON.stringify(shown)}`);
  },
};

function documentsOf(value: unknown): ComparedDocuments {
  const config = decodeImageConfig(Buffer.from(JSON.stringify(value ?? null)));
  const layerSizes = config.diffIds.map(() => 1);
  return { name: "x", id: DIGEST, manifest: DIGEST, config, annotations: {}, layerSizes };
}

function pairOf(input: Uint8Array): readonly [unknown, unknown] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(input).toString("utf8"));
    return Array.isArray(value) && value.length >= 2 ? [value[0], value[1]] : undefined;
  } catch {
    return undefined;
  }
}
