import { describe, expect, it } from "vitest";
import { isSlipwayError, type SlipwayError } from "../../src/core/errors.ts";
import { encodeLock, type LockEntries } from "../../src/lock/lock-entries.ts";
import { LARGEST_LOCK, parseLock } from "../../src/lock/parse-lock.ts";

const A = `sha256:${"a".repeat(64)}` as const;
const B = `sha256:${"b".repeat(64)}` as const;
const COMMIT = "c".repeat(40);

const ENTRIES: LockEntries = {
  images: {
    "docker.io/library/debian:bookworm": { digest: A, platforms: { "linux/arm64": B, "linux/amd64": A } },
    [`docker.io/library/busybox@${B}`]: { digest: B, platforms: { "linux/amd64": B } },
  },
  urls: {
    "https://example.test/z": { checksum: B, size: 0 },
    "https://example.test/a": { checksum: A, size: 12, modified: "2024-01-31T12:00:00Z" },
  },
  git: { "https://example.test/o/r.git#v1": { commit: COMMIT, ref: "refs/tags/v1", tag: "d".repeat(40) } },
};

/** The error for a lock with this text. */
async function failure(text: string): Promise<SlipwayError> {
  const error: unknown = await parseLock(text, "Dockerfile.lock").then(
    () => undefined,
    (reason) => reason,
  );
  if (!isSlipwayError(error, "LOCK_INVALID")) throw error ?? new Error("it was taken");
  return error;
}

/** The mistakes of a lock with this text: line, and what is said. */
async function mistakes(text: string): Promise<readonly string[]> {
  const [first, ...lines] = (await failure(text)).message.split("\n");
  expect(first).toMatch(/^the lock Dockerfile\.lock has (a mistake|\d+ mistakes)$/);
  return lines.map((line) => line.replace(/^Dockerfile\.lock:/, ""));
}

const image = (entry: unknown, name = "docker.io/library/debian:bookworm") =>
  JSON.stringify({ lockVersion: 1, images: { [name]: entry } }, null, 2);

describe("the text of a lock", () => {
  it("is sorted, whatever the order of what it holds, and is read back", async () => {
    const text = encodeLock(ENTRIES);
    expect(text).toMatchInlineSnapshot(`
      "{
        "lockVersion": 1,
        "images": {
          "docker.io/library/busybox@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb": {
            "digest": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            "platforms": {
              "linux/amd64": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            }
          },
          "docker.io/library/debian:bookworm": {
            "digest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "platforms": {
              "linux/amd64": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              "linux/arm64": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            }
          }
        },
        "urls": {
          "https://example.test/a": {
            "checksum": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "size": 12,
            "modified": "2024-01-31T12:00:00Z"
          },
          "https://example.test/z": {
            "checksum": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
            "size": 0
          }
        },
        "git": {
          "https://example.test/o/r.git#v1": {
            "commit": "cccccccccccccccccccccccccccccccccccccccc",
            "ref": "refs/tags/v1",
            "tag": "dddddddddddddddddddddddddddddddddddddddd"
          }
        }
      }
      "
    `);
    expect(encodeLock(await parseLock(text, "x"))).toBe(text);
  });

  it("of nothing is a version", async () => {
    const text = encodeLock({ images: {}, urls: {}, git: {} });
    expect(text).toBe('{\n  "lockVersion": 1\n}\n');
    expect(await parseLock(text, "x")).toEqual({ images: {}, urls: {}, git: {} });
  });

  it("may be written in another way, with a byte order mark, and Windows' line ends", async () => {
    const text = `\uFEFF${JSON.stringify(JSON.parse(encodeLock(ENTRIES)), null, "\t").replaceAll("\n", "\r\n")}`;
    expect(encodeLock(await parseLock(text, "x"))).toBe(encodeLock(ENTRIES));
  });
});

