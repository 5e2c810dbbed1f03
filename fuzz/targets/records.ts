import { explainMiss } from "../../src/cache/explain.ts";
import { keyOf, type StepInputs } from "../../src/cache/inputs.ts";
import { decodeInputs, decodeRecord, encodeInputs, encodeRecord } from "../../src/cache/record.ts";
import { must, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";

const DIGEST = `sha256:${"cd".repeat(32)}` as const;

const NOW: StepInputs = {
  tag: "run/2",
  parent: DIGEST,
  fields: {
    argv: ["/bin/sh", "-c", "make"],
    env: ["A=b"],
    args: ["X=y"],
    cwd: "/",
    script: null,
    "shm size": 4,
  },
  files: [
    {
      from: "context",
      selector: "src",
      entries: [
        ["", "dir 755"],
        ["a.c", "file 644 ab"],
      ],
    },
  ],
};

const SEEDS = [
  {
    version: 1,
    key: DIGEST,
    layer: { diffId: DIGEST, contentDigest: DIGEST, tarSize: 4, entries: 1, fileBytes: 2 },
    created: "2024-01-01T00:00:00.000Z",
    description: "RUN make",
  },
  NOW,
  { ...NOW, tag: "copy/1", fields: { ...NOW.fields, argv: ["other"] }, files: [...NOW.files, ...NOW.files] },
];

/** What stands behind the line of JSON. */
const ENCODED = Buffer.from(encodeInputs(NOW));
const ENTRIES = ENCODED.subarray(ENCODED.indexOf("\n"));

/** Cache records, and the inputs of the last run that a miss is explained with: damaged ones count as absent. */
export const recordsTarget: Target = {
  name: "records",
  about: "cache records and the inputs that misses are explained with",
  seeds: SEEDS.map((record) => Buffer.from(JSON.stringify(record))),
  dictionary: ["null", "{}", "[]", '"', '"files":', '"fields":', '"entries":', DIGEST],
  generate: (random) => {
    let bytes: Buffer = Buffer.from(JSON.stringify(random.pick(SEEDS)));
    for (let left = random.between(1, 3); left > 0; left--)
      bytes = mutateJson(bytes, { random, other: bytes, words: [] });
    return bytes;
  },
  grow: (random) => growingJson(random.pick(SEEDS), random),
  mutators: [mutateJson, mutateJson, mutateJson, mutateJson],
  run: (input) => {
    const record = decodeRecord(input);
    if (record) must(decodeRecord(encodeRecord(record)) !== undefined, () => "a record is not read again");
    const inputs = decodeInputs(Buffer.concat([input, ENTRIES]));
    const { reason } = explainMiss(inputs, NOW);
    must(typeof reason === "string" && reason !== "", () => "a miss without a reason");
    if (inputs) keyOf(inputs);
  },
};
