import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import { Registry, type RegistryOptions } from "../../src/registry/client.ts";

/** One request that the fake has seen. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest,
) => void | Promise<void>;

export interface FakeRegistry {
  readonly host: string;
  readonly requests: SeenRequest[];
  /** `GET /v2/x` for each request. */
  readonly lines: () => string[];
}

/** A plain HTTP server on loopback that does what `handler` says; the probe of `/v2/` is answered before it, unless `probe` is set. */
export async function startFake(handler: Handler, options: { probe?: boolean } = {}): Promise<FakeRegistry> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    if (url === "/v2/" && !options.probe) {
      response.end("{}");
      return;
    }
    const seen = { method, url, headers };
    requests.push(seen);
    Promise.resolve(handler(request, response, seen)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, requests, lines: () => requests.map(({ method, url }) => `${method} ${url}`) };
}

/** A client that repeats without waiting, closed when the test ends. */
export function testRegistry(options: RegistryOptions = {}): Registry {
  const registry = new Registry({
    ...options,
    retry: { attempts: 3, baseDelay: 1, maxDelay: 2, ...options.retry },
  });
  onTestFinished(() => registry.close());
  return registry;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function collectAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function blobOf(bytes: Uint8Array, mediaType: string = MEDIA.ociLayerGzip): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** A manifest as a registry would serve it. */
export function manifestOf(layers: readonly Descriptor[] = []): { bytes: Buffer; descriptor: Descriptor } {
  const config = blobOf(Buffer.from("{}"), MEDIA.ociConfig);
  const document = { schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers };
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, descriptor: blobOf(bytes, MEDIA.ociManifest) };
}

export function sendManifest(
  response: ServerResponse,
  bytes: Buffer,
  mediaType: string = MEDIA.ociManifest,
): void {
  response.setHeader("content-type", mediaType);
  response.setHeader("docker-content-digest", digestOf(bytes));
  response.setHeader("content-length", bytes.length);
  response.end(bytes);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
