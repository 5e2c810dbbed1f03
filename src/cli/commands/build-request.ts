import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { BuildOptions, SecretSource, SshSource } from "../../api/build-options.ts";
import { normalizeResources } from "../../api/resource-limits.ts";
import { parseGitUrl } from "../../context/git-url.ts";
import { parseKeyValues } from "../../core/csv.ts";
import { SlipwayError } from "../../core/errors.ts";
import { goBoolean } from "../../core/go-boolean.ts";
import { suggest } from "../../core/suggest.ts";
import type { HardenProfile } from "../../harden/profile.ts";
import { type OutputSpec, outputOf, parseOutput } from "../../output/output-spec.ts";
import { parseEntitlements } from "../../plan/entitlements.ts";
import type { CliContext } from "../cli-context.ts";
import { parseBytes } from "../parse-bytes.ts";
import { parseHost, parseUlimits } from "../parse-flags.ts";
import { legacyPairs, parseResources } from "../resource-flags.ts";
import type { BuildFlags } from "./build-flag-values.ts";
import { checkDeletions, DELETE_ENTITLEMENT } from "./local-delete.ts";

/** Turns the command line into the library's options (SPEC 8.1). Throws `USAGE` with the flag that is wrong. */
export function buildOptions(context: CliContext, path: string, flags: BuildFlags): BuildOptions {
  const { variables } = context.environment;
  const platforms =
    flags.platform.length > 0
      ? flags.platform
      : variables.DOCKER_DEFAULT_PLATFORM?.split(",").filter(Boolean);
  checkPlatforms(flags.platform);
  checkAttestations(flags.attest);
  if (!flags.cache && flags.cacheFilter.length > 0)
    throw usage("--no-cache and --no-cache-filter cannot be used together");
  if (path === "-" && flags.file === "-")
    throw usage(
      "invalid argument: can't use stdin for both build context and dockerfile",
      "give one of them as a file or folder: `-f - .`, or `-` for a context that holds the Dockerfile",
    );
  const readsStdin = path === "-" || flags.file === "-";
  return {
    context: path,
    ...(flags.file ? { file: flags.file } : {}),
    ...(readsStdin ? { stdin: context.stdin } : {}),
    tags: flags.tag,
    ...(flags.target ? { target: flags.target } : {}),
    buildArgs: buildArguments(flags.buildArg, variables),
    labels: pairs("--label", flags.label, ""),
    platforms: platforms ?? [],
    buildContexts: pairs("--build-context", flags.buildContext),
    noCache: !flags.cache,
    noCacheFilter: flags.cacheFilter,
    pull: flags.pull ?? false,
    ...lockOptions(flags),
    ...(flags.test.length > 0 ? { tests: flags.test } : {}),
    ...(flags.harden === undefined ? {} : { harden: flags.harden as HardenProfile }),
    ...(flags.hardenKeep.length > 0 ? { hardenKeep: flags.hardenKeep } : {}),
    push: flags.push ?? false,
    load: flags.load ?? false,
    reproducible: flags.reproducible ?? false,
    secrets: Object.fromEntries(flags.secret.map((spec) => parseSecret(spec, context))),
    ...(flags.allowSecretLeak.length > 0 ? { allowSecretLeaks: flags.allowSecretLeak } : {}),
    ssh: agents(path, flags.ssh, variables),
    ...(flags.network ? { network: networkMode(flags.network) } : {}),
    allow: entitlements(flags),
    addHosts: flags.addHost.flatMap(parseHost),
    ...(flags.shmSize ? { shmSize: parseBytes("--shm-size", flags.shmSize) } : {}),
    ulimits: parseUlimits(flags.ulimit),
    resources: resourcesOf(flags),
    ...(flags.cgroupParent ? { cgroupParent: flags.cgroupParent } : {}),
    ...(flags.runtime ? { runtime: flags.runtime } : {}),
    preflight: flags.preflight,
    outputs: staysInCache(flags, variables)
      ? [outputOf("cacheonly")]
      : outputs(flags, context.environment.cwd),
    annotations: flags.annotation,
  };
}

