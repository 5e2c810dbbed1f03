import type { ProgressOutput, ProgressPrinter } from "./printer.ts";

/** Nothing but the image id, at the end of a build that made an image (SPEC CL --progress: quiet). */
export function quietPrinter(out: Pick<ProgressOutput, "write">): ProgressPrinter {
  return {
    handle: (event) => {
      if (event.type === "build.done" && event.imageId) out.write(`${event.imageId}\n`);
    },
    finish: () => {},
  };
}

export const SILENT: ProgressPrinter = { handle: () => {}, finish: () => {} };
