import { tokenize } from "./tokenize.ts";
import type { ShellOperator, ShellRedirect, ShellToken, ShellWord } from "./tokens.ts";

export type ScopeKind = "if" | "case" | "loop" | "group" | "subshell" | "function";

/** What a command stands in. */
export interface Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | undefined;
  /** The one around it and all others that has none around itself; undefined where it is that one. */
  readonly outermost: Scope | undefined;
  /** Its own kind, and those of all around it. */
  readonly kinds: ReadonlySet<ScopeKind>;
  /** Of a function. */
  readonly name?: string;
}

/** A simple command. */
export interface ShellCommand {
  /** Name and arguments; assignments in front of it are not among them. */
  readonly words: readonly ShellWord[];
  readonly assignments: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
  /** The operator in front and the one behind: empty at both ends of the script. */
  readonly before: string;
  readonly after: string;
  readonly scope: Scope | undefined;
}

export interface ShellScript {
  readonly commands: readonly ShellCommand[];
  /** What stands last outside of everything else. */
  readonly last: ShellCommand | Scope | undefined;
}

const OPENERS: ReadonlyMap<string, ScopeKind> = new Map([
  ["if", "if"],
  ["case", "case"],
  ["for", "loop"],
  ["select", "loop"],
  ["while", "loop"],
  ["until", "loop"],
  ["{", "group"],
]);
const CLOSERS: ReadonlyMap<string, readonly ScopeKind[]> = new Map([
  ["fi", ["if"]],
  ["esac", ["case"]],
  ["done", ["loop"]],
  ["}", ["group"]],
]);
const PASSED = new Set(["then", "else", "elif", "do", "!", "time"]);
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

/** Reads a script into its simple commands, flat and in order, each with what it stands in. It never fails. */
export function parseShell(text: string): ShellScript {
  return new CommandReader(tokenize(text)).run();
}

function scopeIn(parent: Scope | undefined, kind: ScopeKind, functionName: string | undefined): Scope {
  const own = functionName === undefined ? kind : "function";
  return {
    kind: own,
    parent,
    outermost: parent && (parent.outermost ?? parent),
    kinds: parent?.kinds.has(own) ? parent.kinds : new Set([...(parent?.kinds ?? []), own]),
    ...(functionName === undefined ? {} : { name: functionName }),
  };
}

interface Draft {
  words: ShellWord[];
  assignments: ShellWord[];
  redirects: ShellRedirect[];
}

class CommandReader {
  readonly #tokens: readonly ShellToken[];
  readonly #commands: ShellCommand[] = [];
  #at = 0;
  #draft: Draft = { words: [], assignments: [], redirects: [] };
  #before = "";
  #scope: Scope | undefined;
  /** How many kinds of brackets stand around: what `#scope.kind` says for a function is not how it is closed. */
  #closes: ScopeKind[] = [];
  #functionName: string | undefined;
  #last: ShellCommand | Scope | undefined;

  constructor(tokens: readonly ShellToken[]) {
    this.#tokens = tokens;
  }

  run(): ShellScript {
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.kind === "operator") this.#operator(token);
      else if (token.kind === "redirect") this.#draft.redirects.push(token);
      else this.#word(token);
    }
    this.#end("");
    return { commands: this.#commands, last: this.#last };
  }

  get #isAtCommand(): boolean {
    return this.#draft.words.length === 0 && this.#draft.assignments.length === 0;
  }

  #word(word: ShellWord): void {
    if (this.#isAtCommand && word.plain && this.#reserved(word.text)) return;
    if (this.#draft.words.length === 0 && ASSIGNMENT.test(word.text)) this.#draft.assignments.push(word);
    else this.#draft.words.push(word);
    if (this.#draft.words.length === 1 && word.plain && word.text === "[[") this.#test();
  }

  #reserved(text: string): boolean {
    const opened = OPENERS.get(text);
    const closed = CLOSERS.get(text);
    if (text === "function") {
      const name = this.#tokens[this.#at + 1];
      if (name?.kind === "word") this.#functionName = name.text;
      this.#at++;
      this.#skipParentheses();
    } else if (opened) {
      this.#open(opened);
      if (text === "case") this.#skipTo("in", []);
      else if (text === "for" || text === "select") this.#skipTo("do", [";", "\n"]);
      if (text === "case") this.#skipPattern();
    } else if (closed) this.#close(closed);
    else return PASSED.has(text);
    return true;
  }

  #operator({ text }: ShellOperator): void {
    if (text === "(" && this.#isAtCommand) this.#open("subshell");
    else if (text === "(" && this.#draft.words.length === 1) this.#defineFunction();
    else if (text === ")") {
      this.#end(text);
      this.#close(["subshell"]);
    } else {
      this.#end(text);
      if (text.startsWith(";;") || text === ";&") this.#skipPattern();
    }
  }

  #defineFunction(): void {
    this.#functionName = this.#draft.words[0]!.text;
    this.#draft = { words: [], assignments: [], redirects: [] };
    const next = this.#tokens[this.#at + 1];
    if (next?.kind === "operator" && next.text === ")") this.#at++;
  }

  #skipParentheses(): void {
    for (const text of ["(", ")"]) {
      const next = this.#tokens[this.#at + 1];
      if (next?.kind === "operator" && next.text === text) this.#at++;
    }
  }

  #open(kind: ScopeKind): void {
    this.#closes.push(kind);
    this.#scope = scopeIn(this.#scope, kind, this.#functionName);
    this.#functionName = undefined;
    if (this.#scope.parent === undefined) this.#last = this.#scope;
    this.#before = "";
  }

  #close(kinds: readonly ScopeKind[]): void {
    if (!kinds.includes(this.#closes.at(-1) ?? "function")) return;
    this.#closes.pop();
    this.#scope = this.#scope?.parent;
  }

  /** The head of `for` and of `case` names things, and runs nothing. */
  #skipTo(word: string, operators: readonly string[]): void {
    for (this.#at++; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.kind === "word" && token.plain && token.text === word) return;
      if (token.kind === "operator" && operators.includes(token.text)) return;
    }
  }

  /** A pattern of `case`, up to its parenthesis; `esac` ends them. */
  #skipPattern(): void {
    for (this.#at++; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.kind === "operator" && token.text === ")") return;
      if (token.kind === "word" && token.plain && token.text === "esac") {
        this.#close(["case"]);
        return;
      }
    }
  }

  /** `[[ a && b ]]` is one command. */
  #test(): void {
    for (this.#at++; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at]!;
      if (token.kind !== "word") continue;
      this.#draft.words.push(token);
      if (token.plain && token.text === "]]") return;
    }
  }

  #end(operator: string): void {
    const draft = this.#draft;
    const isEmpty = this.#isAtCommand && draft.redirects.length === 0;
    if (!isEmpty) {
      const command = { ...draft, before: this.#before, after: operator, scope: this.#scope };
      this.#commands.push(command);
      if (this.#scope === undefined) this.#last = command;
    }
    this.#draft = { words: [], assignments: [], redirects: [] };
    if (!isEmpty || operator !== "\n") this.#before = operator;
  }
}
