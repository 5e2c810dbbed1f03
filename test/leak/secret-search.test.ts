import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { looksRandom, secretArguments } from "../../src/leak/known-secret.ts";
import { redactSecrets, SecretRedactor } from "../../src/leak/redact-secrets.ts";
import { SecretSearch } from "../../src/leak/secret-search.ts";

const VALUE = "p@ss/w0rd+9 x7Kq?2";
const search = searchFor(VALUE);

function searchFor(...values: readonly (string | Uint8Array)[]): SecretSearch {
  return new SecretSearch(
    values.map((value, i) => ({ id: `s${i}`, kind: "secret", value: Buffer.from(value as string) })),
  );
}

function inLines(text: string, width: number, lineBreak: string): string {
  return text.replace(new RegExp(`.{${width}}`, "g"), `$&${lineBreak}`);
}

function encodingsIn(text: string, by = search): readonly string[] {
  return by.all(Buffer.from(text)).map(({ encoding }) => encoding);
}

describe("the forms of a secret", () => {
  it("finds it raw, wherever it is", () => {
    for (let before = 0; before < 70; before++)
      expect(encodingsIn(`${"-".repeat(before)}${VALUE}tail`)).toEqual(["raw"]);
  });

  it("finds it in base64 at each of the three places it may begin at, in both alphabets", () => {
    for (const before of ["", "a", "ab", "abc", "abcd", "user:"])
      for (const after of ["", "z", "zz"])
        for (const alphabet of ["base64", "base64url"] as const) {
          const text = Buffer.from(before + VALUE + after).toString(alphabet);
          expect(encodingsIn(`x ${text} y`), `${before} ${after} ${alphabet}`).toEqual(["base64"]);
        }
  });

  it("finds it URL-encoded, in capitals and small letters, as browsers and as forms do", () => {
    const encoded = encodeURIComponent(VALUE);
    const lower = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
    for (const text of [encoded, lower, encoded.replaceAll("%20", "+")])
      expect(encodingsIn(`https://host/?q=${text}&`)).toContain("URL-encoded");
    expect(encodingsIn(`q=${new URLSearchParams({ q: VALUE }).toString()}`)).toContain("URL-encoded");
  });

  it("finds a long value in base64 that has line breaks", () => {
    const value = randomBytes(700);
    for (const width of [60, 64, 76]) {
      const lines = value.toString("base64").replace(new RegExp(`.{${width}}`, "g"), "$&\n");
      expect(encodingsIn(lines, searchFor(value))).toEqual(["base64"]);
    }
  });

  it("finds a token in base64 that has line breaks, wherever in the text it begins", () => {
    for (const token of [
      "k7Q/+x2P",
      "ghp_7Yx0Kq2mPz81LtR4aaZx81kq77PmQ2v9",
      randomBytes(75).toString("hex"),
    ]) {
      const by = searchFor(token);
      for (let before = 0; before < 76; before++)
        for (const [width, lineBreak] of [
          [64, "\n"],
          [76, "\r\n"],
        ] as const) {
          const file = Buffer.from(`${"-".repeat(before)}${token}${"=".repeat(80)}`);
          const text = inLines(file.toString("base64"), width, lineBreak);
          expect(encodingsIn(text, by), `${token} ${before} ${width}`).toEqual(["base64"]);
        }
    }
  });

  it("finds it in JSON, as writers of several languages escape it", () => {
    const value = 'pa"ss\\w0/rd<é&😀>\tXYZ';
    const by = searchFor(value);
    const asciiOnly = JSON.stringify(value).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const forHtml = JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
    for (const text of [JSON.stringify({ t: value }), asciiOnly, asciiOnly.replaceAll("/", "\\/"), forHtml])
      expect(encodingsIn(text, by), text).toEqual(["JSON-escaped"]);
    expect(encodingsIn('{"t":"ordinary"}', searchFor("ordinary"))).toEqual(["raw"]);
  });

  it("finds a token out of a file of several lines", () => {
    const by = searchFor(
      "registry=https://registry.example/\n//registry.example/:_authToken=tok_a8f3k29dkq01zz\n",
    );
    expect(encodingsIn("token is tok_a8f3k29dkq01zz.", by)).toEqual(["raw"]);
    expect(encodingsIn("registry=https://registry.example/", by)).toEqual([]);
  });

  it("does not count the line feed at the end, nor values of fewer than 8 bytes", () => {
    expect(encodingsIn("is correcthorse.", searchFor("correcthorse\n"))).toEqual(["raw"]);
    expect(encodingsIn("hunter2", searchFor("hunter2\n"))).toEqual([]);
  });

  it("says nothing of what is not there", () => {
    const noise = randomBytes(1 << 20);
    expect(searchFor(randomBytes(16), randomBytes(4000)).all(noise)).toEqual([]);
  });
});

