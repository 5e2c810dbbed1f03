/**
 * Output of a build is written by whatever the Dockerfile runs. Shown as it is, it could move the cursor, retitle the
 * window, or hide text. Only tabs and colours (SGR sequences) pass.
 */

const RESET = "\u001b[0m";

/**
 * In this order: colours; other control sequences (CSI); strings to the terminal (OSC, DCS, SOS, PM, APC) where they end;
 * two-character escapes; control, line-separating and direction-changing characters, and bytes that are not UTF-8 (core/file-name).
 */
const SPECIAL =
  /(\u001b\[[0-9;:]*m)|\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[P\]X^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]?|([\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|(?<![\ud800-\udbff])[\udc80-\udcff])/g;

/** One line, safe to print: colours and tabs kept, other escape sequences dropped, other control characters made visible. */
export function safeLine(line: string): string {
  if (!needsWork(line)) return line;
  let coloured = false;
  const safe = line.replace(SPECIAL, (_match, colour: string | undefined, control: string | undefined) => {
    if (colour !== undefined) {
      coloured = true;
      return colour;
    }
    return control === undefined ? "" : visible(control);
  });
  return coloured && !safe.endsWith(RESET) ? safe + RESET : safe;
}

/** For names and messages: control characters are all made visible, so that a name does not look like another. */
export function safeName(text: string): string {
  return safeLine(text.replace(/\r?\n/g, " ").replaceAll("\u001b", "\\x1b"));
}

function needsWork(line: string): boolean {
  return /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|(?<![\ud800-\udbff])[\udc80-\udcff]/.test(
    line,
  );
}

function visible(control: string): string {
  const code = control.charCodeAt(0);
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
