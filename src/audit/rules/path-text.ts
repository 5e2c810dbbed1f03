import { printableName } from "../../core/file-name.ts";
import { shellWord } from "../../shell/shell-word.ts";

/** A path in a sentence: as it is where that is clear, in double quotes with escapes where a backslash of the name could be taken for one. */
export function shownPath(path: string): string {
  if (path === printableName(path) && !/[\\"\s]/.test(path)) return path;
  return `"${printableName(path.replaceAll(/[\\"]/g, "\\$&"))}"`;
}

/** The command that mends a file, to be pasted into a Dockerfile; where no quoting shows the name, a sentence. */
export function commandFix(command: string, path: string): string {
  const word = shellWord(path);
  return word === undefined
    ? `use ${command} where the file is made, or find -exec: its name has characters that cannot be shown`
    : `RUN ${command} ${word}`;
}