describe("a lock with mistakes is refused, and says where they are", () => {
  it.each([
    ["nothing", "", /^1:1: this is no JSON: /],
    ["text", "hello", /^1:1: this is no JSON: /],
    ["a cut", '{\n  "lockVersion": 1,\n  "images": {', /^3:/],
    ["YAML", "lockVersion: 1\n", /^1:1: this is no JSON: /],
    ["a list", "[]", /^1:1: the lock is a list, and must be an object$/],
    ["null", "null", /^1:1: the lock is null, and must be an object$/],
    ["no version", "{}", /^1:1: the lock lacks "lockVersion"$/],
    [
      "a version in words",
      '{"lockVersion": "1"}',
      /^1:17: "lockVersion" is "1", and must be a whole number$/,
    ],
    [
      "a newer version",
      '{\n "lockVersion": 2, "future": 1}',
      /^2:17: its version is 2, and this slipway reads version 1 \(use a newer slipway\)$/,
    ],
    [
      "an unknown key",
      '{"lockVersion": 1,\n "image": {}}',
      /^2:2: "image" is not known in the lock \(did you mean images\?\)$/,
    ],
    [
      "an unknown key inside",
      image({ digest: A, platforms: { "linux/amd64": A }, size: 3 }),
      /^9:7: "size" is not known in "images" → "docker\.io.*" \(known are digest, platforms\)$/,
    ],
    [
      "a name that is there twice",
      `{"lockVersion": 1, "urls": {\n "u": {"checksum": "${A}", "size": 1},\n "u": {"checksum": "${B}", "size": 1}}}`,
      /^3:2: this name is there twice$/,
    ],
    [
      "a digest that is none",
      image({ digest: "sha256:12", platforms: { x: A } }),
      /^5:17: .* must be sha256: and 64/,
    ],
    ["an image for no platform", image({ digest: A, platforms: {} }), /^6:20: .* is empty$/],
    [
      "a short name",
      image({ digest: A, platforms: { "linux/amd64": A } }, "debian:bookworm"),
      /^4:5: "debian:bookworm" is not the full name of an image \(write docker\.io\/library\/debian:bookworm\)$/,
    ],
    [
      "a name that is none",
      image({ digest: A, platforms: { "linux/amd64": A } }, "De bian"),
      /^4:5: invalid image reference/,
    ],
    [
      "a name with another digest",
      image({ digest: A, platforms: { "linux/amd64": A } }, `docker.io/library/debian@${B}`),
      /says one digest, and its entry another$/,
    ],
    [
      "a size below zero",
      `{"lockVersion":1,"urls":{"u":{"checksum":"${A}","size":-1}}}`,
      /must be at least 0$/,
    ],
    [
      "a commit in short",
      '{"lockVersion":1,"git":{"g":{"commit":"c0ffee"}}}',
      /must be 40 or 64 lowercase hex digits$/,
    ],
    [
      "marks of a merge",
      '{\n  "lockVersion": 1,\n<<<<<<< HEAD\n  "urls": {}\n=======\n  "git": {}\n>>>>>>> other\n}\n',
      /^3:1: a merge left its marks here \(take either side, and run slipway lock\)$/,
    ],
  ])("%s", async (_, text, wanted) => {
    const [first] = await mistakes(text);
    expect(first).toMatch(wanted);
  });

  it("tells all of them, in the order of lines", async () => {
    const found = await mistakes('{\n "a": 1,\n "lockVersion": 1,\n "urls": {"u": {"size": 1}},\n "b": 2\n}');
    expect(found.map((line) => line.split(":")[0])).toEqual(["2", "4", "5"]);
  });

  it("is no text without end, and carries what it shows", async () => {
    expect((await failure(" ".repeat(LARGEST_LOCK + 1))).message).toContain("larger than 4 MiB");
    const { source, facts, hint } = await failure("{");
    expect(source).toMatchObject({ file: "Dockerfile.lock", start: 1 });
    expect(facts.sourceText).toBe("{");
    expect(hint).toContain("--no-lock");
  });

  it("a bomb of aliases is none", async () => {
    const [first] = await mistakes("a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\n");
    expect(first).toMatch(/this is no JSON/);
  });
});
