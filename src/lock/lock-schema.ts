import type { Schema } from "./schema.ts";

export const LOCK_VERSION = 1;

const DIGEST: Schema = {
  type: "string",
  pattern: "^sha256:[0-9a-f]{64}$",
  "x-wanted": "sha256: and 64 lowercase hex digits",
};
const OBJECT_ID: Schema = {
  type: "string",
  pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$",
  "x-wanted": "40 or 64 lowercase hex digits",
};

function record(required: readonly string[], properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", required, additionalProperties: false, properties };
}

/** The form of `Dockerfile.lock`. Published as `docs/lock.schema.json`. */
export const LOCK_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "What the names in a Dockerfile stand for",
  type: "object",
  required: ["lockVersion"],
  additionalProperties: false,
  properties: {
    lockVersion: { description: "Version of this form.", type: "integer", const: LOCK_VERSION },
    images: {
      description: "Images of FROM, COPY --from and RUN --mount, by full name.",
      type: "object",
      additionalProperties: record(["digest", "platforms"], {
        digest: {
          description: "Of the index, or of the manifest where the image is for one platform.",
          ...DIGEST,
        },
        platforms: {
          description: "Digest of the manifest for each platform, os/arch[/variant].",
          type: "object",
          additionalProperties: DIGEST,
          minProperties: 1,
        },
      }),
    },
    urls: {
      description: "Files that ADD or a context takes from a URL, without the password in it.",
      type: "object",
      additionalProperties: record(["checksum", "size"], {
        checksum: { description: "Of the bytes.", ...DIGEST },
        size: { description: "Bytes.", type: "integer", minimum: 0 },
        modified: {
          description: "What the server gave as Last-Modified: the time that the file has in the image.",
          type: "string",
          pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$",
          "x-wanted": "a time like 2024-01-31T12:00:00Z",
        },
      }),
    },
    git: {
      description: "Repositories that ADD or a context takes, by URL, and #ref where one was written.",
      type: "object",
      additionalProperties: record(["commit"], {
        commit: OBJECT_ID,
        ref: {
          description: "The full name of the ref that was found.",
          type: "string",
          pattern: "^(HEAD|refs/[^\\s]+)$",
          "x-wanted": "the full name of a ref, like refs/heads/main",
        },
        tag: { description: "The tag object, of an annotated tag.", ...OBJECT_ID },
      }),
    },
  },
};
