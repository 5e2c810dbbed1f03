import { type Descriptor, isIndexType, isManifestType, MEDIA } from "../core/descriptor.ts";
import { type Digest, digestOf, isDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import { decodeManifest } from "../image/manifest.ts";
import type { Endpoint } from "./endpoint.ts";
import { readBody, responseError } from "./response-errors.ts";
import type { Session } from "./session.ts";
import { discard, type HttpResponse, headerOf } from "./transport.ts";

/** A manifest or an index as it came, verified. */
export interface RemoteManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** What is asked for at one endpoint. */
export interface ManifestRequest {
  readonly endpoint: Endpoint;
  /** Tag or digest. */
  readonly key: string;
  /** The digest it must have, where one is known. */
  readonly digest?: Digest | undefined;
  /** The media type it must have, where one is known. */
  readonly mediaType?: string | undefined;
  /** How messages call it. */
  readonly subject: string;
  readonly signal?: AbortSignal | undefined;
}

const ACCEPT = [MEDIA.ociIndex, MEDIA.ociManifest, MEDIA.dockerIndex, MEDIA.dockerManifest].join(", ");
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * Asks what a manifest's descriptor is, with HEAD where the registry answers that fully, else by fetching it (OCI
 * distribution-spec v1.1 §pull). A digest learned from HEAD is a claim; fetching by it verifies it.
 */
export async function resolveManifest(session: Session, request: ManifestRequest): Promise<Descriptor> {
  const response = await send(session, "HEAD", request);
  await discard(response);
  const claimed = response.status === 200 ? claimedDescriptor(response) : undefined;
  if (claimed && (request.digest === undefined || claimed.digest === request.digest)) return claimed;
  if (response.status === 429 || response.status >= 500) throw await failure(response, request);
  return (await downloadManifest(session, request)).descriptor;
}

/** Fetches a manifest. Throws `DIGEST_MISMATCH`, `IMAGE_INVALID` (schema 1) and `REGISTRY_*`. */
export async function downloadManifest(session: Session, request: ManifestRequest): Promise<RemoteManifest> {
  const { host } = request.endpoint;
  const response = await send(session, "GET", request);
  if (response.status !== 200) throw await failure(response, request);
  const contentType = mediaTypeOf(response);
  const bytes = await readBody(response, LIMITS.manifest, host);
  const document = parseDocument(bytes, contentType, request);
  if (SCHEMA_1.test(contentType) || document.schemaVersion === 1) decodeManifest(bytes, contentType);
  const expected = request.digest ?? headerOf(response, "docker-content-digest");
  const digest = digestOf(bytes);
  if (isDigest(expected) && expected !== digest) throw mismatch(request, expected, digest);
  const mediaType = request.mediaType ?? documentType(contentType, document);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

async function send(session: Session, method: "GET" | "HEAD", request: ManifestRequest) {
  const { endpoint, key, signal } = request;
  const target = `${endpoint.repository}/manifests/${key}`;
  return session.request(endpoint, { method, target, access: "pull", headers: { accept: ACCEPT }, signal });
}

function failure(response: HttpResponse, { endpoint, subject }: ManifestRequest): Promise<SlipwayError> {
  return responseError(response, { host: endpoint.host, subject, upload: false });
}

function claimedDescriptor(response: HttpResponse): Descriptor | undefined {
  const digest = headerOf(response, "docker-content-digest");
  const mediaType = mediaTypeOf(response);
  const size = Number(headerOf(response, "content-length") ?? Number.NaN);
  const isKnown = isIndexType(mediaType) || isManifestType(mediaType);
  if (!isDigest(digest) || !isKnown || !Number.isSafeInteger(size) || size <= 0) return undefined;
  return { mediaType, digest, size };
}

function mediaTypeOf(response: HttpResponse): string {
  return (headerOf(response, "content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** The registry's word where it names one of the four types; else what the document says or looks like. */
function documentType(contentType: string, document: Readonly<Record<string, unknown>>): string {
  if (isIndexType(contentType) || isManifestType(contentType)) return contentType;
  const { mediaType } = document;
  if (typeof mediaType === "string" && mediaType !== "") return mediaType;
  return Array.isArray(document.manifests) ? MEDIA.ociIndex : MEDIA.ociManifest;
}

function parseDocument(
  bytes: Buffer,
  contentType: string,
  { endpoint, subject }: ManifestRequest,
): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below, without quoting the bytes.
  }
  const what = /html/.test(contentType) ? "a web page" : "something";
  throw new SlipwayError(
    "REGISTRY_PROTOCOL",
    `${endpoint.host} answered ${what} that is no manifest for ${subject}`,
    {
      hint: "check that the host is a registry and that no proxy or login page is in between",
      facts: { host: endpoint.host },
    },
  );
}

function mismatch(request: ManifestRequest, expected: Digest, actual: Digest): SlipwayError {
  const { endpoint, subject } = request;
  return new SlipwayError(
    "DIGEST_MISMATCH",
    `${endpoint.host} answered ${subject} with a manifest whose digest is ${actual}, not ${expected}`,
    {
      hint: "the registry or something before it changes or mixes up content: try again, or another mirror",
      facts: { host: endpoint.host, expected, actual },
    },
  );
}
