import { cancelled } from "../core/cleanup-scope.ts";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { printable } from "./redact.ts";

/** What the codes of Node and undici mean to a user. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "it refuses connections",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up at the moment",
  ECONNRESET: "it closed the connection",
  EPIPE: "it closed the connection",
  UND_ERR_SOCKET: "it closed the connection",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  UND_ERR_HEADERS_TIMEOUT: "it took the request but sent no answer in time",
  UND_ERR_BODY_TIMEOUT: "it stopped sending in the middle of an answer",
};
const RETRYABLE = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);
const CERTIFICATE =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|HOSTNAME_MISMATCH|ALTNAME|PRX_TLS/;
const TLS_PROTOCOL = /^(EPROTO|ERR_SSL_|ERR_TLS_)/;

/** Tells whether repeating the request can help. */
export function isRetryableError(error: unknown): boolean {
  const code = networkCode(error);
  return code !== undefined && (RETRYABLE.has(code) || code.startsWith("HPE_"));
}

/** Tells whether nothing was spoken at all, so that another scheme may be tried on the same host. */
export function isConnectError(error: unknown): boolean {
  const code = networkCode(error) ?? "";
  const refused = ["ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"].includes(code);
  return refused || TLS_PROTOCOL.test(code) || isRefusedByProxy(error);
}

/** undici has no code of its own for a proxy that answers CONNECT with anything but 200. */
function isRefusedByProxy(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Proxy response (");
}

/** Turns what the network layer throws into `REGISTRY_UNREACHABLE`, `REGISTRY_PROTOCOL` (host named, remedy) or `CANCELLED`. */
export function describeNetworkError(error: unknown, host: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof SlipwayError) return error;
  const code = networkCode(error);
  if (code?.startsWith("HPE_")) {
    return new SlipwayError("REGISTRY_PROTOCOL", `${host} does not speak HTTP`, { cause: error });
  }
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return new SlipwayError("REGISTRY_PROTOCOL", `${host} sent less than it announced`, {
      cause: error,
      hint: "try again; if it stays so, the registry or a proxy before it is at fault",
    });
  }
  const meaning = MEANINGS[code ?? ""] ?? printable(error instanceof Error ? error.message : String(error));
  return new SlipwayError("REGISTRY_UNREACHABLE", `cannot reach the registry ${host}: ${meaning}`, {
    cause: error,
    hint: hintFor(code ?? ""),
    facts: { host, ...(code ? { errno: code } : {}) },
  });
}

function hintFor(code: string): string {
  if (CERTIFICATE.test(code)) {
    return "put its certificate authority into certs.d, or set `insecure = true` for it in registries.conf";
  }
  if (TLS_PROTOCOL.test(code)) {
    return "it may speak plain HTTP only: set `insecure = true` for it in registries.conf if that is acceptable";
  }
  if (code === "ENOTFOUND") return "check the host name, the DNS settings and the proxy settings";
  return "check that the registry is up, and the network and proxy settings";
}

/** The first code down the chain of causes; an AggregateError (several addresses tried) has the code of its first error. */
function networkCode(error: unknown): string | undefined {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; depth++) {
    const code = systemErrorCode(e);
    if (code !== undefined) return code;
    e = e instanceof AggregateError ? e.errors[0] : e.cause;
  }
  return undefined;
}
