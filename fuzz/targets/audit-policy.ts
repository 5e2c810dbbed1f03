import { applyPolicy } from "../../src/audit/apply-policy.ts";
import { finding } from "../../src/audit/finding.ts";
import { matchesGlob } from "../../src/audit/glob.ts";
import { type Policy, parsePolicy } from "../../src/audit/policy.ts";
import { mutateLines } from "../engine/mutate.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { text as oddText, word } from "../grammar/text.ts";
import { checkLocated } from "./shown-error.ts";

const FILE = ".slipway-audit.yaml";
const FINDING = finding("SetuidFile", { subject: "/bin/su", message: "m", fix: "f", origin: {}, facts: {} });
const entry = (subject: string, more = "") =>
  `version: 1\naccept:\n- {id: SetuidFile, subject: ${JSON.stringify(subject)}, reason: r, expires: 2030-01-01}\n${more}`;

/** Policies of an audit: every mistake has a place, and what is read can be applied. */
export const auditPolicyTarget: Target = {
  name: "audit-policy",
  about: "policies of accepted findings (.slipway-audit.yaml)",
  seeds: [
    entry("/bin/**"),
    entry("?", '- id: RootUser\n  subject: "**"\n  reason: |\n    a\n    b\n  expires: never\n'),
    "{}",
  ].map((text) => Buffer.from(text)),
  dictionary: [
    "version: 1\n",
    "accept:\n",
    "- ",
    "id: ",
    "subject: ",
    "reason: ",
    "expires: ",
    "never",
    "2030-02-30",
    "&a ",
    "*a",
    "<<: ",
    "**",
    "\\",
  ],
  mutators: [mutateLines],
  generate: (random) =>
    Buffer.from(
      entry(oddText(random), random.several(0, 3, () => `- {id: ${word(random)}, subject: x}`).join("\n")),
    ),
  run: (input) => {
    const text = Buffer.from(input).toString("utf8");
    let policy: Policy;
    try {
      policy = parsePolicy(text, FILE);
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    for (const now of [0, Date.UTC(2030, 0, 1), Date.UTC(2100, 0, 1)]) applyPolicy([FINDING], policy, now);
  },
};

/** Longer texts would let the comparison, which backtracks, run for ages. */
const COMPARABLE = 30;

/** Their patterns, against a translation to a regular expression. */
export const globTarget: Target = {
  name: "audit-glob",
  about: "patterns of subjects in policies, compared with regular expressions",
  seeds: [
    ["/a/**/c?", "/a/b/b/cd"],
    ["\\*", "*"],
    ["*", "a/b"],
    ["***", ""],
  ].map(joinParts),
  dictionary: ["*", "**", "?", "\\", "/", "\n", "ab"],
  generate: (random) => {
    const letters = (list: readonly string[]) => random.several(0, 8, () => random.pick(list)).join("");
    return joinParts([
      letters(["a", "b", "/", "*", "**", "?", "\\", "é"]),
      letters(["a", "b", "/", "é", "\n"]),
    ]);
  },
  grow: null,
  run: (input) => {
    const [pattern = "", text = ""] = splitParts(input);
    const matches = matchesGlob(pattern, text);
    if (pattern.length > COMPARABLE || text.length > COMPARABLE) return;
    const expected = new RegExp(`^(?:${expressionOf(pattern)})$`, "su").test(text);
    must(matches === expected, () => `${matches} instead of ${expected}`);
  },
};

function expressionOf(pattern: string): string {
  let out = "";
  for (let at = 0; at < pattern.length; ) {
    const [part] = /^(?:\\.|\*\*+|.)/su.exec(pattern.slice(at))!;
    at += part.length;
    if (part.startsWith("**")) out += ".*";
    else if (part === "*") out += "[^/]*";
    else if (part === "?") out += "[^/]";
    else out += literal(part.length > 1 && part.startsWith("\\") ? part.slice(1) : part);
  }
  return out;
}

function literal(text: string): string {
  return `\\u{${text.codePointAt(0)!.toString(16)}}`;
}
