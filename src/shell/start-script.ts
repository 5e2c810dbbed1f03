import { parseShell, type Scope, type ShellCommand, type ShellScript } from "./commands.ts";
import { programOf } from "./program.ts";
import { isShellText } from "./script-commands.ts";
import { tokenize } from "./tokenize.ts";

/** What becomes of process 1 when a script starts a container. */
export interface StartScript {
  /**
   * `hands-over`: its last command takes the place of the shell. `stays`: the shell waits for it, and signals end at the shell.
   * `unknown`: it cannot be told, or the script is meant to stay: a loop, `wait`, functions of another file, nothing but builtins.
   */
  readonly ending: "hands-over" | "stays" | "unknown";
  /** The command that `stays` speaks of. */
  readonly last?: string;
  /** How many commands go to the background. */
  readonly background: number;
}

/** Commands of the shell itself, behind which there is no process. */
const BUILTINS = new Set([
  ...[
    "echo",
    "printf",
    ":",
    "true",
    "false",
    "test",
    "[",
    "[[",
    "set",
    "unset",
    "export",
    "readonly",
    "local",
  ],
  ...["cd", "trap", "read", "shift", "eval", "umask", "ulimit", "alias", "declare", "let", "kill", "type"],
  ...["continue", "break", "return", "exit", "source", ".", "shopt", "pushd", "popd", "hash", "jobs"],
]);
/** What says how a script ends, and is not its program. */
const LEAVING = new Set(["exit", "return"]);
const FOLLOWED = 8;

/**
 * Judges a script by the last command outside of functions; an `exec` in any branch of a last `if` or `case` counts. Scripts of
 * other languages are `unknown`.
 */
export function judgeStartScript(text: string): StartScript {
  if (!isShellText(text)) return { ending: "unknown", background: 0 };
  const script = parseShell(text);
  const background = tokenize(text).filter((token) => token.kind === "operator" && token.text === "&").length;
  return { ...new Ending(script).judge(), background };
}

type Judged = Omit<StartScript, "background">;

class Ending {
  readonly #commands: readonly ShellCommand[];
  readonly #functions = new Map<string, ShellCommand[]>();
  /** A function that is not here may do anything. */
  readonly #readsOthers: boolean;
  #followed = 0;

  constructor({ commands }: ShellScript) {
    this.#commands = commands;
    this.#readsOthers = commands.some(({ words }) => words[0]?.text === "." || words[0]?.text === "source");
    for (const command of commands) {
      const name = outermost(command)?.name;
      if (name === undefined) continue;
      const body = this.#functions.get(name);
      if (body) body.push(command);
      else this.#functions.set(name, [command]);
    }
  }

  judge(): Judged {
    const last = this.#commands.findLast(
      (command) => !isWithin(command, "function") && !LEAVING.has(command.words[0]?.text ?? ""),
    );
    if (!last) return { ending: "unknown" };
    const outer = outermost(last);
    return outer ? this.#scope(outer) : this.#command(last);
  }

  /** An `if`, a `case` or a group that stands last. */
  #scope(scope: Scope): Judged {
    const inside = this.#commands.filter((command) => outermost(command) === scope);
    if (inside.some((command) => isWithin(command, "loop"))) return { ending: "unknown" };
    const judged = inside.map((command) => this.#command(command));
    return (
      judged.find(({ ending }) => ending === "hands-over") ??
      judged.findLast(({ ending }) => ending === "stays") ?? { ending: "unknown" }
    );
  }

  #command(command: ShellCommand): Judged {
    const { words, before, after } = command;
    const [first] = words;
    if (!first || first.text === "wait" || after === "&" || before === "|" || after === "|")
      return { ending: "unknown" };
    if (isHandOver(command)) return { ending: "hands-over" };
    const program = programOf(command);
    if (first.text === "exec" || (program && BUILTINS.has(program.name))) return { ending: "unknown" };
    const body = this.#functions.get(first.text);
    if (body) return this.#called(body);
    if (this.#readsOthers && program?.path.text === first.text && !first.text.includes("/"))
      return { ending: "unknown" };
    return { ending: "stays", last: words.map(({ text }) => text).join(" ") };
  }

  /** A function ends as its last command does. */
  #called(body: readonly ShellCommand[]): Judged {
    if (this.#followed++ >= FOLLOWED) return { ending: "unknown" };
    if (body.some(isHandOver)) return { ending: "hands-over" };
    if (body.some((command) => isWithin(command, "loop") || command.words[0]?.text === "wait"))
      return { ending: "unknown" };
    const last = body.findLast(({ words }) => !LEAVING.has(words[0]?.text ?? ""));
    return last ? this.#command(last) : { ending: "unknown" };
  }
}

/** `exec` without a program only changes where the shell reads and writes. */
function isHandOver({ words }: ShellCommand): boolean {
  return words[0]?.text === "exec" && words.length > 1;
}

function outermost({ scope }: ShellCommand): Scope | undefined {
  return scope?.outermost ?? scope;
}

function isWithin({ scope }: ShellCommand, kind: Scope["kind"]): boolean {
  return scope?.kinds.has(kind) === true;
}
