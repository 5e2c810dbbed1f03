import { createInterface } from "node:readline/promises";
import { diskUsage, prune } from "../../api/prune.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { humanSize } from "../human.ts";
import { formatTable } from "../table.ts";

type Handler = (context: CliContext) => Promise<number>;

/** `slipway system df`. */
export function diskUsageCommand(flags: { readonly format: string }): Handler {
  return async ({ environment, stdout }) => {
    const usage = await diskUsage(environment);
    if (flags.format === "json") stdout.write(`${JSON.stringify(usage, null, 2)}\n`);
    else
      stdout.write(
        formatTable(
          ["TYPE", "TOTAL", "SIZE", "RECLAIMABLE"],
          usage.map(({ type, count, bytes, reclaimable }) => [
            type,
            String(count),
            humanSize(bytes),
            humanSize(reclaimable),
          ]),
        ),
      );
    return EXIT.ok;
  };
}

/** `slipway system prune`: asks first where somebody can answer. */
export function pruneCommand(flags: { readonly all?: boolean; readonly force?: boolean }): Handler {
  return async ({ environment, stdin, stdout, stderr }) => {
    if (!flags.force) {
      if (!stdin.isTTY)
        throw new SlipwayError("USAGE", "nobody is there to confirm", { hint: "add --force" });
      const prompt = createInterface({ input: stdin, output: stderr });
      const answer = await prompt.question(
        `This removes what no image needs${flags.all ? ", the whole build cache, and what cache mounts hold" : ""}. Continue? [y/N] `,
      );
      prompt.close();
      if (!/^y(es)?$/i.test(answer.trim())) return EXIT.ok;
    }
    const { removed, bytes } = await prune({ all: flags.all ?? false }, environment);
    stdout.write(`Removed ${removed} items\nTotal reclaimed space: ${humanSize(bytes)}\n`);
    return EXIT.ok;
  };
}
