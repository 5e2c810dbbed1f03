import { COLOURS, NO_COLOURS } from "./frame.ts";
import { jsonPrinter } from "./json.ts";
import { PlainPrinter } from "./plain.ts";
import type { ProgressMode, ProgressOutput, ProgressPrinter } from "./printer.ts";
import { quietPrinter, SILENT } from "./quiet.ts";
import { RawJsonPrinter } from "./rawjson.ts";
import { REAL_TIMING, TtyPrinter } from "./tty.ts";

/** The printer for a mode. `colours` is for `tty` only and true unless said otherwise; `debug` expands the warnings at the end. */
export function createProgress(
  mode: ProgressMode,
  out: ProgressOutput,
  options: { readonly colours?: boolean; readonly debug?: boolean } = {},
): ProgressPrinter {
  switch (mode) {
    case "auto":
      return createProgress(out.isTTY ? "tty" : "plain", out, options);
    case "tty":
      return new TtyPrinter(out, options.colours === false ? NO_COLOURS : COLOURS, REAL_TIMING, options);
    case "plain":
      return new PlainPrinter(out, options);
    case "json":
      return jsonPrinter(out);
    case "rawjson":
      return new RawJsonPrinter(out);
    case "quiet":
      return quietPrinter(out);
    case "none":
      return SILENT;
  }
}
