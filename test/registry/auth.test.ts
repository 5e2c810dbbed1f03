import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import type { CredentialSource, Credentials } from "../../src/registry/credentials.ts";
import {
  bodyOf,
  manifestOf,
  type SeenRequest,
  sendJson,
  sendManifest,
  startFake,
  testRegistry,
} from "./fake-registry.ts";

const manifest = manifestOf();

/** A registry that wants bearer tokens from itself; `issue` answers the token request. */
async function bearerRegistry(issue: (seen: SeenRequest, body: string) => [number, unknown]) {
  const fake = await startFake(async (request, response, seen) => {
    if (seen.url.startsWith("/token")) {
      sendJson(response, ...issue(seen, (await bodyOf(request)).toString()));
    } else if (seen.headers.authorization === "Bearer good") {
      sendManifest(response, manifest.bytes);
    } else {
      const scope = `repository:${seen.url.split("/")[2]}:pull`;
      response.setHeader(
        "www-authenticate",
        `Bearer realm="http://${fake.host}/token",service="svc",scope="${scope}"`,
      );
      sendJson(response, 401, { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] });
    }
  });
  return fake;
}

/** Credentials for one host only; asking for another host fails the test. */
function onlyFor(host: string, credentials: Credentials): CredentialSource {
  return {
    lookup: async (asked) => {
      expect(asked).toBe(host);
      return credentials;
    },
  };
}

const tokenRequests = (requests: readonly SeenRequest[]) =>
  requests.filter((r) => r.url.startsWith("/token"));

describe("bearer tokens", () => {
  it("are fetched anonymously after the challenge, once for all requests of a repository", async () => {
    const fake = await bearerRegistry(() => [200, { token: "good", expires_in: 300 }]);
    const registry = testRegistry();
    const reference = parseReference(`${fake.host}/x:1`);
    await registry.resolve(reference);
    await Promise.all([registry.manifest(reference), registry.manifest(reference)]);
    expect(tokenRequests(fake.requests).map((r) => [r.method, r.url, r.headers.authorization])).toEqual([
      ["GET", "/token?service=svc&scope=repository%3Ax%3Apull", undefined],
    ]);
  });

  it("are fetched per repository without the scopes of earlier ones", async () => {
    const fake = await bearerRegistry(() => [200, { access_token: "good", expires_in: 300 }]);
    const registry = testRegistry();
    await registry.resolve(parseReference(`${fake.host}/x`));
    await registry.resolve(parseReference(`${fake.host}/y`));
    expect(tokenRequests(fake.requests).map((r) => r.url)).toEqual([
      "/token?service=svc&scope=repository%3Ax%3Apull",
      "/token?service=svc&scope=repository%3Ay%3Apull",
    ]);
  });

  it("are asked for with basic authentication where there is a password", async () => {
    const fake = await bearerRegistry(() => [200, { token: "good" }]);
    const credentials = onlyFor(fake.host, { kind: "password", username: "u", password: "p" });
    await testRegistry({ credentials }).resolve(parseReference(`${fake.host}/x`));
    const expected = `Basic ${Buffer.from("u:p").toString("base64")}`;
    expect(tokenRequests(fake.requests).map((r) => r.headers.authorization)).toEqual([expected]);
    // The password goes to the token service, never to the registry.
    const others = fake.requests.filter((r) => !r.url.startsWith("/token"));
    expect(others.map((r) => r.headers.authorization)).toEqual([undefined, "Bearer good"]);
  });

  it("are asked for with POST where there is an identity token", async () => {
    const bodies: string[] = [];
    const fake = await bearerRegistry((_, body) => {
      bodies.push(body);
      return [200, { access_token: "good" }];
    });
    const credentials = onlyFor(fake.host, { kind: "identity-token", token: "refresh" });
    await testRegistry({ credentials }).resolve(parseReference(`${fake.host}/x`));
    expect(tokenRequests(fake.requests).map((r) => r.method)).toEqual(["POST"]);
    expect(Object.fromEntries(new URLSearchParams(bodies[0]))).toEqual({
      grant_type: "refresh_token",
      client_id: "slipway",
      refresh_token: "refresh",
      service: "svc",
      scope: "repository:x:pull",
    });
  });

  it("are fetched anew when the registry rejects the old one", async () => {
    const tokens = ["stale", "good"];
    const fake = await bearerRegistry(() => [200, { token: tokens.shift(), expires_in: 300 }]);
    const registry = testRegistry();
    const reference = parseReference(`${fake.host}/x`);
    await expect(registry.manifest(reference)).rejects.toMatchObject({ code: "REGISTRY_UNAUTHORIZED" });
    await registry.manifest(reference);
    expect(tokenRequests(fake.requests)).toHaveLength(2);
  });

  it("that are refused for a password say so, with a remedy and without the password", async () => {
    const fake = await bearerRegistry(() => [401, { details: "incorrect username or password" }]);
    const credentials = onlyFor(fake.host, { kind: "password", username: "u", password: "hunter2" });
    const failure = await testRegistry({ credentials })
      .resolve(parseReference(`${fake.host}/x`))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      message: `${fake.host} does not accept the stored credentials`,
      hint: expect.stringContaining(`slipway login ${fake.host}`),
    });
    expect(JSON.stringify(failure)).not.toContain("hunter2");
  });

  it("are not asked for at an address where others can read the password", async () => {
    const fake = await startFake((_, response) => {
      response.setHeader("www-authenticate", 'Bearer realm="http://tokens.example/token"');
      sendJson(response, 401, {});
    });
    const credentials = onlyFor(fake.host, { kind: "password", username: "u", password: "p" });
    await expect(
      testRegistry({ credentials }).resolve(parseReference(`${fake.host}/x`)),
    ).rejects.toMatchObject({
      code: "REGISTRY_PROTOCOL",
      message: `${fake.host} names a token service that is not an https address`,
    });
  });
});

describe("basic authentication", () => {
  async function basicRegistry() {
    const expected = `Basic ${Buffer.from("u:p").toString("base64")}`;
    return startFake((_, response, seen) => {
      if (seen.headers.authorization === expected) return sendManifest(response, manifest.bytes);
      response.setHeader("www-authenticate", 'Basic realm="r"');
      sendJson(response, 401, { errors: [{ code: "UNAUTHORIZED", message: "who\u0007 are you" }] });
    });
  }

  it("is used after the challenge, and at once from then on", async () => {
    const fake = await basicRegistry();
    const registry = testRegistry({
      credentials: onlyFor(fake.host, { kind: "password", username: "u", password: "p" }),
    });
    await registry.manifest(parseReference(`${fake.host}/x`));
    await registry.manifest(parseReference(`${fake.host}/x`));
    expect(fake.requests.map((r) => r.headers.authorization !== undefined)).toEqual([false, true, true]);
  });

  it("without credentials ends with the registry's words, made printable, and the way to log in", async () => {
    const fake = await basicRegistry();
    await expect(testRegistry().manifest(parseReference(`${fake.host}/x`))).rejects.toMatchObject({
      code: "REGISTRY_UNAUTHORIZED",
      message: `${fake.host} refuses access to ${fake.host}/x:latest, or it does not exist (401): who\\u0007 are you`,
      hint: expect.stringContaining(`slipway login ${fake.host}`),
    });
  });
});
