// Servers for the demo: small, on a free port of the loopback interface, and gone when it ends.
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";

async function listen(server) {
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address();
  return port;
}

/** Answers every request with `body`. */
export async function startWebServer(body) {
  const server = createHttpServer((_request, response) => response.end(body));
  const port = await listen(server);
  return { port, close: () => server.close() };
}

/** Takes mail by SMTP; `messages` are the texts that came in. */
export async function startMailServer() {
  const messages = [];
  const server = createServer((socket) => {
    let pending = "";
    let message;
    socket.write("220 mail sink\r\n");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const lines = (pending + chunk).split("\r\n");
      pending = lines.pop();
      for (const line of lines) message = answer(socket, line, message, messages);
    });
  });
  const port = await listen(server);
  return { port, messages, close: () => server.close() };
}

/** One line of the dialogue; gives the message that is being received, if any. */
function answer(socket, line, message, messages) {
  if (message !== undefined && line !== ".") return [...message, line];
  if (message !== undefined) messages.push(message.join("\n"));
  if (line === "DATA") {
    socket.write("354 go on\r\n");
    return [];
  }
  if (line === "QUIT") socket.end("221 bye\r\n");
  else socket.write("250 fine\r\n");
  return undefined;
}

/** Sends a text to a port, half-closes, and gives all that comes back. */
export async function say(port, text) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(text);
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
  return answer;
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something listens there; tells whether that happened within the time. */
export async function waitForPort(port, milliseconds) {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await accepts(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
