import type { ContainerConfig } from "./config.ts";

const DEFAULT_SHELL = ["/bin/sh", "-c"];

/** Whether an ENTRYPOINT or CMD is the image's shell with one command line: what the shell form of the instruction makes. */
export function isShellForm({ Shell }: ContainerConfig, words: readonly string[]): boolean {
  const shell = Shell && Shell.length > 0 ? Shell : DEFAULT_SHELL;
  return words.length === shell.length + 1 && shell.every((word, i) => words[i] === word);
}
