import { describe, expect, it } from "vitest";
import { type GitSource, parseGitUrl, withGitFlags } from "../../src/context/git-url.ts";

describe("what is a git URL", () => {
  const vectors: [string, Partial<GitSource> | undefined][] = [
    ["https://h/o/r.git", { remote: "https://h/o/r.git", transport: "https", host: "h" }],
    ["http://h:8080/r.git", { remote: "http://h:8080/r.git", transport: "http", host: "h:8080" }],
    ["HTTPS://h/r.git", { remote: "https://h/r.git", transport: "https", host: "h" }],
    ["git://h/r", { remote: "git://h/r", transport: "git", host: "h" }],
    ["ssh://git@h:22/o/r", { remote: "ssh://git@h:22/o/r", transport: "ssh", host: "h:22" }],
    ["git@h:o/r.git", { remote: "git@h:o/r.git", transport: "ssh", host: "h" }],
    ["git@h.example:/abs/r", { remote: "git@h.example:/abs/r", transport: "ssh", host: "h.example" }],
    ["https://h/o/r.git#main", { remote: "https://h/o/r.git", transport: "https", host: "h", ref: "main" }],
    ["https://h/r.git#:a/b", { remote: "https://h/r.git", transport: "https", host: "h", subdir: "a/b" }],
    ["git@h:r#v1:sub", { remote: "git@h:r", transport: "ssh", host: "h", ref: "v1", subdir: "sub" }],
    [
      "https://h/r.git#feature%2Fx:a%20b",
      { remote: "https://h/r.git", transport: "https", host: "h", ref: "feature/x", subdir: "a b" },
    ],
    ["https://h/o/r", undefined],
    ["https://h/r.git/x", undefined],
    ["https://h/r.tar.gz#x.git", undefined],
    ["github.com/o/r", undefined],
    ["h:o/r.git", undefined],
    ["./a.git", undefined],
    ["../git@h:x", undefined],
    ["ftp://h/r.git", undefined],
    ["file:///srv/r.git", undefined],
    ["ext::sh -c id", undefined],
    ["https:///r.git", undefined],
    ["/srv/r.git", undefined],
    ["a b@h:x", undefined],
    ["https://h/r.git\n", undefined],
  ];
  it.each(vectors)("AD-09: %j", (text, expected) => {
    expect(parseGitUrl(text)).toEqual(expected);
  });

  it("AD-09: github.com/owner/name is git as a build context only, with or without .git", () => {
    expect(parseGitUrl("github.com/o/r#main:x", { context: true })).toEqual({
      remote: "https://github.com/o/r",
      transport: "https",
      host: "github.com",
      ref: "main",
      subdir: "x",
    });
    expect(parseGitUrl("https://github.com/o/r", { context: true })).toBeUndefined();
  });

  it("AD-09: what ssh or git would take for an option is no git URL", () => {
    for (const text of [
      "-oProxyCommand=x@h:r",
      "a@-h:r",
      "a@h:-r",
      "ssh://-oProxyCommand=x/r",
      "ssh://-x@h/r",
      "git://-h/r",
    ])
      expect(parseGitUrl(text), text).toBeUndefined();
  });

  it("CVE-2023-26054: a password is kept apart from the remote", () => {
    expect(parseGitUrl("https://me:p%40ss@h/r.git")).toEqual({
      remote: "https://h/r.git",
      transport: "https",
      host: "h",
      credentials: "me:p@ss",
    });
    expect(parseGitUrl("ssh://me:pass@h/r")?.remote).toBe("ssh://me@h/r");
  });

  it("CVE-2026-33748: a subdirectory stays below the root", () => {
    expect(parseGitUrl("https://h/r.git#main:../../etc")?.subdir).toBe("etc");
    expect(parseGitUrl("https://h/r.git#main:/a/./b/../c/")?.subdir).toBe("a/c");
    expect(parseGitUrl("https://h/r.git#main:..")).not.toHaveProperty("subdir");
  });

  it("AD-12: refs that git would not take, or take for an option or a pattern, are refused", () => {
    for (const ref of ["--upload-pack=x", "a..b", "a~1", "a^", "x*", "a b", "a@{1}", "a/", "HEAD.lock"])
      expect(() => parseGitUrl(`https://h/r.git#${encodeURIComponent(ref)}`), ref).toThrowError(
        expect.objectContaining({
          code: "INSTRUCTION_INVALID",
          message: `invalid git ref ${JSON.stringify(ref)}`,
        }),
      );
  });
});

