import { bootstrap } from "../../api/bootstrap.ts";
import { configFromChanges } from "../../api/config-changes.ts";
import { importRootfs } from "../../api/rootfs-image.ts";
import { parsePlatform } from "../../core/platform.ts";
import { type CliContext, EXIT } from "../cli-context.ts";

type Handler = (context: CliContext) => Promise<number>;

interface ImportFlags {
  readonly change: readonly string[];
  readonly message?: string;
  readonly platform?: string;
}

export function importCommand(file: string, name: string, flags: ImportFlags): Handler {
  return async ({ environment, stdin, stdout, signal }) => {
    const image = await importRootfs(
      {
        source: file,
        stdin,
        name,
        ...(flags.message ? { message: flags.message } : {}),
        ...(flags.platform ? { platform: parsePlatform(flags.platform) } : {}),
        ...(flags.change.length > 0 ? { config: configFromChanges(flags.change) } : {}),
        signal,
      },
      environment,
    );
    stdout.write(`${image.id}\n`);
    return EXIT.ok;
  };
}

interface BootstrapFlags {
  readonly tag?: string;
  readonly mirror?: string;
  readonly variant: string;
  readonly include?: string;
  readonly components?: string;
}

export function bootstrapCommand(name: string, flags: BootstrapFlags): Handler {
  return async ({ environment, stdout, stderr, signal }) => {
    const { include, ...rest } = flags;
    const image = await bootstrap(
      {
        name,
        ...rest,
        ...(include ? { include: include.split(",") } : {}),
        onOutput: (chunk) => void stderr.write(chunk),
        signal,
      },
      environment,
    );
    stdout.write(`${image.id}\n`);
    return EXIT.ok;
  };
}
