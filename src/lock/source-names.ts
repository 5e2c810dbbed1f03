import { isFullId, needsNoRemote } from "../context/git-resolve.ts";
import type { GitSource } from "../context/git-url.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { fullName, type Reference } from "../image/reference.ts";

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
