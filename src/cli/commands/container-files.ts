import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { commitContainer, exportContainer } from "../../api/container-files.ts";
import { copyIn, copyOut } from "../../api/copy-container.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";

type Handler = (context: CliContext) => Promise<number>;

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

interface CopyFlags {
  readonly archive?: boolean;
  readonly followLink?: boolean;
}

/** `slipway cp` */
export function copyCommand(source: string, target: string, flags: CopyFlags): Handler {
  return async ({ environment, stdin, stdout }) => {
    const [from, to] = [containerPath(source), containerPath(target)];
    if ((from === undefined) === (to === undefined))
      throw new SlipwayError("USAGE", "one of source and target has to be in a container", {
        hint: "write CONTAINER:PATH for it",
      });
    const options = { archive: flags.archive ?? false, followsLink: flags.followLink ?? false };
    const here = (path: string) => ({ path: absolute(environment.cwd, path) });
    if (from)
      await copyOut({ ...options, ...from }, target === "-" ? { stream: stdout } : here(target), environment);
    if (to)
      await copyIn({ ...options, ...to }, source === "-" ? { stream: stdin } : here(source), environment);
    return EXIT.ok;
  };
}

/** `name:path`; a path of this machine with a colon in it is written with `./` or `/` in front. */
function containerPath(text: string): { readonly container: string; readonly path: string } | undefined {
  const colon = text.indexOf(":");
  if (colon <= 0 || /^[./]/.test(text)) return undefined;
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** A slash or `/.` at the end means something. */
function absolute(cwd: string, path: string): string {
  const end = /(?:^|\/)(\.?)$/.exec(path);
  const plain = resolve(cwd, path);
  if (!end || plain === "/") return end?.[1] === "." ? `${plain}/.` : plain;
  return end[1] === "." ? `${plain}/.` : `${plain}/`;
}
