import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import { DEFAULT_TIMEOUTS, Dispatchers } from "../../src/registry/dispatchers.ts";
import { DEFAULT_RETRY } from "../../src/registry/retry.ts";
import { Transport } from "../../src/registry/transport.ts";
import { authorityFiles } from "../../src/sys/authorities.ts";
import { makeFolder, temporaryFolder, writeTree } from "../support/folders.ts";
import { requireTool, runOrFail } from "../support/tools.ts";
import { manifestOf, sendManifest, startFake, testRegistry } from "./fake-registry.ts";

const manifest = manifestOf();
const folder = makeFolder();
let server: ReturnType<typeof createServer>;
let host: string;
let certificate: string;

beforeAll(async () => {
  const [key, cert] = [join(folder.path, "key.pem"), join(folder.path, "cert.pem")];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await runOrFail(requireTool("openssl"), ["req", ...kind, ...subject, "-keyout", key, "-out", cert]);
  certificate = readFileSync(cert, "utf8");
  server = createServer({ key: readFileSync(key), cert: certificate }, (request, response) => {
    if (request.url === "/plain") response.writeHead(307, { location: "http://127.0.0.1:1/x" }).end();
    else sendManifest(response, manifest.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  folder.remove();
});

function transportWith(certsDirs: readonly string[], authorities = authorityFiles({})): Transport {
  const dispatchers = new Dispatchers({ timeouts: DEFAULT_TIMEOUTS, proxies: {}, certsDirs, authorities });
  onTestFinished(() => dispatchers.close());
  return new Transport({
    dispatchers,
    retry: { ...DEFAULT_RETRY, baseDelay: 1, maxDelay: 2 },
    userAgent: "test",
  });
}

describe("https", () => {
  it("is preferred on loopback, whatever its certificate", async () => {
    const found = await testRegistry().resolve(parseReference(`${host}/x`));
    expect(found).toEqual(manifest.descriptor);
  });

  it("is refused where the certificate cannot be verified, with the way to trust it", async () => {
    const url = new URL(`https://${host}/v2/`);
    await expect(transportWith([]).send({ method: "GET", url, verify: true })).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("certs.d"),
    });
  });

  it("trusts the authorities that certs.d has for the host", async () => {
    const certs = writeTree(temporaryFolder(), { [`${host}/ca.crt`]: certificate });
    const url = new URL(`https://${host}/v2/`);
    const { status, body } = await transportWith([certs]).send({ method: "GET", url, verify: true });
    expect(status).toBe(200);
    await body.dump();
  });

  it("trusts the authorities of the machine", async () => {
    const bundle = writeTree(temporaryFolder(), { "bundle.pem": certificate });
    const url = new URL(`https://${host}/v2/`);
    const trusting = transportWith([], authorityFiles({ SSL_CERT_FILE: join(bundle, "bundle.pem") }));
    const { status, body } = await trusting.send({ method: "GET", url, verify: true });
    expect(status).toBe(200);
    await body.dump();
  });

  it("does not follow redirects to plain HTTP", async () => {
    const certs = writeTree(temporaryFolder(), { [`${host}/ca.crt`]: certificate });
    const url = new URL(`https://${host}/plain`);
    await expect(transportWith([certs]).send({ method: "GET", url, verify: true })).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: `${host} redirects to an address that is not https (http:)`,
    });
  });

  it("is the only scheme for hosts that are not loopback: nothing is sent in plain", async () => {
    const tunnels: string[] = [];
    const { proxy } = await startProxy(tunnels, () => undefined);
    const registry = testRegistry({ proxies: { http: proxy, https: proxy } });
    await expect(registry.resolve(parseReference("reg.test/x"))).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    });
    expect(tunnels).toEqual(["reg.test:443"]);
  });
});

describe("proxies", () => {
  it("carry requests to an insecure registry, https first", async () => {
    const fake = await startFake((_, response) => sendManifest(response, manifest.bytes));
    const tunnels: string[] = [];
    const { proxy } = await startProxy(tunnels, (target) => (target.endsWith(":80") ? fake.host : undefined));
    const registry = testRegistry({ proxies: { http: proxy, https: proxy }, insecureHosts: ["reg.test"] });
    expect(await registry.resolve(parseReference("reg.test/x:1"))).toEqual(manifest.descriptor);
    expect(tunnels).toEqual(["reg.test:443", "reg.test:80"]);
    expect(fake.lines()).toEqual(["HEAD /v2/x/manifests/1"]);
  });
});

/** A CONNECT proxy that leads to what `route` says, and answers 502 where that is undefined. */
async function startProxy(tunnels: string[], route: (target: string) => string | undefined) {
  const proxy = createHttpServer();
  proxy.on("connect", (request, client) => {
    const target = request.url ?? "";
    tunnels.push(target);
    client.on("error", () => {});
    const destination = route(target);
    if (destination === undefined) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const upstream = connect(Number(destination.split(":")[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    onTestFinished(() => void upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  return { proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}
