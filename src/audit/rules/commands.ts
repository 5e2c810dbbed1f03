import type { Entry } from "../../core/file-tree.ts";
import { commandChain } from "../../image/command-chain.ts";
import { isShellForm } from "../../image/command-form.ts";
import type { ContainerConfig } from "../../image/config.ts";
import { INITS, LENDERS, PACKAGE_MANAGERS, programName, SHELLS } from "../../image/known-programs.ts";
import type { LayerTree } from "../../layer/tree.ts";
import { findProgram } from "../../runtime/find-program.ts";
import { judgeStartScript } from "../../shell/start-script.ts";
import { type Finding, finding, type Origin } from "../finding.ts";

/** The program that a container of the image is for, behind inits and what else only starts others. */
export interface StartProgram {
  /** Undefined where the image has no such program. */
  readonly file: Entry | undefined;
  /** The command line, where a shell is told one. */
  readonly shellLine: string | undefined;
  readonly isBehindInit: boolean;
}

/** What ENTRYPOINT and CMD come to, looked up in the image. */
export function startProgram(config: ContainerConfig, tree: LayerTree): StartProgram | undefined {
  const { Entrypoint = [], Cmd = [] } = config;
  const chain = commandChain([...Entrypoint, ...(isShellForm(config, Entrypoint) ? [] : Cmd)]);
  const words = chain.at(-1);
  if (words === undefined) return undefined;
  const isLine = SHELLS.has(programName(words[0])) && words[1] === "-c";
  return {
    file: findProgram(words[0], config, tree)?.file,
    shellLine: isLine ? words[2] : undefined,
    isBehindInit: chain.some(([program]) => INITS.has(programName(program))),
  };
}

/** What is wrong with how a container starts. `script` is the text of the start program, where it is a script of a shell. */
export function startFindings(program: StartProgram, script: string | undefined, origin: Origin): Finding[] {
  if (program.isBehindInit) return [];
  const text = script ?? program.shellLine;
  if (text === undefined) return [];
  const found: Finding[] = [];
  const subject = script === undefined ? "CMD" : `/${program.file!.path}`;
  const { background, ending, last } = judgeStartScript(text);
  if (background > 0)
    found.push(
      finding("NoInit", {
        subject,
        message: `${subject} starts ${background} ${background === 1 ? "process" : "processes"} in the background, and process 1 is a shell, no init`,
        fix: 'put an init in front: ENTRYPOINT ["tini", "--", …], or start the container with --init',
        origin,
      }),
    );
  else if (script !== undefined && ending === "stays")
    found.push(
      finding("ScriptWithoutExec", {
        subject,
        message: `${subject} ends with ${shown(last ?? "")} without exec: the shell stays process 1, and the program behind it gets no signal`,
        fix: 'start the program with exec, as in exec "$@"',
        origin,
      }),
    );
  return found;
}

/** The name of the program: what follows it may be a secret. */
function shown(command: string): string {
  return command.trim().split(/\s/, 1)[0]!;
}

const PROGRAM_FOLDERS = /^(?:usr\/(?:local\/)?)?s?bin\/([^/]+)$/;

/** Programs in the places for programs that a runtime image had better not have. */
export class UnneededPrograms {
  readonly #needsShell: boolean;
  readonly #shells: string[] = [];
  readonly #managers: string[] = [];
  readonly #sudo: { readonly path: string; readonly origin: Origin }[] = [];

  constructor(needsShell: boolean) {
    this.#needsShell = needsShell;
  }

  add(entry: Entry, origin: Origin): void {
    if (entry.type !== "file" && entry.type !== "symlink") return;
    const name = PROGRAM_FOLDERS.exec(entry.path)?.[1];
    if (name === undefined) return;
    if (LENDERS.has(name)) this.#sudo.push({ path: `/${entry.path}`, origin });
    if (SHELLS.has(name)) this.#shells.push(`/${entry.path}`);
    if (PACKAGE_MANAGERS.has(name)) this.#managers.push(`/${entry.path}`);
  }

  findings(): Finding[] {
    const found = this.#sudo.map(({ path, origin }) =>
      finding("SudoPresent", {
        subject: path,
        message: `${path} hands out root's rights`,
        fix: "do what needs root in RUN, and leave it out of the image",
        origin,
      }),
    );
    if (this.#shells.length > 0 && !this.#needsShell)
      found.push(
        finding("ShellPresent", {
          subject: "shells",
          message: `the command needs no shell, and there are ${this.#shells.join(", ")}`,
          fix: "copy what runs into a base without one",
          facts: { paths: this.#shells },
        }),
      );
    if (this.#managers.length > 0)
      found.push(
        finding("PackageManagerPresent", {
          subject: "package managers",
          message: `there are ${this.#managers.join(", ")}`,
          fix: "copy what runs into a base without one",
          facts: { paths: this.#managers },
        }),
      );
    return found;
  }
}
