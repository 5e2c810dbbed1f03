import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { commitContainer, diffContainer, exportContainer } from "../../api/container-files.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { writeText } from "../write-text.ts";

type Handler = (context: CliContext) => Promise<number>;

/** `slipway diff` */
export function diffCommand(name: string): Handler {
  return async ({ environment, stdout }) => {
    const changes = await diffContainer(name, environment);
    writeText(stdout, changes.map(({ kind, path }) => `${kind} ${path}\n`).join(""));
    return EXIT.ok;
  };
}

interface CommitFlags {
  readonly message?: string;
  readonly author?: string;
  readonly change: readonly string[];
}

/** `slipway commit`: prints the image's id. */
export function commitCommand(container: string, name: string | undefined, flags: CommitFlags): Handler {
  return async ({ environment, stdout }) => {
    const { message, author, change: changes } = flags;
    const id = await commitContainer(
      {
        container,
        changes,
        ...(name === undefined ? {} : { name }),
        ...(message === undefined ? {} : { message }),
        ...(author === undefined ? {} : { author }),
      },
      environment,
    );
    stdout.write(`${id}\n`);
    return EXIT.ok;
  };
}

/** `slipway export` */
export function exportCommand(name: string, { output }: { readonly output: string }): Handler {
  return async ({ environment, stdout }) => {
    if (output !== "-") {
      const file = createWriteStream(resolve(environment.cwd, output));
      await exportContainer(name, file, environment);
      file.end();
      await once(file, "close");
      return EXIT.ok;
    }
    if (stdout.isTTY)
      throw new SlipwayError("USAGE", "an archive is not written to a terminal", {
        hint: "use -o, or send the output elsewhere",
      });
    await exportContainer(name, stdout, environment);
    return EXIT.ok;
  };
}
