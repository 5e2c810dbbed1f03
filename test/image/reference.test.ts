import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../src/core/errors.ts";
import {
  familiarName,
  familiarRepository,
  fullName,
  namedContextKey,
  parseReference,
} from "../../src/image/reference.ts";

const DIGEST = `sha256:${"ab".repeat(32)}` as const;

function failure(text: string): { code: string; message: string; hint: string | undefined } {
  try {
    parseReference(text);
  } catch (error) {
    if (isSlipwayError(error)) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe("image references", () => {
  it.each([
    ["debian", "docker.io/library/debian:latest", "debian:latest"],
    ["debian:bookworm", "docker.io/library/debian:bookworm", "debian:bookworm"],
    ["acme/app", "docker.io/acme/app:latest", "acme/app:latest"],
    ["index.docker.io/debian", "docker.io/library/debian:latest", "debian:latest"],
    ["docker.io/acme/app:1", "docker.io/acme/app:1", "acme/app:1"],
    ["localhost/app", "localhost/app:latest", "localhost/app:latest"],
    ["localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"],
    ["r.example.com/a/b/c:T.1-x_", "r.example.com/a/b/c:T.1-x_", "r.example.com/a/b/c:T.1-x_"],
    ["[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"],
    ["a__b/c---d.e", "docker.io/a__b/c---d.e:latest", "a__b/c---d.e:latest"],
    ["library/debian:x", "docker.io/library/debian:x", "debian:x"],
    ["library/a/b:x", "docker.io/library/a/b:x", "library/a/b:x"],
    [`debian@${DIGEST}`, `docker.io/library/debian@${DIGEST}`, `debian@${DIGEST}`],
    [`debian:12@${DIGEST}`, `docker.io/library/debian:12@${DIGEST}`, `debian:12@${DIGEST}`],
  ])("FR-04: %s is normalised", (text, full, familiar) => {
    const reference = parseReference(text);
    expect(fullName(reference)).toBe(full);
    expect(familiarName(reference)).toBe(familiar);
    expect(parseReference(full)).toEqual(reference);
    expect(parseReference(familiar)).toEqual(reference);
  });

  it("FR-04: the tag is left alone where latest is not wanted", () => {
    expect(parseReference("debian", { addLatest: false })).toEqual({
      domain: "docker.io",
      repository: "library/debian",
    });
    expect(familiarRepository(parseReference("docker.io/library/debian:1"))).toBe("debian");
  });

  it.each([
    ["docker.io/library/debian:latest", "debian"],
    ["debian", "debian"],
    ["debian:12", "debian:12"],
    ["r.example.com/x:latest", "r.example.com/x"],
    [`debian@${DIGEST}`, `debian@${DIGEST}`],
  ])("SG-09: a named context %s has the key %s", (text, key) => {
    expect(namedContextKey(text)).toBe(key);
  });

  it.each([
    ["", "it is empty"],
    ["Debian", "the repository name must be lowercase"],
    ["acme/App:1", "the repository name must be lowercase"],
    ["debian:", '"" is not a tag'],
    ["debian:-x", '"-x" is not a tag'],
    [`debian:${"t".repeat(129)}`, `"${"t".repeat(129)}" is not a tag`],
    ["debian@sha256:abc", "what follows `@` is not a sha256 digest"],
    ["debian@md5:abc", "what follows `@` is not a sha256 digest"],
    ["a//b", "the repository name is not well formed"],
    ["a..b", "the repository name is not well formed"],
    ["a/b-", "the repository name is not well formed"],
    ["deb ian", "the repository name is not well formed"],
    ["../etc", '".." is not a host name'],
    ["https://r.example.com/x", "an image name has no URL scheme"],
    ["r_x.example/x", '"r_x.example" is not a host name'],
    ["a".repeat(256), "the repository name is longer than 255 characters"],
    ["ab".repeat(32), "64 hex digits are an image ID, not a name"],
    ["debian\n", "the repository name is not well formed"],
  ])("refuses %j", (text, reason) => {
    const { code, message } = failure(text);
    expect(code).toBe("REFERENCE_INVALID");
    expect(message).toBe(`invalid image reference ${JSON.stringify(text)}: ${reason}`);
  });

  it("shows no password of a URL that was written for a name", () => {
    const { message } = failure("https://bob:hunter2@r.example.com/x");
    expect(message).toMatch(/^invalid image reference "https:\/\/xxxxx:xxxxx@/);
    expect(message).not.toContain("hunter2");
  });
  it("hints at no name that is as wrong", () => {
    expect(failure("Bad Name").hint).toMatch(/^between slashes/);
  });
  it("hints at the lowercase name", () => {
    expect(failure("acme/App:1").hint).toBe("write acme/app");
  });

  it("accepts the longest repository and tag", () => {
    const text = `${"a".repeat(255)}:${"t".repeat(128)}`;
    expect(parseReference(`acme.io/${text}`).repository).toHaveLength(255);
  });
});
