import { createServer } from "node:http";
import escapeHtml from "escape-html";
import ms from "ms";

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/healthz") return response.end("ok\n");
  if (url.pathname === "/tide") {
    const wait = ms(url.searchParams.get("in") ?? "6h");
    return response.end(`next tide in ${wait / 60_000} minutes\n`);
  }
  if (url.pathname === "/whoami") return response.end(`${process.getuid()} ${process.env.NODE_ENV}\n`);
  response.statusCode = 404;
  response.end(`no berth at ${escapeHtml(decodeURIComponent(url.pathname))}\n`);
});

server.listen(process.env.PORT, () => console.log(`listening on ${process.env.PORT}`));
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => server.close(() => console.log(`${signal}: bye`)).closeAllConnections());
