import { describe, expect, it } from "vitest";
import { parseShell } from "../../src/shell/commands.ts";
import { scriptCommands } from "../../src/shell/script-commands.ts";

const lines = (text: string) =>
  scriptCommands(text).map(({ words }) => words.map((word) => word.text).join(" "));

describe("shell scripts", () => {
  it.each([
    ["a && b; c | d &\ne", ["a", "b", "c", "d", "e"]],
    [`a "b && c" 'd;e' f\\ g # h\ni#j`, ["a b && c d;e f g", "i#j"]],
    [
      "if a; then b; else c; fi; for x in 1 2; do d; done; while e; do f; done",
      ["a", "b", "c", "d", "e", "f"],
    ],
    ["case $x in\n a|b) c ;;\n (d) e ;;\nesac\nf", ["c", "e", "f"]],
    ["f() { a; }\nfunction g { b; }\n(c; d) && { e; }", ["a", "b", "c", "d", "e"]],
    ["cat <<E >f\na; b\nE\nc", ["cat", "c"]],
    ["sh <<-E\n\ta\n\tE\nb", ["a", "b"]],
    ["[[ a && b ]] && c", ["[[ a b ]]", "c"]],
    ["a 2>&1 >/dev/null b", ["a b"]],
    ["x=(a b) c=d e", ["e"]],
  ])("%j", (text, expected) => expect(lines(text)).toEqual(expected));

  it("says which variables a word uses", () => {
    const [command] = parseShell("a \"$X ${Y:-$Z}\" '$N' $@").commands;
    expect(command!.words.flatMap(({ variables }) => variables)).toEqual(["X", "Y", "Z", "@"]);
  });

  it.each(["'", '"', "$(", "`", "${", "<<", "((", "case x in", "\\", "a=("])(
    "reads %j without an end",
    (text) => {
      for (const count of [1, 2, 5000]) expect(() => scriptCommands(text.repeat(count))).not.toThrow();
    },
  );
});
