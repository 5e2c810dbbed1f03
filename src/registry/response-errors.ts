import type { ErrorCode } from "../core/error-codes.ts";
import { SlipwayError } from "../core/errors.ts";
import { describeNetworkError } from "./network-errors.ts";
import { printable } from "./redact.ts";
import { type HttpResponse, headerOf } from "./transport.ts";

/** What a request was about, for messages. */
export interface RequestPurpose {
  /** The host as the user knows it. */
  readonly host: string;
  /** What it asks for: `debian:bookworm`, `the blob sha256:…`. */
  readonly subject: string;
  /** True while something is being uploaded. */
  readonly upload: boolean;
}

interface RegistryMessage {
  readonly code: string;
  readonly message: string;
}

const LONGEST_ERROR = 64 * 1024;

/** Turns an answer that is no success into the error that a user sees; reads (at most 64 KiB of) its body. */
export async function responseError(response: HttpResponse, purpose: RequestPurpose): Promise<SlipwayError> {
  const { host, subject } = purpose;
  const { status } = response;
  const text = await readText(response);
  const said = registryMessages(text);
  const isPage = /html/.test(headerOf(response, "content-type") ?? "");
  const facts = { host, status, ...(said[0] ? { registryCode: said[0].code } : {}) };
  const detail = said.length > 0 ? `: ${said.map(({ message }) => message).join("; ")}` : "";
  const error = (code: ErrorCode, problem: string, hint: string) =>
    new SlipwayError(code, `${problem}${detail}`, { hint, facts });

  if (status === 401 || status === 403) {
    return error(
      "REGISTRY_UNAUTHORIZED",
      `${host} refuses access to ${subject}${purpose.upload ? "" : ", or it does not exist"} (${status})`,
      `check the name, or run \`slipway login ${host}\` with an account that may ${purpose.upload ? "push" : "pull"} it`,
    );
  }
  if (status === 429) {
    return error(
      "REGISTRY_RATE_LIMITED",
      `${host} asks to wait before ${subject} is requested again (429)`,
      waitHint(headerOf(response, "retry-after"), host),
    );
  }
  if (status >= 500 || status === 408) {
    return error(
      "REGISTRY_PROTOCOL",
      `${host} failed with status ${status} for ${subject}`,
      "the registry was reached but has trouble: try again later",
    );
  }
  if (isPage) {
    return error(
      "REGISTRY_PROTOCOL",
      `${host} answered with a web page instead of a registry's answer for ${subject} (${status})`,
      "check that the host is a registry and that no proxy or login page is in between",
    );
  }
  if (status === 404 && !purpose.upload) {
    return error(
      "REGISTRY_NOT_FOUND",
      `${host} has no ${subject}`,
      "check the name, the tag and the spelling",
    );
  }
  if (purpose.upload && status >= 400) {
    return error("REGISTRY_REJECTED", `${host} refused ${subject} (${status})`, rejectionHint(status));
  }
  return error(
    "REGISTRY_PROTOCOL",
    `${host} answered ${subject} with the unexpected status ${status}`,
    "check that the host is a registry",
  );
}

/** Reads a small body; throws `REGISTRY_PROTOCOL` beyond `limit` bytes. */
export async function readBody(response: HttpResponse, limit: number, host: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) {
        throw new SlipwayError("REGISTRY_PROTOCOL", `${host} sent more than the ${limit} bytes allowed here`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw describeNetworkError(error, host);
  }
  return Buffer.concat(chunks);
}

async function readText(response: HttpResponse): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= LONGEST_ERROR) break;
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_ERROR).toString("utf8");
}

/** The messages of a distribution-spec error document (or of a token service's), made printable. */
function registryMessages(text: string): readonly RegistryMessage[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const { errors, details, message } = (document ?? {}) as Record<string, unknown>;
  const list: unknown[] = Array.isArray(errors) ? errors.slice(0, 3) : [{ message: details ?? message }];
  return list.flatMap((item) => {
    const { code, message: said } = (item ?? {}) as Record<string, unknown>;
    const shown = typeof said === "string" && said !== "" ? said : code;
    if (typeof shown !== "string" || shown === "") return [];
    return [
      { code: typeof code === "string" ? printable(code) : "", message: printable(shown).slice(0, 300) },
    ];
  });
}

function waitHint(after: string | undefined, host: string): string {
  const wait = after && /^\d+$/.test(after.trim()) ? `wait ${after.trim()} seconds` : "wait a while";
  return `${wait}, or run \`slipway login ${host}\`: limits are often higher for accounts`;
}

function rejectionHint(status: number): string {
  if (status === 413)
    return "the registry, or a proxy before it, limits the size of uploads: raise that limit";
  if (status === 404 || status === 405) return "check that the repository exists there and takes pushes";
  return "check that the repository takes pushes and that its tags may be overwritten";
}
