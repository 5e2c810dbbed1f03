import { diskUsage, prune } from "../../api/prune.ts";
import { pruneContainers } from "../../api/remove-container.ts";
import { removeVolumes } from "../../api/volumes.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { isConfirmed } from "../confirm.ts";
import { humanSize } from "../human.ts";
import { formatTable } from "../table.ts";

interface PruneFlags {
  readonly all?: boolean;
  readonly volumes?: boolean;
  readonly force?: boolean;
}

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

/** `slipway system prune`: asks first where somebody can answer. Containers that do not run go first: they keep images. */
export function pruneCommand(flags: PruneFlags): Handler {
  return async (context) => {
    const orphans = flags.volumes ? ", anonymous volumes that no container has," : "";
    const cache = flags.all ? ", the whole build cache, and what cache mounts hold" : "";
    const what = `containers that do not run${orphans} and what no image needs${cache}`;
    if (!flags.force && !(await isConfirmed(context, what))) return EXIT.ok;
    const { environment, stdout } = context;
    const containers = await pruneContainers(environment);
    const unused = { kind: "unused", all: false, filters: [] } as const;
    const volumes = flags.volumes ? await removeVolumes(unused, environment) : { names: [], bytes: 0 };
    const { removed, bytes } = await prune({ all: flags.all ?? false }, environment);
    const count = containers.ids.length + volumes.names.length + removed;
    const freed = humanSize(containers.bytes + volumes.bytes + bytes);
    stdout.write(`Removed ${count} items\nTotal reclaimed space: ${freed}\n`);
    return EXIT.ok;
  };
}

/** `slipway container prune` */
export function pruneContainersCommand(flags: { readonly force?: boolean }): Handler {
  return async (context) => {
    if (!flags.force && !(await isConfirmed(context, "every container that does not run"))) return EXIT.ok;
    const { ids, bytes } = await pruneContainers(context.environment);
    const list = ids.length > 0 ? `Deleted Containers:\n${ids.map((id) => `${id}\n`).join("")}\n` : "";
    context.stdout.write(`${list}Total reclaimed space: ${humanSize(bytes)}\n`);
    return EXIT.ok;
  };
}
