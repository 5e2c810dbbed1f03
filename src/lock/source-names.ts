import { isFullId, needsNoRemote } from "../context/git-resolve.ts";
import type { GitSource } from "../context/git-url.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { fullName, type Reference } from "../image/reference.ts";
import type { KnownSecret } from "../leak/known-secret.ts";

/**
 * A name as a lock may have it, which is shown to everybody: where the value of a secret build argument was filled in, there is the
 * variable again (`https://h/f?token=$API_TOKEN`), so that with another value the entry is the same.
 */
export type ConcealName = (name: string) => string;

export const AS_IT_IS: ConcealName = (name) => name;

/** Conceals the values of these secrets, as they are and as a URL spells them. */
export function concealing(secrets: readonly KnownSecret[]): ConcealName {
  const spellings = secrets.flatMap(({ id, value }) => {
    const text = Buffer.from(value).toString();
    return [...new Set([text, encodeURI(text), encodeURIComponent(text)])].map((spelling) => ({
      id,
      spelling,
    }));
  });
  // What is part of another one comes after it.
  spellings.sort((a, b) => b.spelling.length - a.spelling.length);
  return (name) =>
    spellings.reduce((shown, { id, spelling }) => shown.replaceAll(spelling, () => `$${id}`), name);
}

/** What an image is called in a lock: `docker.io/library/debian:bookworm`. */
export function imageName(reference: Reference): string {
  return fullName(reference);
}

/** What a URL is called in a lock: as it is written, without a password. */
export function urlName(url: string): string {
  return redactCredentials(url);
}

/** What a git source is called in a lock: the address without a password, and the ref. Sources of one ref share a commit. */
export function gitName({ remote, ref }: GitSource): string {
  return ref === undefined ? remote : `${remote}#${ref}`;
}

/** Whether the text of a git source says which commit it is. */
export function namesCommit(source: GitSource): boolean {
  return needsNoRemote(source) || (source.checksum !== undefined && isFullId(source.checksum));
}
