import { diffLocks, diffText } from "../../src/lock/lock-diff.ts";
import { encodeLock, type LockEntries } from "../../src/lock/lock-entries.ts";
import { parseLock } from "../../src/lock/parse-lock.ts";
import { must, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";
import { text as oddText, word } from "../grammar/text.ts";
import { checkLocated, RAW } from "./shown-error.ts";

const FILE = "Dockerfile.lock";
const DIGEST = `sha256:${"ab".repeat(32)}`;

const SEED = {
  lockVersion: 1,
  images: {
    "docker.io/library/debian:bookworm": { digest: DIGEST, platforms: { "linux/amd64": DIGEST } },
    [`docker.io/library/a:b@${DIGEST}`]: { digest: DIGEST, platforms: { "linux/arm/v7": DIGEST } },
  },
  urls: { "https://h.example/x": { checksum: DIGEST, size: 1, modified: "2020-01-02T03:04:05Z" } },
  git: { "https://h.example/r.git": { commit: "ab".repeat(20), ref: "refs/heads/main" } },
};

/** Locks of Dockerfiles: every mistake has a place; what is read is written as it was. */
export const lockTarget: Target = {
  name: "lock",
  about: "locks (Dockerfile.lock): reading, writing, differences",
  seeds: [
    JSON.stringify(SEED, null, 2),
    `${JSON.stringify(SEED)}\n`,
    '{"lockVersion":1,"images":{}}',
    "<<<<<<< a\n",
  ].map((text) => Buffer.from(text)),
  dictionary: [
    "lockVersion",
    '"images":{',
    '"platforms":{',
    '"__proto__":',
    '"constructor":',
    DIGEST,
    "docker.io/library/",
    "=======\n",
    ">>>>>>> b\n",
    "\u00ef\u00bb\u00bf",
    "// x\n",
    "- ",
    "&a ",
    "*a",
  ],
  mutators: [mutateJson],
  generate: (random) => {
    const images = random.several(0, 4, () => [
      `${word(random)}/${oddText(random)}:${word(random)}`,
      { digest: DIGEST },
    ]);
    return Buffer.from(
      JSON.stringify({ lockVersion: 1, images: Object.fromEntries(images) }, null, random.below(3)),
    );
  },
  grow: (random) => growingJson(SEED, random),
  run: async (input) => {
    const text = Buffer.from(input).toString("utf8");
    let entries: LockEntries;
    try {
      entries = await parseLock(text, FILE);
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    const written = encodeLock(entries);
    const again = await parseLock(written, FILE);
    must(encodeLock(again) === written, () => "a lock that was written means something else");
    must(diffLocks(entries, again).length === 0, () => "a lock differs from itself");
    const all = diffText(diffLocks({ images: {}, urls: {}, git: {} }, entries));
    must(!RAW.test(all), () => `a control character in a difference:\n${JSON.stringify(all)}`);
  },
};