/** What the sources of a build are pinned to, and whether they may be asked for at all. */
export function lockOptions({
  lock,
  lockFile,
  locked,
  offline,
}: Pick<BuildFlags, "lock" | "lockFile" | "locked" | "offline">) {
  return {
    lock,
    ...(lockFile === undefined ? {} : { lockFile }),
    ...(locked ? { locked } : {}),
    ...(offline ? { offline } : {}),
  };
}

/** The library takes what is empty for what was not given. */
function checkPlatforms(platforms: readonly string[]): void {
  if (platforms.some((platform) => platform.trim() === ""))
    throw usage('--platform has an empty name of a platform: ""', "write --platform linux/amd64,linux/arm64");
}

/** Attestations are not made yet, but what nobody could read is wrong all the same (SPEC 8.1, --attest). */
function checkAttestations(specs: readonly string[]): void {
  for (const spec of specs) {
    const fields = parseKeyValues(spec);
    const bare = spec === "" ? "" : fields.find(({ value }) => value === undefined)?.key;
    const hint = "write --attest type=sbom or --attest type=provenance,mode=max";
    if (bare !== undefined) throw usage(`--attest has an invalid value ${JSON.stringify(bare)}`, hint);
    const valueOf = (name: string) => fields.findLast(({ key }) => key === name)?.value;
    const type = valueOf("type");
    if (!type) throw usage(`--attest ${JSON.stringify(spec)}: attestation type not specified`, hint);
    if (type !== "sbom" && type !== "provenance")
      throw usage(`unknown attestation type ${JSON.stringify(type)}`, nearest(type, ["sbom", "provenance"]));
    const disabled = valueOf("disabled");
    if (disabled !== undefined && goBoolean(disabled) === undefined)
      throw usage(`--attest has an invalid value "disabled=${disabled}"`, "write disabled=true");
  }
}

/** The older flags first, so that `--resource` wins. */
function resourcesOf(flags: BuildFlags) {
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = flags;
  const legacy = legacyPairs({
    memory,
    "memory-swap": memorySwap,
    "cpu-shares": cpuShares,
    "cpu-period": cpuPeriod,
    "cpu-quota": cpuQuota,
    "cpuset-cpus": cpusetCpus,
    "cpuset-mems": cpusetMems,
  });
  return normalizeResources(parseResources([...legacy, ...flags.resource]));
}

function outputs({ output, allow }: BuildFlags, cwd: string): OutputSpec[] {
  const parsed = output.map(parseOutput);
  checkDeletions(parsed, allow, cwd);
  if (parsed.filter(({ dest }) => dest === "-").length > 1)
    throw usage("only one output can go to standard output");
  return parsed;
}

/** `k=v`; a bare `k` takes the environment's value and is left out where that is not set. SOURCE_DATE_EPOCH comes along (SPEC CL-04). */
export function buildArguments(
  list: readonly string[],
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const out: Record<string, string> = {};
  if (variables.SOURCE_DATE_EPOCH) out.SOURCE_DATE_EPOCH = variables.SOURCE_DATE_EPOCH;
  for (const item of list) {
    const [key, value] = splitPair(item);
    if (key === "")
      throw usage(`--build-arg ${JSON.stringify(item)} has no name`, "write --build-arg NAME=VALUE");
    const given = value ?? variables[key];
    if (given !== undefined) out[key] = given;
  }
  return out;
}

export function pairs(flag: string, list: readonly string[], missing?: string): Record<string, string> {
  return Object.fromEntries(
    list.map((item) => {
      const [key, value = missing] = splitPair(item);
      if (key === "" || value === undefined)
        throw usage(`${flag} ${JSON.stringify(item)} is not name=value`, `write ${flag} NAME=VALUE`);
      return [key, value];
    }),
  );
}

const SECRET_KEYS = ["id", "src", "source", "env", "type"];

