import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { makeFolders } from "../sys/make-folders.ts";
import { type Environment, runProcess } from "../sys/process.ts";
import type { GitSource } from "./git-url.ts";
import { basicAuthorization } from "./source-auth.ts";

/** How a repository may be reached. */
export interface GitAccess {
  /** `PATH` for git and ssh, and proxy variables; nothing else of it reaches git. */
  readonly env: Environment;
  /** An own empty folder; serves git as its home. */
  readonly tempDir: string;
  /** Authorization header for http(s) remotes; wins over credentials in the URL (SPEC AD-08). */
  readonly authorization?: string;
  /** Socket of an ssh agent. Keys in the home folder are never used. */
  readonly sshAgentSocket?: string;
  /** Content of a known_hosts file; left out: a host's key is taken as it comes. */
  readonly knownHosts?: string;
  /** Allow `file://`; for tests and for callers that know what they do. */
  readonly allowFile?: boolean;
  readonly signal?: AbortSignal;
  /** For the whole of one git command; default 30 minutes. */
  readonly timeoutMs?: number;
}

/** Runs git shut off from this machine's configuration, hooks, helpers and prompts. */
export class GitCommand {
  readonly #source: GitSource;
  readonly #access: GitAccess;
  readonly #env: Environment;

  private constructor(source: GitSource, access: GitAccess, env: Environment) {
    this.#source = source;
    this.#access = access;
    this.#env = env;
  }

  static async create(source: GitSource, access: GitAccess): Promise<GitCommand> {
    makeFolders(access.tempDir);
    const hosts = join(access.tempDir, "known_hosts");
    if (source.transport === "ssh") await writeFile(hosts, access.knownHosts ?? "");
    return new GitCommand(source, access, environment(source, access, hosts));
  }

  /** Output of a command. Throws `GIT_FAILED` where it ends with another exit code than 0. */
  async run(args: readonly string[], cwd?: string): Promise<string> {
    const { ok, stdout, stderr } = await this.attempt(args, cwd);
    if (!ok) throw this.failure(stderr);
    return stdout;
  }

  async attempt(
    args: readonly string[],
    cwd?: string,
  ): Promise<{ ok: boolean; stdout: string; stderr: string }> {
    const { signal, timeoutMs = 30 * 60_000, tempDir } = this.#access;
    const result = await runProcess(["git", ...args], {
      env: this.#env,
      cwd: cwd ?? tempDir,
      timeoutMs,
      maxOutput: 256 * 1024 * 1024,
      ...(signal ? { signal } : {}),
    });
    const { exitCode, stdout, stderr } = result;
    return { ok: exitCode === 0, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
  }

  failure(stderr: string): SlipwayError<"GIT_FAILED"> {
    const last = tellingLines(stderr).slice(-3).map(printableName).join("; ");
    const hint = hintFor(this.#source, stderr);
    return new SlipwayError("GIT_FAILED", `failed to fetch ${this.#source.remote}: ${last || "git failed"}`, {
      ...(hint ? { hint } : {}),
      facts: { remote: this.#source.remote },
    });
  }
}

/** Without empty lines and the advice that git ends with wherever a remote goes away. */
function tellingLines(stderr: string): readonly string[] {
  const advice = /^(Please make sure you have the correct access rights|and the repository exists\.)/;
  return stderr.split("\n").filter((line) => line.trim() !== "" && !advice.test(line));
}

function hintFor({ transport, host }: GitSource, stderr: string): string | undefined {
  if (/could not read Username|Authentication failed|returned error: 40[13]/.test(stderr))
    return `if the repository is private, give a token with --secret id=GIT_AUTH_TOKEN.${host}`;
  if (/Permission denied \(publickey/.test(stderr))
    return "give an ssh agent that has the key: --ssh default";
  if (/Host key verification failed/.test(stderr))
    return `the key of ${host} is not among the known hosts that were given`;
  if (/Could not resolve host|unable to (access|connect)|Connection (refused|timed out)/.test(stderr))
    return "check the address and the network, and the proxy variables if there is a proxy";
  if (/repository .* not found|does not appear to be a git repository/.test(stderr))
    return "check the address, and that it is that of a repository";
  return transport === "ssh" && stderr.includes("ssh: not found") ? "install an ssh client" : undefined;
}

const PASSED_ON = [
  "PATH",
  ...[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
  ],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "CURL_CA_BUNDLE"],
];

function environment(source: GitSource, access: GitAccess, knownHosts: string): Environment {
  const kept = PASSED_ON.flatMap((name) =>
    access.env[name] === undefined ? [] : [[name, access.env[name]] as const],
  );
  return {
    ...Object.fromEntries(kept),
    ...configuration(source, access),
    HOME: access.tempDir,
    XDG_CONFIG_HOME: access.tempDir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_SSH_COMMAND: sshCommand(access, knownHosts),
    LC_ALL: "C",
    ...(access.sshAgentSocket ? { SSH_AUTH_SOCK: access.sshAgentSocket } : {}),
  };
}

/** Settings go through the environment: they reach the git processes of submodules too, and no process list shows them. */
function configuration(source: GitSource, access: GitAccess): Environment {
  const settings: (readonly [key: string, value: string])[] = [
    ["core.hooksPath", "/dev/null"],
    ["core.fsmonitor", "false"],
    ["core.askPass", ""],
    ["core.autocrlf", "false"],
    ["core.symlinks", "true"],
    ["core.fileMode", "true"],
    ["core.logAllRefUpdates", "false"],
    ["credential.helper", ""],
    ["advice.detachedHead", "false"],
    ["gc.auto", "0"],
    ["maintenance.auto", "false"],
    ["init.defaultBranch", "main"],
    ["protocol.allow", "never"],
    ...["https", "http", "git", "ssh"].map((name) => [`protocol.${name}.allow`, "always"] as const),
    ["protocol.file.allow", access.allowFile ? "always" : "never"],
    ["http.lowSpeedLimit", "1000"],
    ["http.lowSpeedTime", "60"],
    ...(access.allowFile ? [["safe.directory", "*"] as const] : []),
    ...authorizationSetting(source, access),
  ];
  const pairs = settings.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

/** Bound to the host of the remote, so that a submodule elsewhere does not get it. */
function authorizationSetting(source: GitSource, access: GitAccess): (readonly [string, string])[] {
  if (source.transport !== "http" && source.transport !== "https") return [];
  const fromUrl = source.credentials === undefined ? undefined : basicAuthorization(source.credentials);
  const value = access.authorization ?? fromUrl;
  if (value === undefined) return [];
  return [[`http.${source.transport}://${source.host}/.extraHeader`, `Authorization: ${value}`]];
}

function sshCommand(access: GitAccess, knownHosts: string): string {
  const options = [
    "BatchMode=yes",
    "IdentityFile=none",
    "GlobalKnownHostsFile=/dev/null",
    `UserKnownHostsFile=${knownHosts}`,
    `StrictHostKeyChecking=${access.knownHosts === undefined ? "accept-new" : "yes"}`,
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
  ];
  return ["ssh", "-F", "none", ...options.flatMap((option) => ["-o", quote(option)])].join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
