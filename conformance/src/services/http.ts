import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, normalize } from "node:path";

/** Beside a file: `{"status": 404, "headers": {"Last-Modified": "…"}}`, laid over what a plain server answers. */
const ANSWER_SUFFIX = ".answer.json";
/** What a folder answers with. */
const INDEX = "index";

/** Serves one file below `folder`. `Last-Modified` is the file's time unless the answer file says otherwise. */
export function serveFile(
  folder: string,
  path: string,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): void {
  const named = join(folder, normalize(`/${decodeURIComponent(path)}`));
  const file = named.endsWith("/") ? join(named, INDEX) : named;
  const special = existsSync(file + ANSWER_SUFFIX)
    ? (JSON.parse(readFileSync(file + ANSWER_SUFFIX, "utf8")) as {
        status?: number;
        headers?: Record<string, string | null>;
      })
    : {};
  if (!existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(special.status ?? 404, plainHeaders(special.headers)).end();
    return;
  }
  const stats = statSync(file);
  const headers = plainHeaders({
    "Last-Modified": stats.mtime.toUTCString(),
    "Content-Length": String(stats.size),
    ...special.headers,
  });
  response.writeHead(special.status ?? 200, headers);
  if (request.method === "HEAD") response.end();
  else createReadStream(file).pipe(response);
}

/** `null` takes a header away. */
function plainHeaders(headers: Readonly<Record<string, string | null>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((each): each is [string, string] => each[1] !== null),
  );
}
