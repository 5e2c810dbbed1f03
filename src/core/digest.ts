import { createHash, type Hash } from "node:crypto";
import { SlipwayError } from "./errors.ts";

/** A content address, `sha256:` followed by 64 lowercase hex digits (OCI image-spec v1.1, descriptor, digests). */
export type Digest = `sha256:${string}`;

const SHAPE = /^sha256:[0-9a-f]{64}$/;

/** Tells whether `text` is a well-formed sha256 digest. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && SHAPE.test(text);
}

/** Parses `text`; throws `DIGEST_INVALID` where it is not a sha256 digest. Used for anything read from outside. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new SlipwayError("DIGEST_INVALID", `not a sha256 digest: ${JSON.stringify(text).slice(0, 120)}`);
}

/** The 64 hex digits; safe to use as a file name. */
export function hexOf(digest: Digest): string {
  return digest.slice(7);
}

/** Digest of bytes or of a string's UTF-8 form. */
export function digestOf(data: string | Uint8Array): Digest {
  return finishDigest(createHash("sha256").update(data));
}

/** Ends a running sha256 and gives it as a digest. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}`;
}
