import type { Digest } from "../core/digest.ts";

/** A repository by the name a user gives it: registry host (`docker.io`, `host:port`) and path below it. */
export interface RepositoryName {
  /** Host with its port where one is given; Docker Hub is `docker.io`. */
  readonly domain: string;
  /** Path on that host, with `library/` where Docker Hub wants it. */
  readonly repository: string;
}

/** What the registry client needs of an image reference; a parsed reference of `image/` is one. */
export interface ImageName extends RepositoryName {
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** `domain/repository[:tag][@digest]`, for messages. */
export function formatName(name: ImageName): string {
  const tag = name.tag ? `:${name.tag}` : "";
  const digest = name.digest ? `@${name.digest}` : "";
  return `${name.domain}/${name.repository}${tag}${digest}`;
}

/** The last part of a manifest's address: the digest where there is one, else the tag, else `latest`. */
export function manifestKey(name: ImageName): string {
  return name.digest ?? name.tag ?? "latest";
}
