import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchUrl } from "../../src/context/fetch-url.ts";
import { requireTool, runOrFail } from "../support/tools.ts";
import { tempFolder } from "./temp-folder.ts";

const dir = tempFolder();
const cert = join(dir, "cert.pem");
const servers: Server[] = [];
let origins: string[];

beforeAll(async () => {
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = join(dir, "key.pem");
  await runOrFail(requireTool("openssl"), ["req", ...kind, ...subject, "-keyout", key, "-out", cert]);
  const credentials = { key: readFileSync(key), cert: readFileSync(cert) };
  servers.push(createServer(credentials, (_request, response) => void response.end("sealed")));
  servers.push(
    createPlainServer((_request, response) => void response.writeHead(302, { location: origins[0] }).end()),
  );
  for (const server of servers) await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  origins = servers.map((server, at) => {
    const { port } = server.address() as AddressInfo;
    return `${at === 0 ? "https" : "http"}://127.0.0.1:${port}/`;
  });
});
afterAll(() => {
  for (const server of servers) server.close();
});

describe("fetchUrl over https", () => {
  it("trusts the authorities that it is given, also after a redirect from http", async () => {
    const authorities = { bundles: [cert] };
    for (const origin of origins)
      expect(await fetchUrl(origin, { dir, authorities, retryDelayMs: 1 })).toMatchObject({ size: 6 });
  });

  it("refuses a server that none of them certifies", async () => {
    const fetching = fetchUrl(origins[0]!, { dir, authorities: { bundles: [] }, retryDelayMs: 1 });
    await expect(fetching).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringContaining("self-signed certificate"),
    });
  });
});