/** `id=`, `src=` or `source=`, `env=`, `type=file|env` (SPEC 8.1, --secret). */
function parseSecret(spec: string, context: CliContext): [string, SecretSource] {
  const fields = new Map(
    parseKeyValues(spec).map(({ key, value }) => [key === "source" ? "src" : key, value ?? ""]),
  );
  for (const key of fields.keys())
    if (!SECRET_KEYS.includes(key))
      throw usage(`--secret has an unexpected key ${JSON.stringify(key)}`, nearest(key, SECRET_KEYS));
  const type = fields.get("type");
  if (type !== undefined && type !== "file" && type !== "env")
    throw usage(`--secret has an unsupported type ${JSON.stringify(type)}`, nearest(type, ["file", "env"]));
  const id = fields.get("id");
  if (!id)
    throw usage(`--secret ${JSON.stringify(spec)}: secret missing ID`, "write --secret id=NAME,src=FILE");
  const env = fields.get("env") ?? (type === "env" ? (fields.get("src") ?? id) : undefined);
  if (env !== undefined && type !== "file") return [id, { env }];
  const hasVariable =
    type === undefined && !fields.has("src") && context.environment.variables[id] !== undefined;
  return [id, hasVariable ? { env: id } : { file: fields.get("src") ?? id }];
}

/** A context that is fetched over ssh uses the agent that is running, also where nobody says so (SPEC 8.1, --ssh). */
function agents(
  path: string,
  specs: readonly string[],
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, SshSource>> {
  const given = Object.fromEntries(specs.map((spec) => parseSsh(spec, variables)));
  const socket = variables.SSH_AUTH_SOCK;
  const isImplied = socket && parseGitUrl(path, { context: true })?.transport === "ssh";
  return isImplied ? { default: { socket }, ...given } : given;
}

/** `default` or an id, alone for the agent that is running, else `=` a socket or private keys (SPEC 8.1, --ssh). */
function parseSsh(spec: string, variables: Readonly<Record<string, string>>): [string, SshSource] {
  const [id, given] = splitPair(spec);
  const paths = (given ?? variables.SSH_AUTH_SOCK)?.split(",").filter(Boolean) ?? [];
  if (paths.length === 0)
    throw usage(
      `--ssh ${spec}: no agent is running (SSH_AUTH_SOCK is not set)`,
      "start ssh-agent, or give ID=SOCKET or ID=KEYFILE",
    );
  const kinds = paths.map((path) => statSync(resolve(path), { throwIfNoEntry: false }));
  const missing = paths.find((_, at) => !kinds[at]);
  if (missing) throw usage(`--ssh ${spec}: there is no ${resolve(missing)}`);
  const sockets = kinds.filter((kind) => kind?.isSocket()).length;
  if (sockets === 0) return [id, { keys: paths.map((path) => resolve(path)) }];
  if (paths.length > 1) throw usage(`--ssh ${spec}: give one socket, or keys`);
  return [id, { socket: resolve(paths[0]!) }];
}

/** Without an output the image goes into the store, unless the environment says otherwise (SPEC CL-02). */
export function staysInCache(
  { output, load, push }: BuildFlags,
  variables: Readonly<Record<string, string>>,
): boolean {
  return !(output.length > 0 || load || push) && goBoolean(variables.BUILDX_NO_DEFAULT_LOAD ?? "") === true;
}

/** What the build itself may do; a request that makes `host` the default network allows it, too. */
function entitlements({ allow, network }: BuildFlags): readonly string[] {
  parseEntitlements(allow);
  const own = allow.filter((entitlement) => entitlement !== DELETE_ENTITLEMENT);
  return network === "host" ? [...own, "network.host"] : own;
}

function networkMode(text: string): "default" | "none" | "host" {
  if (text === "default" || text === "none" || text === "host") return text;
  throw usage(
    `network mode ${JSON.stringify(text)} is not known`,
    nearest(text, ["default", "none", "host"]),
  );
}

function nearest(word: string, known: readonly string[]): string {
  const near = suggest(word, known);
  return near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
}

function splitPair(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function usage(message: string, hint?: string): SlipwayError {
  return new SlipwayError("USAGE", message, hint ? { hint } : {});
}
