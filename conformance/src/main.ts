import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildkit, buildkitVersion } from "./builders/buildkit.ts";
import { slipway } from "./builders/slipway.ts";
import { type Case, loadCases } from "./case.ts";
import { generateCase } from "./generate/generate.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { isClean, renderCase, renderJson, renderSummary, unseenDifferences } from "./report.ts";
import { ResultCache } from "./result-cache.ts";
import { type CaseResult, runCase, type Surroundings } from "./run-case.ts";
import { Services } from "./services/services.ts";

/** No difference; some; a wrong call; no BuildKit to compare with; ended by a signal. */
const EXIT = { clean: 0, differences: 1, usage: 2, noBuildkit: 3, stopped: 130 } as const;

/** Runs the suite that lies in `home`; gives the exit code. */
export async function main(args: readonly string[], home: string): Promise<number> {
  try {
    const options = parseOptions(args, process.env);
    if (options.random > 0) return await compareGenerated(options, home);
    const cases = chooseCases(home, options);
    if (options.list) return say(cases.map(({ name }) => `${name}\n`).join(""), EXIT.clean);
    return await compareAll(cases, options, home);
  } catch (error) {
    process.stderr.write(`conformance: ${(error as Error).message}\n\n${USAGE}`);
    return EXIT.usage;
  }
}

function say(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}

function chooseCases(home: string, options: Options): readonly Case[] {
  const all = loadCases(join(home, "cases"));
  const pattern = options.only === undefined ? undefined : new RegExp(options.only);
  const chosen = pattern ? all.filter(({ name }) => pattern.test(name)) : all;
  if (chosen.length === 0) throw new TypeError(`no case matches ${options.only}`);
  return chosen;
}

/** Cases of `--random` seeds from `--seed` on; those that differ are kept where `--save` says. */
function compareGenerated(options: Options, home: string): Promise<number> {
  return inTemporaryFolder("slipway-generated-", (folder) => {
    const cases = Array.from({ length: options.random }, (_, index) =>
      generateCase(options.seed + index, folder),
    );
    return compareAll(cases, options, home);
  });
}

/** The folder is gone afterwards, also after a signal. */
async function inTemporaryFolder(prefix: string, work: (folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const endEarly = () => {
    remove();
    process.exit(EXIT.stopped);
  };
  process.on("SIGINT", endEarly).on("SIGTERM", endEarly);
  try {
    return await work(folder);
  } finally {
    process.off("SIGINT", endEarly).off("SIGTERM", endEarly);
    remove();
  }
}

function compareAll(cases: readonly Case[], options: Options, home: string): Promise<number> {
  return inTemporaryFolder("slipway-conformance-", async (folder) => {
    const version = await buildkitVersion(options.docker, folder);
    if (!version) {
      const command = options.docker.join(" ");
      const needed = `\`${command} buildx version\` and \`${command} version\` must work`;
      return say(`No BuildKit: ${needed}.\n`, EXIT.noBuildkit);
    }
    const services = await Services.start(folder);
    try {
      const around = surroundings(options, { folder, home, version, services });
      return finish(await runAll(cases, options, around), options);
    } finally {
      services.stop();
    }
  });
}

function surroundings(
  options: Options,
  { folder, home, version, services }: { folder: string; home: string; version: string; services: Services },
): Surroundings {
  const bases = createHash("sha256")
    .update([...services.registry.baseLayers].sort().join())
    .digest("hex");
  return {
    buildkit: buildkit(options.docker),
    slipway: slipway(join(home, "../dist/cli.js"), join(folder, "home")),
    services,
    cache: new ResultCache(options.cache, { version: `${version} ${bases}`, refresh: options.refresh }),
    folder,
  };
}

/** A case is reported when it is done, so not always in order. */
async function runAll(
  cases: readonly Case[],
  options: Options,
  around: Surroundings,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  let next = 0;
  const work = async () => {
    while (next < cases.length) {
      const index = next++;
      results[index] = await runCase(cases[index]!, around);
      saveCase(cases[index]!, results[index]!, options);
      if (options.json !== "-") process.stdout.write(renderCase(results[index]!, options.show));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return results;
}

function saveCase(each: Case, { verdict }: CaseResult, { save }: Options): void {
  if (save && ["differs", "broken"].includes(verdict))
    cpSync(each.folder, join(save, basename(each.folder)), { recursive: true });
}

function finish(results: readonly CaseResult[], options: Options): number {
  const isWhole = options.only === undefined && options.random === 0;
  const unseen = isWhole ? unseenDifferences(results) : [];
  const code = isClean(results, unseen) ? EXIT.clean : EXIT.differences;
  if (options.json === "-") return say(renderJson(results, unseen), code);
  if (options.json) writeFileSync(options.json, renderJson(results, unseen));
  return say(renderSummary(results, unseen), code);
}
