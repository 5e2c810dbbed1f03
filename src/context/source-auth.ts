import { Buffer } from "node:buffer";

/** Value of a build secret; undefined where it was not given. */
export type ReadSecret = (id: string) => Promise<Uint8Array | undefined>;

/**
 * The Authorization header for ADD from a URL, by well-known secret names (SPEC AD-08): `HTTP_AUTH_HEADER_<host>` is the
 * header itself, `HTTP_AUTH_TOKEN_<host>` a bearer token. `host` has the port where the URL has one.
 */
export async function httpAuthorization(host: string, read: ReadSecret): Promise<string | undefined> {
  const header = await line(read, `HTTP_AUTH_HEADER_${host}`);
  if (header !== undefined) return header;
  const token = await line(read, `HTTP_AUTH_TOKEN_${host}`);
  return token === undefined ? undefined : `Bearer ${token}`;
}

/** The same for git over http(s): `GIT_AUTH_HEADER` and `GIT_AUTH_TOKEN`, each with `.<host>` first, then for any host. */
export async function gitAuthorization(host: string, read: ReadSecret): Promise<string | undefined> {
  for (const suffix of [`.${host}`, ""]) {
    const header = await line(read, `GIT_AUTH_HEADER${suffix}`);
    if (header !== undefined) return header;
    const token = await line(read, `GIT_AUTH_TOKEN${suffix}`);
    if (token !== undefined) return basicAuthorization(`x-access-token:${token}`);
  }
  return undefined;
}

/** HTTP basic authorization for `user:password`; a lone user name has an empty password. */
export function basicAuthorization(credentials: string): string {
  const pair = credentials.includes(":") ? credentials : `${credentials}:`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** A secret as one line; a header cannot hold more, and files end in a line break that nobody means. */
async function line(read: ReadSecret, id: string): Promise<string | undefined> {
  const bytes = await read(id);
  const text = bytes === undefined ? "" : Buffer.from(bytes).toString("utf8").trim();
  return text === "" ? undefined : text.replace(/[\r\n]+/g, " ");
}
