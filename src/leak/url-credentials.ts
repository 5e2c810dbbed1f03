/** What may be secret in a URL, as it is written and decoded. */
export interface UrlCredentials {
  /** The password; the user's name where there is none, which is then a token. */
  readonly passwords: readonly string[];
  /** Values of the query. */
  readonly parameters: readonly string[];
}

/** Undefined where the text is no URL with an authority (RFC 3986 §3.2). */
export function urlCredentials(text: string): UrlCredentials | undefined {
  const [, authority, query = ""] =
    /^(?:[a-z][a-z\d+.-]*:)+\/\/([^/?#\s]*)[^?#\s]*(?:\?([^#\s]*))?/i.exec(text) ?? [];
  if (authority === undefined) return undefined;
  const user = authority.slice(0, Math.max(0, authority.lastIndexOf("@")));
  const parameters = query.split(/[&;]/).map((pair) => pair.slice(pair.indexOf("=") + 1));
  return {
    passwords: user === "" ? [] : bothWays(user.slice(user.indexOf(":") + 1)),
    parameters: parameters.flatMap(bothWays),
  };
}

function bothWays(text: string): readonly string[] {
  try {
    return [text, decodeURIComponent(text)];
  } catch {
    return [text];
  }
}
