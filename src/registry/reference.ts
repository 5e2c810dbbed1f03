import { fullName, type Reference } from "../image/reference.ts";

/** A repository on the host that a user names; every reference is one. */
export type RepositoryName = Pick<Reference, "domain" | "repository">;

/** The last part of a manifest's address: the digest where there is one, else the tag, else `latest`. */
export function manifestKey(reference: Reference): string {
  return reference.digest ?? reference.tag ?? "latest";
}

/** A repository's name for messages. */
export function repositoryText({ domain, repository }: RepositoryName): string {
  return fullName({ domain, repository });
}
