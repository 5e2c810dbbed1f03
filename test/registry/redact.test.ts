import { describe, expect, it } from "vitest";
import { proxyFor } from "../../src/registry/dispatchers.ts";
import { printable } from "../../src/registry/redact.ts";
import { retryAfter } from "../../src/registry/retry.ts";

describe("what may be shown", () => {
  it("makes a server's text one printable line without secrets, of bounded length", () => {
    expect(printable("a\u001b[31m\r\n  b https://u:p@h.test/x?sig=1 end")).toBe(
      "a\\u001b[31m b https://h.test/x end",
    );
    expect(printable("x".repeat(5000))).toBe(`${"x".repeat(1024)}…`);
  });
});

describe("Retry-After", () => {
  it("is seconds or a date", () => {
    const now = Date.UTC(2024, 0, 1);
    expect(retryAfter("3", now)).toBe(3000);
    expect(retryAfter("Mon, 01 Jan 2024 00:00:05 GMT", now)).toBe(5000);
    expect(retryAfter("Sun, 31 Dec 2023 00:00:00 GMT", now)).toBe(0);
    expect(retryAfter("soon", now)).toBeUndefined();
  });
});

describe("proxyFor", () => {
  const proxies = {
    https: "http://proxy.test:3128",
    http: "plain.test:80",
    noProxy: "in.test,.sub.test,10.0.0.0/8,p.test:444",
  };
  it.each([
    ["https://reg.test/", "http://proxy.test:3128"],
    ["http://reg.test/", "http://plain.test:80"],
    ["https://in.test/", undefined],
    ["https://a.in.test/", undefined],
    ["https://notin.test/", "http://proxy.test:3128"],
    ["https://a.sub.test/", undefined],
    ["https://10.1.2.3/", undefined],
    ["https://11.1.2.3/", "http://proxy.test:3128"],
    ["https://p.test:444/", undefined],
    ["https://p.test/", "http://proxy.test:3128"],
    ["http://127.0.0.1:5000/", undefined],
    ["https://localhost/", undefined],
  ])("%s", (url, proxy) => {
    expect(proxyFor(new URL(url), proxies)).toBe(proxy);
  });
});
