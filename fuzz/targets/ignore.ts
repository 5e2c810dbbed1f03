import { type IgnoreRules, parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { path } from "../grammar/text.ts";
import { checkLocated } from "./shown-error.ts";

const FILE = ".dockerignore";

/** Ignore files, and which paths they hide. Behind the file come the paths. */
export const ignoreTarget: Target = {
  name: "ignore",
  about: "ignore files and the paths they hide, compared with a translation to regular expressions",
  seeds: [
    ["# x\n*.go\n!a/b.go\n**/d/**\n", "a/b.go", "d/e/f", "x/d"],
    [
      "docs\n!docs/README.md\nfoo/*/bar\n[a-c]x\n\\#file",
      "docs/README.md",
      "docs/x",
      "foo/a/bar",
      "bx",
      "#file",
    ],
  ].map(joinParts),
  dictionary: [
    "**",
    "**/",
    "/**",
    "*",
    "?",
    "[",
    "]",
    "[^a-c]",
    "\\",
    "!",
    "\n",
    "\n!",
    "/",
    "./",
    "../",
    "#",
    "\r\n",
    "\ufeff",
  ],
  generate: (random) => {
    const lines = random.several(0, 5, () => `${random.pick(["", "", "!", "#", " ", "/"])}${path(random)}`);
    return joinParts([lines.join("\n"), ...random.several(1, 4, () => path(random).replace(/^[./]+/, ""))]);
  },
  run: (input) => {
    const [text = "", ...written] = splitParts(input);
    // Every path is looked up among all rules: only their number may grow, not the length of the paths with it.
    const paths = written
      .slice(0, 8)
      .map((one) => cleaned(one).slice(0, 200))
      .filter((one) => one !== "");
    let rules: IgnoreRules;
    try {
      rules = parseIgnoreFile(Buffer.from(text), FILE);
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    for (const one of paths) checkPath(rules, one, text);
  },
};

function cleaned(written: string): string {
  return written
    .split("/")
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/");
}

function checkPath(rules: IgnoreRules, path: string, text: string): void {
  const hidden = rules.matches(path);
  const rule = rules.explain(path);
  must((rule?.excluded ?? false) === hidden, () => "the rule that explains does not decide");
  must(!rule || rule.line <= text.split("\n").length, () => "the rule is on no line of the file");
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
    must(
      hidden || rules.mayContainIncluded(path.slice(0, at)),
      () => "a folder is skipped that holds something included",
    );
  const expected = byExpressions(text, path);
  must(
    expected === undefined || expected === hidden,
    () => `${JSON.stringify(path)} is ${hidden ? "hidden" : "visible"}, but should not be`,
  );
}

/** SPEC DI-04 to DI-09 by means of regular expressions; undefined where these could take ages, or their classes differ. */
function byExpressions(text: string, path: string): boolean | undefined {
  if (path.length > 60 || text.length > 300) return undefined;
  let hidden = false;
  for (const line of text.replace(/^\ufeff/, "").split("\n")) {
    const written = trimmed(line);
    if (line.startsWith("#") || written === "") continue;
    const rescues = written.startsWith("!");
    const pattern = clean(rescues ? trimmed(written.slice(1)) : written);
    if (/[[\]]/.test(pattern) || (pattern.match(/\*+/g)?.length ?? 0) > 4) return undefined;
    if (rescues === hidden && withParents(path).some((one) => expressionFor(pattern).test(one)))
      hidden = !rescues;
  }
  return hidden;
}

/** Other than `trim`, without the byte-order mark. */
function trimmed(text: string): string {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
}

function withParents(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function clean(pattern: string): string {
  const out: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (part !== ".." || !pattern.startsWith("/")) out.push(part);
  }
  return out.join("/") || (pattern.startsWith("/") ? "/" : ".");
}

function expressionFor(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; ) {
    if (pattern.startsWith("**", at)) {
      const next = at + (pattern[at + 2] === "/" ? 3 : 2);
      const isSuffix = at === 0 && next === 2 && !/[*?\\]/.test(pattern.slice(2));
      source += next >= pattern.length || isSuffix ? ".*" : "(?:.*/)?";
      at = next;
    } else {
      const char = String.fromCodePoint(pattern.codePointAt(at)!);
      const escaped = char === "\\" ? String.fromCodePoint(pattern.codePointAt(at + 1)!) : char;
      source +=
        char === "*" ? "[^/]*" : char === "?" ? "[^/]" : `\\u{${escaped.codePointAt(0)!.toString(16)}}`;
      at += char === "\\" ? 1 + escaped.length : char.length;
    }
  }
  return new RegExp(`^${source}$`, "su");
}
