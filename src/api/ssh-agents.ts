import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readBounded } from "../context/read-bounded.ts";
import { createAgent } from "../context/ssh-agent.ts";
import { readSshKey, type SshKey } from "../context/ssh-key.ts";
import type { CleanupScope } from "../core/cleanup-scope.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { BuildOptions, SshSource } from "./build-options.ts";

/**
 * The options with a socket for every agent: where keys were given, an agent of this build's own holds them until the scope closes
 * (SPEC 8.1, --ssh). Throws `USAGE` for files that are no keys, `CANCELLED`.
 */
export async function withAgents(
  options: BuildOptions,
  cwd: string,
  scope: CleanupScope,
): Promise<BuildOptions> {
  const sources = Object.entries(options.ssh ?? {});
  if (sources.every(([, source]) => "socket" in source)) return options;
  const ssh: Record<string, SshSource> = {};
  for (const [id, source] of sources)
    ssh[id] =
      "socket" in source ? source : await serveKeys(await readKeys(source.keys, cwd, options.signal), scope);
  return { ...options, ssh };
}

/** The socket of an agent; keys have one by then. */
export function socketOf(source: SshSource): string {
  if ("socket" in source) return source.socket;
  throw new SlipwayError("INTERNAL", "an ssh agent has no socket yet");
}

async function readKeys(
  files: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<readonly SshKey[]> {
  const keys: SshKey[] = [];
  for (const file of files) keys.push(readSshKey(await readKeyFile(resolve(cwd, file), signal), file));
  return keys;
}

async function readKeyFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const bytes = await readBounded(path, { limit: LIMITS.secret, signal });
    if (bytes.length <= LIMITS.secret) return bytes.toString("utf8");
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError("USAGE", `the key ${path} cannot be read (${systemErrorCode(error)})`, {
      cause: error,
    });
  }
  throw new SlipwayError("USAGE", `${path} is too large for a private key`);
}

/** In a folder of its own that nobody else may enter; a socket's name must be short. */
async function serveKeys(keys: readonly SshKey[], scope: CleanupScope): Promise<SshSource> {
  const folder = privateFolder();
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const server = createAgent(keys);
  const clients = new Set<{ destroy(): void }>();
  server.on("connection", (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
  });
  const socket = join(folder, "agent");
  await new Promise<void>((ready, failed) => server.once("error", failed).listen(socket, ready));
  scope.defer(async () => {
    for (const client of clients) client.destroy();
    await new Promise<void>((closed) => server.close(() => closed()));
  });
  return { socket };
}

function privateFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "slipway-ssh-"));
  } catch (error) {
    throw describeSystemError(error, `making a folder in ${tmpdir()}`);
  }
}