describe("build arguments that look like secrets", () => {
  it("takes those whose name and value both look so", () => {
    const args = { NPM_TOKEN: "npm_8fj2K1mz0QpLx7Yt", API_TOKEN: "short1", VERSION: "npm_8fj2K1mz0QpLx7Yt" };
    expect(secretArguments(args).map(({ id }) => id)).toEqual(["NPM_TOKEN"]);
  });

  it("takes the credentials out of a URL, as they are written and decoded", () => {
    const args = {
      DB_SECRET: "postgres://u:S3cr3t%2FP4ss99@h/db",
      KEY_URL: "jdbc:postgresql://h/db?user=u&password=S3cr3tP4ss99xyz1",
      AUTH: "https://ghp_8fj2K1mz0QpLx7Yt@host/",
      NAME_KEY: "https://user@host/keys/0123456789abcdef0123",
    };
    expect(secretArguments(args).map(({ id, value }) => [id, Buffer.from(value).toString()])).toEqual([
      ["DB_SECRET", "S3cr3t%2FP4ss99"],
      ["DB_SECRET", "S3cr3t/P4ss99"],
      ["KEY_URL", "S3cr3tP4ss99xyz1"],
      ["AUTH", "ghp_8fj2K1mz0QpLx7Yt"],
    ]);
  });

  it.each(["/k3J9xQ2vPz81LmNw7RtY", "/k3J9x/Q2vPz81LmNw7RtY==", "~x7Kq2mPz81LtR4aaZx"])(
    "takes %s for random, which only begins like a path",
    (text) => expect(looksRandom(text)).toBe(true),
  );

  it.each([
    "/home/User/App2024/v1",
    "./conf/Production/settings-2024",
    "/run/secrets/password-file-01",
    "https://host/0123456789ab",
    "2024-01-02T03:04:05",
    "correct-horse-battery-staple",
  ])("does not take %s for random", (text) => expect(looksRandom(text)).toBe(false));
});

describe("redacted output", () => {
  it("has no secret in it, wherever the pieces are cut", () => {
    const text = Buffer.from(`begin ${VALUE} and ${Buffer.from(VALUE).toString("base64")} end`);
    for (let cut = 0; cut <= text.length; cut++) {
      const found: string[] = [];
      const redactor = new SecretRedactor(search, (id) => found.push(id));
      const parts = [redactor.push(text.subarray(0, cut)), redactor.push(text.subarray(cut)), redactor.end()];
      expect(Buffer.concat(parts).toString()).toBe("begin [secret s0] and [secret s0] end");
      expect(found).toEqual(["s0", "s0"]);
    }
  });

  it("shows a long value as one, and what follows it", () => {
    const value = randomBytes(500).toString("hex");
    const redactor = new SecretRedactor(searchFor(value), () => {});
    const bytes = Buffer.from(`<${value}>`);
    const parts = Array.from(bytes, (_, i) => redactor.push(bytes.subarray(i, i + 1)));
    expect(Buffer.concat([...parts, redactor.end()]).toString()).toBe("<[secret s0]>");
  });

  it("has nothing of base64 in lines, wherever the pieces are cut", () => {
    const value = randomBytes(150).toString("hex");
    const by = searchFor(value);
    const lines = Buffer.from(inLines(Buffer.from(`ab${value}`).toString("base64"), 76, "\r\n"));
    for (let cut = 0; cut <= lines.length; cut++) {
      const redactor = new SecretRedactor(by, () => {});
      const parts = [
        redactor.push(lines.subarray(0, cut)),
        redactor.push(lines.subarray(cut)),
        redactor.end(),
      ];
      expect(Buffer.concat(parts).toString()).toMatch(/^YW.\[secret s0\].=*$/);
    }
  });

  it("shows nothing of secrets that overlap, wherever the pieces are cut", () => {
    const by = searchFor("abcdefgh12345678", "12345678zzzzzzzz", "zzzzzzzzzzzz");
    const text = Buffer.from("<abcdefgh12345678zzzzzzzzzzzzzz>");
    for (let cut = 0; cut <= text.length; cut++) {
      const redactor = new SecretRedactor(by, () => {});
      const parts = [redactor.push(text.subarray(0, cut)), redactor.push(text.subarray(cut)), redactor.end()];
      expect(Buffer.concat(parts).toString()).toBe("<[secret s0][secret s1][secret s2]>");
    }
  });

  it("takes the longer of two secrets that begin alike", () => {
    const by = searchFor("abcdefgh", "abcdefghijklmnop");
    const redactor = new SecretRedactor(by, () => {});
    const parts = [
      redactor.push(Buffer.from("abcdefghij")),
      redactor.push(Buffer.from("klmnop!")),
      redactor.end(),
    ];
    expect(Buffer.concat(parts).toString()).toBe("[secret s1]!");
  });

  it("does not hold back what cannot be one", () => {
    const redactor = new SecretRedactor(search, () => {});
    expect(redactor.push(Buffer.from("Password: ")).toString()).toBe("Password: ");
    expect(redactSecrets("plain", search)).toBe("plain");
  });
});
