import { expect, test } from "vitest";
import { parseUrl, webAddress } from "../../src/core/parse-url.ts";

test("a text is read as a URL, alone or seen from another", () => {
  expect(parseUrl("https://host.example/a?b")?.pathname).toBe("/a");
  expect(parseUrl("../x", new URL("http://host.example/a/b"))?.href).toBe("http://host.example/x");
});

test("what is no URL is undefined, however often it was asked for", () => {
  const wrong = ["", "host/path", "http://", "http://[::1", "http://a b/"];
  const seen = new Set(Array.from({ length: 20_000 }, (_, i) => parseUrl(wrong[i % wrong.length] ?? "")));
  expect([...seen]).toEqual([undefined]);
});

test("an address to be asked is http or https; the message hides credentials", () => {
  expect(webAddress("http://host.example/").host).toBe("host.example");
  for (const text of ["ftp://host.example/", "nothing", "http://me:hidden@[::1/"]) {
    expect(() => webAddress(text)).toThrow(expect.objectContaining({ code: "DOWNLOAD_FAILED" }));
    expect(() => webAddress(text)).not.toThrow(/hidden/);
  }
});
