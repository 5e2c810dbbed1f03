import { parseGitUrl, withGitFlags } from "../../src/context/git-url.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { path, text, word } from "../grammar/text.ts";

const SECRET = "s3cret";

/** URLs of repositories. No secret of theirs is in a field that is shown; no part of them can be an option of git. */
export const gitUrlTarget: Target = {
  name: "git-url",
  about: "git URLs with refs, subfolders and queries, as contexts and as sources of ADD",
  seeds: [
    "https://user:s3cret@x.y/z.git#main:sub?tag=v1",
    "git@github.com:a/b.git#r",
    "github.com/a/b",
    "ssh://u@h:22/p?ref=x&subdir=y&checksum=abc&submodules=0",
    "git://x/y",
  ].map((url) => Buffer.from(url)),
  dictionary: [
    "https://",
    "ssh://",
    "git://",
    "file://",
    ".git",
    "#",
    "?",
    "&",
    "ref=",
    "tag=",
    "branch=",
    "subdir=",
    "checksum=",
    "commit=",
    "keep-git-dir",
    "submodules=",
    "mtime=commit",
    "fetch-by-commit=1",
    "%2e%2e",
    "%",
    "..",
    "@",
    ":",
    "-",
    "s3cret@",
  ],
  generate: (random) => {
    const scheme = random.pick(["https://", "http://", "ssh://", "git://", "git@", "github.com/", ""]);
    const user = random.pick(["", "", "u@", `u:${SECRET}@`, "-o@"]);
    const host = `${random.pick(["h.x", "h:22", "-h", word(random)])}${random.pick(["/", ":", ""])}`;
    const query = random.several(
      0,
      2,
      () =>
        `${random.pick(["ref", "tag", "branch", "subdir", "checksum", "commit", "submodules", "mtime", word(random)])}=${text(random)}`,
    );
    return joinParts([
      `${scheme}${user}${host}${path(random)}${random.pick([".git", ""])}${random.pick(["", `#${word(random)}:${path(random)}`])}${query.length > 0 ? `?${query.join("&")}` : ""}`,
    ]);
  },
  run: (input) => {
    const [url = ""] = splitParts(input);
    check(parseGitUrl(url, { context: true }));
    const source = parseGitUrl(url);
    check(source);
    if (source) withGitFlags(source, { keepGitDir: true, checksum: "abc" });
  },
};

function check(source: ReturnType<typeof parseGitUrl>): void {
  if (!source) return;
  const { remote, transport } = source;
  must(
    !(transport === "https" || transport === "http") || !/^[a-z]+:\/\/[^/]*@/.test(remote),
    () => "a user or a secret is in a field that is shown",
  );
  must(
    transport !== "ssh" || !/^ssh:\/\/[^/@]*:[^/@]*@/.test(remote),
    () => "a password is in a field that is shown",
  );
  must(
    ![source.host, source.ref ?? "", source.remote].some((part) => part.startsWith("-")),
    () => "a part looks like an option of git",
  );
  must(!(source.subdir ?? "").split("/").includes(".."), () => "the subfolder leads out of the repository");
}
