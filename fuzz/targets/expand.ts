import { expandHeredocBody, expandWord, expandWords } from "../../src/dockerfile/expand.ts";
import { findHeredocs } from "../../src/dockerfile/heredoc.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { EXPANSION_WORDS, shellWord } from "../grammar/shell-word.ts";
import { text } from "../grammar/text.ts";

/** Word expansion in both modes, with both escape characters, and heredoc bodies. Behind the text come the values of A, B and FOO. */
export const expandTarget: Target = {
  name: "expand",
  about: "variable expansion with every operator, quotes, escapes, heredoc bodies",
  seeds: [
    ["${A:-${B:+x}}y", "1", "2"],
    ["${FOO//a*?/$0\\/}", "", "", "xaabaa"],
    ["'a'\"b\\$\"${A##*/}${B%%.?}", "x/y/z", "f.c.o"],
  ].map(joinParts),
  dictionary: EXPANSION_WORDS,
  generate: (random) => joinParts([shellWord(random), ...random.several(0, 3, () => text(random))]),
  run: (input) => {
    const [word = "", ...values] = splitParts(input);
    const variables = new Map(["A", "B", "FOO"].map((name, index) => [name, values[index]]));
    variables.set("EMPTY", "");
    const lookup = (name: string) => variables.get(name);
    const attempts = [
      () => expandWord(word, lookup),
      () => expandWord(word, lookup, { escape: "`" }),
      () => expandWord(word, lookup, { quotes: "keep", rawEscapes: true, keepUnset: true }),
      () => expandHeredocBody(word, lookup),
    ];
    const results = attempts.map(settle);
    findHeredocs(word);
    const { words } = expandWords(word, lookup);
    must(!words.includes(""), () => "splitting gave an empty word");
    // Splitting changes where words end, and nothing else.
    const whole = results[0];
    if (whole && "value" in whole)
      must(
        words.join("") === whole.value.value.replaceAll(/\p{White_Space}/gu, "") ||
          /["'\\<]/.test(input.toString()),
        () => "words and text differ",
      );
    for (const result of results) if ("error" in result) throw result.error;
  },
};

function settle<T>(attempt: () => T): { value: T } | { error: unknown } {
  try {
    return { value: attempt() };
  } catch (error) {
    return { error };
  }
}
