import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Served {
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Authorization` that a request must have. */
  readonly authorization?: string;
}

/** A file server on loopback that keeps to HTTP's rules for conditional requests, and remembers what it was asked. */
export class FileServer {
  readonly files = new Map<string, Served>();
  readonly requests: { readonly method: string; readonly path: string; readonly status: number }[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((ready) => void server.#server.listen(0, "127.0.0.1", ready));
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Status codes of the answers for a path so far, which are forgotten. */
  take(path: string): readonly number[] {
    const taken = this.requests.filter((request) => request.path === path).map(({ status }) => status);
    const kept = this.requests.filter((request) => request.path !== path);
    this.requests.splice(0, this.requests.length, ...kept);
    return taken;
  }

  close(): void {
    this.#server.close().closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "", "http://x").pathname;
    const served = this.files.get(path);
    const status = served ? statusOf(request, served) : 404;
    this.requests.push({ method: request.method ?? "", path, status });
    response.writeHead(status, status < 400 ? served?.headers : {});
    response.end(status === 200 && request.method !== "HEAD" ? served?.body : undefined);
  }
}

function statusOf({ headers }: IncomingMessage, served: Served): number {
  if (served.authorization !== undefined && headers.authorization !== served.authorization) return 401;
  const { etag, "last-modified": modified } = served.headers ?? {};
  if (headers["if-none-match"] !== undefined) return headers["if-none-match"] === etag ? 304 : 200;
  return headers["if-modified-since"] !== undefined && headers["if-modified-since"] === modified ? 304 : 200;
}
