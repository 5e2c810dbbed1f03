/** Whether this is the name or a path of env(1). */
export function isEnv(program: string): boolean {
  return program === "env" || program.endsWith("/env");
}

/** Flags of env whose value is the next word. */
const VALUED = new Set(["-u", "-C", "--unset", "--chdir"]);
/** `-S TEXT`, `-STEXT`, `-iS TEXT`, `--split-string=TEXT`. */
const SPLIT = /^(?:-[0iv]*S(.*)|--split-string(?:=(.*))?)$/s;

/** Arguments of env as they are when it has split the text of its flag `-S` (GNU coreutils manual, "env invocation"). */
export function withoutSplit(words: readonly string[]): readonly string[] {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const split = SPLIT.exec(word);
    if (split) {
      const own = split[1] || split[2];
      const rest = words.slice(own ? at + 1 : at + 2);
      return [...words.slice(0, at), ...splitText(own || (words[at + 1] ?? "")), ...rest];
    }
    if (VALUED.has(word)) at += 1;
    else if (!word.startsWith("-") || word === "--") break;
  }
  return words;
}

/** Words apart, quotes and escapes removed. */
function splitText(text: string): string[] {
  const words = text.match(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/gs) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, "$1$2$3"));
}
