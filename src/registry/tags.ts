import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Endpoint } from "./endpoint.ts";
import { readBody, responseError } from "./response-errors.ts";
import type { Session } from "./session.ts";
import { type HttpResponse, headerOf } from "./transport.ts";

const MOST_PAGES = 1000;

/** The tags of a repository, page by page (OCI distribution-spec v1.1 §listing-tags). */
export async function listTags(
  session: Session,
  endpoint: Endpoint,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const tags: string[] = [];
  let target: string | URL | undefined = `${endpoint.repository}/tags/list?n=1000`;
  for (let page = 0; target !== undefined && page < MOST_PAGES; page++) {
    const response = await session.request(endpoint, { method: "GET", target, access: "pull", signal });
    if (response.status !== 200) {
      const subject = `repository ${endpoint.repository}`;
      throw await responseError(response, { host: endpoint.host, subject, upload: false });
    }
    const found = parseTags(await readBody(response, LIMITS.manifest, endpoint.host), endpoint.host);
    for (const tag of found) tags.push(tag);
    target = nextPage(response);
  }
  return tags;
}

function parseTags(body: Buffer, host: string): readonly string[] {
  try {
    const { tags } = JSON.parse(body.toString("utf8")) as { tags?: unknown };
    // A repository whose last tag is gone has null.
    if (tags === null || tags === undefined) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === "string")) return tags;
  } catch {
    // Reported below.
  }
  throw new SlipwayError("REGISTRY_PROTOCOL", `${host} answered something that is no list of tags`, {
    facts: { host },
  });
}

/** The `next` link (RFC 8288), where it stays on this host. */
function nextPage(response: HttpResponse): URL | undefined {
  const link = headerOf(response, "link") ?? "";
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link)?.[1];
  const url = target === undefined ? undefined : parseUrl(target, response.url);
  return url?.origin === response.url.origin ? url : undefined;
}
