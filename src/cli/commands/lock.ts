import type { LockOptions, LockResult } from "../../api/lock-options.ts";
import { lockSources } from "../../api/lock-sources.ts";
import { diffText } from "../../lock/lock-diff.ts";
import { LOCK_SECTIONS } from "../../lock/lock-entries.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { writeText } from "../write-text.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { buildArguments, buildOptions } from "./build-request.ts";
import type { LockFlags } from "./lock-flag-values.ts";

/** `slipway lock`: 0 where the lock is as it should be now; with `--verify` 1 where it is not (docs/exit-codes.md). */
export async function lockCommand(context: CliContext, path: string, flags: LockFlags): Promise<number> {
  const result = await lockSources(lockOptions(context, path, flags), context.environment);
  const { file, changes } = result;
  if (flags.format === "json")
    context.stdout.write(`${JSON.stringify({ file, changes, upToDate: changes.length === 0 }, null, 2)}\n`);
  else writeText(context.stdout, diffText(changes) + summary(result, flags.verify ?? false));
  return flags.verify && changes.length > 0 ? EXIT.failed : EXIT.ok;
}

function lockOptions(context: CliContext, path: string, flags: LockFlags): LockOptions {
  const { place, update } = placeAndNames(path, flags.update);
  // What both commands have is read in one way.
  const { file, stdin, platforms, buildContexts, secrets, ssh } = buildOptions(context, place, {
    ...NO_FLAGS,
    ...(flags.file === undefined ? {} : { file: flags.file }),
    buildContext: flags.buildContext,
    platform: flags.platform,
    secret: flags.secret,
    ssh: flags.ssh,
  });
  return {
    context: place,
    ...(file === undefined ? {} : { file }),
    ...(stdin ? { stdin } : {}),
    ...(platforms ? { platforms } : {}),
    ...(buildContexts ? { buildContexts } : {}),
    ...(secrets ? { secrets } : {}),
    ...(ssh ? { ssh } : {}),
    ...(flags.lockFile === undefined ? {} : { lockFile: flags.lockFile }),
    buildArgs: argumentValues(flags.buildArg, context.environment.variables),
    targets: flags.target,
    ...(update === undefined ? {} : { update }),
    verify: flags.verify ?? false,
    offline: flags.offline ?? false,
    onWarning: (message) => writeText(context.stderr, `WARNING: ${message}\n`),
    signal: context.signal,
  };
}

/** `lock --update .` means the folder: no image, URL or repository begins so. */
function placeAndNames(
  context: string,
  update: LockFlags["update"],
): { readonly place: string; readonly update?: true | readonly string[] } {
  if (update === undefined || update === true) return { place: context, ...(update ? { update } : {}) };
  const folders = update.filter((name) => /^(\.{0,2}\/|\.{1,2}$)/.test(name));
  if (context !== "." || folders.length !== 1) return { place: context, update };
  const names = update.filter((name) => name !== folders[0]);
  return { place: folders[0]!, update: names.length > 0 ? names : true };
}

/** Every value that an argument is given, in order. */
function argumentValues(
  list: readonly string[],
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, readonly string[]>> {
  const values: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(buildArguments([], variables))) values[name] = [value];
  for (const item of list) {
    const [name] = item.split("=", 1);
    const given = buildArguments([item], variables)[name!];
    if (given !== undefined) values[name!] = [...(values[name!] ?? []), given];
  }
  return values;
}

function summary({ file, entries, changes }: LockResult, isTrial: boolean): string {
  const total = LOCK_SECTIONS.reduce((sum, section) => sum + Object.keys(entries[section]).length, 0);
  const sources = `${total} ${total === 1 ? "source" : "sources"}`;
  if (changes.length === 0) return `${file} is up to date: ${sources}\n`;
  const counts = (["added", "changed", "removed"] as const)
    .map((kind) => [kind, changes.filter((change) => change.kind === kind).length] as const)
    .filter(([, count]) => count > 0);
  if (!isTrial)
    return `${file}: ${counts.map(([kind, count]) => `${count} ${kind}`).join(", ")}; ${sources}\n`;
  const words = { added: "missing", changed: "changed", removed: "no longer used" };
  const told = counts.map(([kind, count]) => `${count} ${words[kind]}`).join(", ");
  return `${file} is not up to date: ${told}. slipway lock adds and removes, slipway lock --update takes changes\n`;
}

const NO_FLAGS: BuildFlags = {
  annotation: [],
  addHost: [],
  allow: [],
  allowSecretLeak: [],
  buildArg: [],
  buildContext: [],
  call: [],
  hardenKeep: [],
  label: [],
  cache: true,
  lock: true,
  cacheFilter: [],
  output: [],
  platform: [],
  preflight: true,
  secret: [],
  ssh: [],
  tag: [],
  test: [],
  ulimit: [],
  resource: [],
  cpuPeriod: [],
  cpuQuota: [],
  cpuShares: [],
  cpusetCpus: [],
  cpusetMems: [],
  memory: [],
  memorySwap: [],
  attest: [],
  cacheFrom: [],
  cacheTo: [],
  provenance: [],
  isolation: [],
  sbom: [],
  securityOpt: [],
};
