import { loadImages } from "../../api/load.ts";
import { pull, push, save } from "../../api/transfer.ts";
import type { Digest } from "../../core/digest.ts";
import { SlipwayError } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { humanSize } from "../human.ts";

type Handler = (context: CliContext) => Promise<number>;

export function pullCommand(
  name: string,
  flags: { readonly platform?: string; readonly quiet?: boolean },
): Handler {
  return async (context) => {
    const { name: pulled, descriptor } = await pull(
      {
        name,
        ...(flags.platform ? { platform: parsePlatform(flags.platform) } : {}),
        ...(flags.quiet ? {} : { onProgress: transferLines(context) }),
        signal: context.signal,
      },
      context.environment,
    );
    context.stdout.write(flags.quiet ? `${pulled}\n` : `Digest: ${descriptor.digest}\n${pulled}\n`);
    return EXIT.ok;
  };
}

export function pushCommand(name: string, flags: { readonly quiet?: boolean }): Handler {
  return async (context) => {
    const pushed = await push(
      { name, ...(flags.quiet ? {} : { onProgress: transferLines(context) }), signal: context.signal },
      context.environment,
    );
    context.stdout.write(flags.quiet ? `${pushed.name}\n` : `${pushed.name}: digest: ${pushed.digest}\n`);
    return EXIT.ok;
  };
}

/** One line per blob when it is complete, with its size. */
function transferLines({ stderr }: CliContext): (item: Digest, current: number, total: number) => void {
  const done = new Set<Digest>();
  return (item, current, total) => {
    if (current < total || done.has(item)) return;
    done.add(item);
    stderr.write(`${item.slice(7, 19)}: done (${humanSize(total)})\n`);
  };
}

const FORMATS = ["docker", "oci-archive", "oci-dir"] as const;

export function saveCommand(
  names: readonly string[],
  flags: { readonly output: string; readonly format: string },
): Handler {
  return async ({ environment, stdout, signal }) => {
    const format = FORMATS.find((known) => known === flags.format);
    if (!format)
      throw new SlipwayError("USAGE", `format ${JSON.stringify(flags.format)} is not known`, {
        hint: `use one of ${FORMATS.join(", ")}`,
      });
    await save({ names, output: flags.output, format, stdout, signal }, environment);
    return EXIT.ok;
  };
}

export function loadCommand(flags: { readonly input: string; readonly quiet?: boolean }): Handler {
  return async ({ environment, stdin, stdout, signal }) => {
    if (flags.input === "-" && stdin.isTTY)
      throw new SlipwayError("USAGE", "requested load from stdin, but stdin is empty", {
        hint: "give a file with -i",
      });
    for (const { name, descriptor } of await loadImages({ source: flags.input, stdin, signal }, environment))
      stdout.write(
        name
          ? `${flags.quiet ? "" : "Loaded image: "}${name}\n`
          : `${flags.quiet ? "" : "Loaded image ID: "}${descriptor.digest}\n`,
      );
    return EXIT.ok;
  };
}
