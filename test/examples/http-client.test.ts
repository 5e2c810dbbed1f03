import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startWebServer } from "../../scripts/loopback.mjs";
import { SLOW, useExampleStore } from "../support/examples.ts";
import { temporaryFolder } from "../support/folders.ts";
import { requireTool, runOrFail } from "../support/tools.ts";

describe("example http-client", () => {
  const slipway = useExampleStore();
  let progress = "";

  beforeAll(async () => {
    progress = (await slipway.succeed(["build", "-t", "example/http-client", "examples/http-client"])).stderr;
  }, SLOW);

  it("shows the sizes of both stages, the second a hundredth of the first", () => {
    const table = /^stage .*\n(builder +debian:bookworm .*)\n(runtime +scratch .*)$/m.exec(progress);
    expect(table?.[1]).toMatch(/ \d+ MB +\d+ MB {2}░*█+$/);
    expect(table?.[2]).toMatch(/ 1\.\d\d MB +1\.\d\d MB {2}█ <- target$/);
  });

  it("holds exactly the program and the certificates, in two layers", async () => {
    const folder = join(temporaryFolder(), "root");
    await slipway.succeed(["build", "-o", folder, "examples/http-client"]);
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.sort()).toEqual([join(folder, "etc/ssl/certs/ca-certificates.crt"), join(folder, "fetch")]);
    expect((await slipway.inspect("example/http-client")).RootFS.Layers).toHaveLength(2);
  });

  it("fetches a page, and ends with 1 where there is none", async () => {
    const server = await startWebServer("land in sight\n");
    const fetch = ["run", "--rm", "--network", "host", "example/http-client"];
    const page = await slipway.succeed([...fetch, `http://127.0.0.1:${server.port}/`]);
    server.close();
    expect(page.stdout).toBe("land in sight\n");
    expect((await slipway.run([...fetch, "http://127.0.0.1:1/"])).exitCode).toBe(1);
  });

  it("refuses a certificate that no authority in the image signed, and takes it from one that is given", async () => {
    const { folder, close, port } = await startSecureServer();
    const fetch = ["run", "--rm", "--network", "host"];
    const url = ["example/http-client", `https://localhost:${port}/`];
    const refused = await slipway.run([...fetch, ...url]);
    const trusted = [
      ...fetch,
      "-v",
      `${folder}/cert.pem:/own.pem:ro`,
      "-e",
      "SSL_CERT_FILE=/own.pem",
      ...url,
    ];
    const page = await slipway.succeed(trusted);
    close();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/certificate/i);
    expect(page.stdout).toBe("under seal\n");
  });
});

async function startSecureServer() {
  const folder = temporaryFolder();
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  await runOrFail(requireTool("openssl"), [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    ...subject,
    ...files,
  ]);
  const credentials = {
    key: readFileSync(join(folder, "key.pem")),
    cert: readFileSync(join(folder, "cert.pem")),
  };
  const server = createServer(credentials, (_request, response) => response.end("under seal\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { folder, port, close: () => server.close() };
}
