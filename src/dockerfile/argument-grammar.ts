import { parseJsonForm } from "./json-form.ts";
import { parseKeyValues, splitQuoted } from "./key-values.ts";
import { cutAtBlanks, splitAtBlanks } from "./white-space.ts";

/** What the grammar of a keyword makes of its argument text. */
export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
  /** ONBUILD: the text of the instruction inside. */
  readonly inner?: string;
}

type Grammar = (text: string, escapeChar: string) => Arguments;

const plain = (args: readonly string[]): Arguments => ({ args, json: false });
const whole = (text: string): readonly string[] => (text === "" ? [] : [text]);

function jsonOr(text: string, other: (text: string) => readonly string[]): Arguments {
  const strings = parseJsonForm(text);
  return strings ? { args: strings, json: true } : plain(other(text));
}

const listOrJson: Grammar = (text) => jsonOr(text, splitAtBlanks);
const stringOrJson: Grammar = (text) => jsonOr(text, whole);
const blankList: Grammar = (text) => plain(splitAtBlanks(text));
const rawString: Grammar = (text) => plain(whole(text));
const words: Grammar = (text, escapeChar) => plain(splitQuoted(text, escapeChar));
const keyValues =
  (instruction: string): Grammar =>
  (text, escapeChar) =>
    plain(parseKeyValues(text, escapeChar, instruction));
const subInstruction: Grammar = (text) => (text === "" ? plain([]) : { ...plain([]), inner: text });
const typeAndCommand: Grammar = (text) => {
  if (text === "") return plain([]);
  const [type, rest = ""] = cutAtBlanks(text);
  const command = jsonOr(rest, whole);
  return { args: [type, ...command.args], json: command.json };
};

/** The argument grammar of every keyword (SPEC 1.4). */
const GRAMMARS = {
  ADD: listOrJson,
  ARG: words,
  CMD: stringOrJson,
  COPY: listOrJson,
  ENTRYPOINT: stringOrJson,
  ENV: keyValues("ENV"),
  EXPOSE: blankList,
  FROM: blankList,
  HEALTHCHECK: typeAndCommand,
  LABEL: keyValues("LABEL"),
  MAINTAINER: rawString,
  ONBUILD: subInstruction,
  RUN: stringOrJson,
  SHELL: stringOrJson,
  STOPSIGNAL: rawString,
  USER: rawString,
  VOLUME: listOrJson,
  WORKDIR: rawString,
} as const satisfies Record<string, Grammar>;

export type Keyword = keyof typeof GRAMMARS;

/** Every keyword, in upper case, sorted. */
export const KEYWORDS = Object.keys(GRAMMARS) as readonly Keyword[];

/** The keyword that a command is, whatever its case. */
export function keywordOf(command: string): Keyword | undefined {
  const upper = /^[A-Za-z]+$/.test(command) ? command.toUpperCase() : "";
  return Object.hasOwn(GRAMMARS, upper) ? (upper as Keyword) : undefined;
}

/** Reads an argument text. Unknown commands have no arguments here; they fail later (SPEC LX-26). Throws DOCKERFILE_SYNTAX. */
export function parseArguments(command: string, text: string, escapeChar: string): Arguments {
  const keyword = keywordOf(command);
  return keyword ? GRAMMARS[keyword](text, escapeChar) : plain([]);
}
