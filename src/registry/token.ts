import { SlipwayError } from "../core/errors.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Credentials } from "./credentials.ts";
import { isLoopback } from "./endpoint.ts";
import { readBody, responseError } from "./response-errors.ts";
import type { HttpRequest, Transport } from "./transport.ts";

/** What a bearer token is asked for. */
export interface TokenRequest {
  /** The registry's host as the user knows it. */
  readonly host: string;
  /** Address of the token service, from the registry's challenge. */
  readonly realm: string;
  readonly service: string | undefined;
  /** `repository:name:pull,push` and the like; empty for a mere login. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** True where the user accepted plain HTTP for this registry. */
  readonly insecure: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch, a little before the service stops honouring it. */
  readonly expiresAt: number;
}

const LARGEST_ANSWER = 1024 * 1024;
/** Seconds, where the service does not say (distribution: token specification). */
const DEFAULT_LIFETIME = 60;
const CLIENT = "slipway";

/**
 * Fetches a bearer token (distribution project, "Token Authentication Specification" and "OAuth2"): GET with basic
 * authentication or anonymously, POST with an identity token. Throws `REGISTRY_UNAUTHORIZED`, `REGISTRY_PROTOCOL` and what
 * the transport throws.
 */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<Token> {
  const { host, credentials } = request;
  const url = realmUrl(request);
  const call =
    credentials?.kind === "identity-token"
      ? refreshRequest(url, request, credentials.token)
      : getRequest(url, request);
  const sentAt = Date.now();
  const response = await transport.send(call);
  if (response.status !== 200) {
    const error = await responseError(response, { host, subject: subjectOf(request), upload: false });
    throw credentials && [400, 401, 403].includes(response.status) ? refusedCredentials(error, host) : error;
  }
  return readToken(await readBody(response, LARGEST_ANSWER, host), host, sentAt);
}

function getRequest(realm: URL, request: TokenRequest): HttpRequest {
  const url = new URL(realm);
  const { credentials, service, scopes, insecure, signal } = request;
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const authorization = credentials?.kind === "password" ? { authorization: basic(credentials) } : {};
  return { method: "GET", url, headers: authorization, verify: !insecure, signal };
}

function refreshRequest(url: URL, request: TokenRequest, token: string): HttpRequest {
  const { service, scopes, insecure, signal } = request;
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: CLIENT,
    refresh_token: token,
    ...(service === undefined ? {} : { service }),
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", url, headers, body: Buffer.from(form.toString()), verify: !insecure, signal };
}

/** The value of an Authorization header. */
export function basic({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** The registry names the place that gets the user's secret: it must be one where nobody else can read it. */
function realmUrl({ realm, host, insecure }: TokenRequest): URL {
  const url = parseUrl(realm);
  const isPlain = url?.protocol === "http:" && (insecure || isLoopback(url.host));
  if (url && (url.protocol === "https:" || isPlain)) return url;
  throw new SlipwayError("REGISTRY_PROTOCOL", `${host} names a token service that is not an https address`, {
    hint: "if plain HTTP is acceptable, set `insecure = true` for the registry in registries.conf",
    facts: { host },
  });
}

function readToken(body: Buffer, host: string, sentAt: number): Token {
  const fail = (cause?: unknown) =>
    new SlipwayError("REGISTRY_PROTOCOL", `the token service of ${host} answered without a token`, { cause });
  let answer: Record<string, unknown>;
  try {
    answer = (JSON.parse(body.toString("utf8")) ?? {}) as Record<string, unknown>;
  } catch {
    // The parser's message would quote the answer, and with it a secret.
    throw fail();
  }
  const value = answer.token || answer.access_token;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) throw fail();
  const { expires_in: seconds } = answer;
  const lifetime = typeof seconds === "number" && seconds > 0 ? seconds : DEFAULT_LIFETIME;
  return { value, expiresAt: sentAt + lifetime * 900 };
}

function refusedCredentials(error: SlipwayError, host: string): SlipwayError<"REGISTRY_UNAUTHORIZED"> {
  return new SlipwayError("REGISTRY_UNAUTHORIZED", `${host} does not accept the stored credentials`, {
    cause: error,
    hint: `run \`slipway login ${host}\` again, or \`slipway logout ${host}\` to go on without an account`,
    facts: error.facts,
  });
}

function subjectOf({ scopes }: TokenRequest): string {
  return scopes[0]?.split(":").slice(1, -1).join(":") || "the registry";
}
