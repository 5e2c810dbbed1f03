import { SlipwayError } from "./errors.ts";
import { redactCredentials } from "./redact-credentials.ts";

/**
 * The URL that a text is, seen from `base` where it is relative; undefined where it is none. Not by `URL.canParse`: that of
 * Node 20 takes texts for URLs that are none, once it has been called some thousand times.
 */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The same for an http or https address that somebody has to ask. Throws `DOWNLOAD_FAILED`. */
export function webAddress(text: string): URL {
  const url = parseUrl(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new SlipwayError("DOWNLOAD_FAILED", `invalid URL ${JSON.stringify(redactCredentials(text))}`, {
    hint: "write http:// or https:// and a host",
  });
}
