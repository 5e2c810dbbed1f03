import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../src/core/errors.ts";
import { redactError } from "../../src/leak/redact-error.ts";
import { redactValue } from "../../src/leak/redact-secrets.ts";
import { SecretSearch } from "../../src/leak/secret-search.ts";

const VALUE = "Sup3rS3cretV4lue99";
const search = new SecretSearch([{ id: "s", kind: "secret", value: Buffer.from(VALUE) }]);

/** Everything that an error can show to anybody. */
function shown(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  const names = Object.getOwnPropertyNames(error) as (keyof Error)[];
  return [String(error), ...names.map((name) => shown(error[name]))].join("\n");
}

describe("errors without secrets", () => {
  it("has none in a system error: message, stack, path, and code as before", () => {
    const error = Object.assign(new Error(`ENOENT: open '/${VALUE}'`), { code: "ENOENT", path: `/${VALUE}` });
    const told = redactError(error, search) as NodeJS.ErrnoException;
    expect(told).toBeInstanceOf(Error);
    expect(shown(told)).not.toContain(VALUE);
    expect([told.message, told.path, told.code]).toEqual([
      "ENOENT: open '/[secret s]'",
      "/[secret s]",
      "ENOENT",
    ]);
  });

  it("has none in causes, sources and facts, and keeps its class and code", () => {
    const cause = new TypeError(`bad ${VALUE}`, { cause: new AggregateError([new Error(VALUE)]) });
    const source = { file: `${VALUE}/Dockerfile`, start: 1, end: 1 };
    const error = new SlipwayError("RUN_FAILED", "failed", { cause, source, facts: { [VALUE]: [VALUE] } });
    const told = redactError(error, search) as SlipwayError;
    expect(told).toBeInstanceOf(SlipwayError);
    expect(told.cause).toBeInstanceOf(TypeError);
    expect(shown(told)).not.toContain(VALUE);
    expect([told.code, told.source?.file]).toEqual(["RUN_FAILED", "[secret s]/Dockerfile"]);
  });

  it("leaves one alone that has none, and comes to an end with causes in a circle", () => {
    const clean = new SlipwayError("USAGE", "wrong", { cause: new Error("why"), facts: { a: [1] } });
    expect(redactError(clean, search)).toBe(clean);
    const circle = new Error(VALUE);
    circle.cause = circle;
    expect(String(redactError(circle, search))).toBe("Error: [secret s]");
    expect(redactError(`thrown ${VALUE}`, search)).toBe("thrown [secret s]");
  });
});

describe("values without secrets", () => {
  it("has none in texts, bytes, and names that users give", () => {
    const told = redactValue(
      { labels: { [VALUE]: [`<${VALUE}>`] }, data: Buffer.from(`<${VALUE}>`) },
      search,
    );
    expect(told).toEqual({ labels: { "[secret s]": ["<[secret s]>"] }, data: Buffer.from("<[secret s]>") });
  });

  it("keeps the names of an event's members, whatever the secret is", () => {
    const by = new SecretSearch([{ id: "m", kind: "secret", value: Buffer.from("manifest") }]);
    expect(redactValue({ manifest: "manifest" }, by)).toEqual({ manifest: "[secret m]" });
  });
});