describe("the query", () => {
  const parse = (query: string, fragment = "") => {
    const {
      remote: _r,
      transport: _t,
      host: _h,
      ...rest
    } = parseGitUrl(`https://h/r.git?${query}${fragment}`)!;
    return rest;
  };
  const sum = "a".repeat(40);
  const good: [string, string, object][] = [
    ["ref=main", "", { ref: "main" }],
    ["tag=v1", "", { ref: "refs/tags/v1" }],
    ["tag=refs/tags/v1", "", { ref: "refs/tags/v1" }],
    ["branch=dev", "", { ref: "refs/heads/dev" }],
    ["ref=main&subdir=/a", "#main", { ref: "main", subdir: "a" }],
    ["commit=abc", "", { checksum: "abc" }],
    ["checksum=ABC&commit=ABC", "", { checksum: "ABC" }],
    ["keep-git-dir&submodules=false", "", { keepGitDir: true, submodules: false }],
    ["keep-git-dir=0&submodules=", "", { keepGitDir: false, submodules: true }],
    ["mtime=commit", "", { mtime: "commit" }],
    [`fetch-by-commit&checksum=${sum}`, "", { fetchByCommit: true, checksum: sum }],
  ];
  it.each(good)("AD-10: ?%s%s", (query, fragment, expected) => {
    expect(parse(query, fragment)).toEqual(expected);
  });

  const bad: [string, string, string][] = [
    ["foo=1", "", 'unexpected query "foo"'],
    ["ref=a&ref=b", "", 'query "ref" has multiple values'],
    ["ref", "", 'query "ref" has no value'],
    ["subdir=", "", 'query "subdir" has no value'],
    ["ref=b", "#a", 'ref conflicts: "a" vs "b"'],
    ["tag=v1", "#a", 'ref conflicts: "a" vs "refs/tags/v1"'],
    ["subdir=b", "#:a", 'subdir conflicts: "a" vs "b"'],
    ["tag=a&branch=b", "", "branch conflicts with tag"],
    ["submodules=maybe", "", 'invalid submodules value: "maybe"'],
    ["keep-git-dir=yes", "", 'invalid keep-git-dir value: "yes"'],
    ["mtime=now", "", 'invalid mtime value: "now"'],
    ["checksum=xyz", "", "invalid checksum xyz for Git URL, expected hex commit hash"],
    ["fetch-by-commit", "", "fetch-by-commit requires a checksum that is a full commit id"],
  ];
  it.each(bad)("AD-10: ?%s%s is refused", (query, fragment, message) => {
    expect(() => parse(query, fragment)).toThrowError(
      expect.objectContaining({ code: "INSTRUCTION_INVALID", message }),
    );
  });

  it("AD-10: for a context the error is one of usage", () => {
    expect(() => parseGitUrl("https://h/r.git?x=1", { context: true })).toThrowError(
      expect.objectContaining({ code: "USAGE" }),
    );
  });
});

describe("withGitFlags", () => {
  const source = parseGitUrl("https://h/r.git?keep-git-dir=true&checksum=abc")!;

  it("AD-11: flags and query must agree", () => {
    expect(() => withGitFlags(source, { keepGitDir: false })).toThrowError(
      "inconsistent keep-git-dir configuration",
    );
    expect(() => withGitFlags(source, { checksum: "def" })).toThrowError('checksum mismatch "def" != "abc"');
    expect(withGitFlags(source, { keepGitDir: true, checksum: "abc" })).toEqual(source);
  });

  it("AD-13: a flag's checksum must be hex", () => {
    expect(() => withGitFlags(parseGitUrl("git://h/r")!, { checksum: "sha256:ab" })).toThrowError(
      "invalid checksum sha256:ab for Git URL, expected hex commit hash",
    );
    expect(withGitFlags(parseGitUrl("git://h/r")!, { checksum: "ab", keepGitDir: true })).toMatchObject({
      checksum: "ab",
      keepGitDir: true,
    });
  });
});
