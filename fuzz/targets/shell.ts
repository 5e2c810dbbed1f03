import { commandChain } from "../../src/image/command-chain.ts";
import { parseShell } from "../../src/shell/commands.ts";
import { programOf } from "../../src/shell/program.ts";
import { scriptCommands } from "../../src/shell/script-commands.ts";
import { shebangWords } from "../../src/shell/shebang.ts";
import { judgeStartScript } from "../../src/shell/start-script.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { text as oddText, word } from "../grammar/text.ts";

const PIECES = [
  "if a; then",
  "fi",
  "while :; do",
  "done",
  "for x in a b; do",
  "case $x in a|b)",
  ";;",
  "esac",
  "f() {",
  "}",
  "(",
  ")",
  "&&",
  "||",
  "|",
  "&",
  ";",
  "<<EOF",
  "EOF",
  "<<-'X'",
  "X",
  "> out",
  "2>&1",
  "$(a b)",
  "`a`",
  "${x:-$(y)}",
  '"$@"',
  "'q r'",
  "\\",
  "# c",
  "exec",
  "sh -c 'a; b'",
  "[[ a && b ]]",
  "sudo -u u x",
  "#!/usr/bin/env -S",
  "tini -p KILL --",
  "env A=b",
];

/** The reader of shell scripts, which never fails: a line in front of a script changes nothing behind it. */
export const shellTarget: Target = {
  name: "shell",
  about: "the reader of shell scripts for lint and audit: commands, programs, what a start script becomes",
  seeds: [
    '#!/bin/sh\nset -e\nif [ -f x ]; then . x; fi\ncase $1 in a|b) run ;; *) exec "$@" ;; esac\n',
    "apt-get update && apt-get install -y a=1 \\\n  b && rm -rf /var/lib/apt/lists/*",
    'cat <<EOF > /x\n$(a `b`) ${c:-"d"}\nEOF\nsh -ec \'exec nginx -g "daemon off;"\' &\nwait\n',
    "#!/usr/bin/env -vS A=b sh -eu 'x y'\ntini -- gosu u nice -n 5 run\n",
    "f() { (a; b) | { c; } ; }\nwhile read l; do [[ $l == x && y ]]; done < f\n",
  ].map((text) => Buffer.from(text)),
  dictionary: PIECES,
  mutators: [mutateLines],
  generate: (random) =>
    Buffer.from(
      random
        .several(1, 20, () =>
          random.chance(0.6) ? random.pick(PIECES) : random.chance(0.8) ? word(random) : oddText(random),
        )
        .join(random.pick([" ", "\n", "; "])),
    ),
  run: (input) => {
    const text = Buffer.from(input).toString("utf8");
    const { commands } = parseShell(text);
    const behind = parseShell(`:\n${text}`).commands;
    must(
      behind.length === commands.length + 1,
      () => `${commands.length} commands, and ${behind.length} with one in front`,
    );
    for (const [i, command] of commands.entries()) {
      const same = behind[i + 1]!;
      must(
        JSON.stringify([command.words, command.assignments]) ===
          JSON.stringify([same.words, same.assignments]),
        () => `command ${i} is another one behind a line`,
      );
      must(
        command.words.length + command.assignments.length + command.redirects.length > 0,
        () => `command ${i} is empty`,
      );
      programOf(command);
    }
    for (const command of scriptCommands(text)) programOf(command);
    judgeStartScript(text);
    readFirstLine(text);
  },
};

/** What it starts, and a command line of all words: each program of a chain is one of the words, also of those that `env -S` splits. */
function readFirstLine(text: string): void {
  const words = shebangWords(text);
  must(words === undefined || text.startsWith("#!"), () => "a first line without #!");
  for (const argv of [words ?? [], text.split(/[ \n]/), ["env", "-S", text]])
    for (const [program] of commandChain(argv))
      must(
        argv.some((word) => word.replace(/["'\\]/g, "").includes(program.replace(/["'\\]/g, ""))),
        () => `${program} was not named`,
      );
}
