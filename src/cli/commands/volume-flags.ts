import type { Command } from "commander";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";

/** `slipway volume`: data that outlives containers. */
export function defineVolumes(program: Command, run: Run): void {
  const volume = program.command("volume").description("Look after volumes");
  volume
    .command("create")
    .description("Make a volume")
    .argument("[name]", "default: a name that nobody has")
    .option("--label <name=value>", "set a label", collect, [])
    .option("-d, --driver <driver>", "local is the only one", "local")
    .action((name: string | undefined, flags) =>
      run(async () => (await import("./volumes.ts")).createVolumeCommand(name, flags)),
    );
  volume
    .command("ls")
    .alias("list")
    .description("List volumes")
    .option("-q, --quiet", "print names only")
    .option("-f, --filter <name=value>", "dangling, driver, label, name", collect, [])
    .option("--format <format>", "table, json, or a template such as {{.Name}}", "table")
    .action((flags) => run(async () => (await import("./volumes.ts")).listVolumesCommand(flags)));
  volume
    .command("inspect")
    .description("Show volumes as JSON")
    .argument("<volume...>", "names")
    .option("-f, --format <template>", "a template such as {{.Mountpoint}}")
    .action((names: string[], flags) =>
      run(async () => (await import("./volumes.ts")).inspectVolumesCommand(names, flags)),
    );
  volume
    .command("rm")
    .alias("remove")
    .description("Remove volumes with their data")
    .argument("<volume...>", "names")
    .option("-f, --force", "a missing one is no error")
    .action((names: string[], flags) =>
      run(async () => (await import("./volumes.ts")).removeVolumesCommand(names, flags)),
    );
  volume
    .command("prune")
    .description("Remove anonymous volumes that no container has")
    .option("-a, --all", "those with a name, too")
    .option("--filter <name=value>", "label, name", collect, [])
    .option("-f, --force", "do not ask")
    .action((flags) => run(async () => (await import("./volumes.ts")).pruneVolumesCommand(flags)));
}
