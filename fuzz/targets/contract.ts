import { type ParsedContract, parseContract } from "../../src/preflight/parse-contract.ts";
import { writeScript } from "../../src/preflight/script/write-script.ts";
import { must, type Target } from "../engine/target.ts";
import { text as oddText, word } from "../grammar/text.ts";
import { checkLocated } from "./shown-error.ts";

const FILE = "preflight.yaml";

/** Contracts of preconditions, from a file or from an image's label, and the entry scripts that they become. */
export const contractTarget: Target = {
  name: "contract",
  about:
    "contracts of preconditions (preflight.yaml, or an image's label), their patterns, and their entry scripts",
  seeds: [
    'version: 1\nenv:\n  A:\n  B: {pattern: "[a-z]+(x|y){2,3}", hint: h}\n  C: {oneOf: [a, 1, true]}\n',
    'version: 1\nfiles: [/a, {path: "${A:-b}/c", mode: 0640, access: [read]}]\nsecrets: [s]\nvolumes: [{path: /v, access: ro}]\n',
    'version: 1\nlinks: [db]\nhosts: ["${H}"]\ntcp: ["h:1", {host: h, port: 2, within: 1m30s}]\nports: [1, {port: 2, protocol: udp}]\n',
    "version: 1\nuser: {is: [a, 1], not: root}\nrootfs: read-only\nresources: {memory: 64m, cpus: 0.5}\n",
    '{"version":1,"env":{"A":{"pattern":"\\\\d+\\\\.[^x]*"}}}',
  ].map((text) => Buffer.from(text)),
  dictionary: [
    "version: 1\n",
    "env:",
    "pattern: ",
    "oneOf: ",
    "hint: ",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "? ",
    "|\n",
    ">-\n",
    "---\n",
    "${A}",
    "${A:-b}",
    "$$",
    "{1,200}",
    "(a|b)*",
    "[^a]",
    "\\d",
    "'",
    "`",
  ],
  generate: (random) =>
    Buffer.from(
      [
        "version: 1",
        "env:",
        ...random.several(0, 4, () => `  ${word(random)}: {pattern: ${JSON.stringify(oddText(random))}}`),
        ...random.several(0, 4, () => `${word(random)}: [${JSON.stringify(oddText(random))}]`),
        `files: [${random.several(0, 3, () => JSON.stringify(`/${oddText(random)}`)).join(", ")}]`,
      ].join("\n"),
    ),
  run: (input) => {
    const text = Buffer.from(input).toString("utf8");
    let parsed: ParsedContract;
    try {
      parsed = parseContract(text, FILE);
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    const again = parseContract(parsed.label, FILE);
    must(again.label === parsed.label, () => "a label means something else than its contract");
    const script = writeScript(parsed.contract, { program: [], strict: false });
    must(!script.includes("\0"), () => "an entry script with a NUL character");
  },
};
