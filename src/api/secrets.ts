import { randomUUID } from "node:crypto";
import { accessSync, chmodSync, chownSync, closeSync, constants, openSync, statSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { basename, join, resolve } from "node:path";
import { readBounded } from "../context/read-bounded.ts";
import { isSlipwayError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { OpenAgent, ReadSecret } from "../execute/run/run-options.ts";
import type { SecretSource, SshSource } from "./build-options.ts";
import type { Environment } from "./environment.ts";
import { socketOf } from "./ssh-agents.ts";

/** Reads secrets from where they are, each time that it is asked; nothing is kept (SPEC MT-13, MT-14). */
export function secretReader(
  secrets: Readonly<Record<string, SecretSource>>,
  environment: Environment,
  signal?: AbortSignal,
): ReadSecret {
  return async (id) => {
    const source = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    return source && checked(id, await readSource(source, environment, signal));
  };
}

/**
 * Fails early where a file that was named does not exist, cannot be read or is too large (SPEC 8.1, --secret). Nothing is read: what
 * a pipe holds can be had only once.
 */
export function checkSecrets(
  secrets: Readonly<Record<string, SecretSource>>,
  environment: Environment,
): void {
  for (const [id, source] of Object.entries(secrets))
    if ("file" in source) checkFile(source.file, environment);
    else if ("value" in source) checked(id, valueOf(source.value));
}

/**
 * The secrets with the bytes of what can be read only once in place of its path: pipes (`src=<(command)`), sockets of a shell and
 * devices, which a process that goes on with the build does not even have. What cannot be read is left for `checkSecrets` to
 * refuse, as is what is too large, of which no more is read than shows that. Throws `CANCELLED`.
 */
export async function withStreamedSecrets(
  secrets: Readonly<Record<string, SecretSource>>,
  environment: Environment,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, SecretSource>>> {
  const read = Object.entries(secrets).map(async ([id, source]): Promise<[string, SecretSource]> => {
    if (!("file" in source)) return [id, source];
    const path = resolve(environment.cwd, source.file);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat || stat.isFile() || stat.isDirectory()) return [id, source];
    const value = await readBounded(path, { limit: LIMITS.secret, signal }).catch((error: unknown) => {
      if (isSlipwayError(error, "CANCELLED")) throw error;
    });
    return [id, value ? { value: Uint8Array.from(value) } : source];
  });
  return Object.fromEntries(await Promise.all(read));
}

function checkFile(file: string, { cwd }: Environment): void {
  const path = resolve(cwd, file);
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    if (stat.size > LIMITS.secret) throw tooLarge(file);
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readSource(
  source: SecretSource,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if ("value" in source) return valueOf(source.value);
  if ("env" in source) {
    const value = environment.variables[source.env];
    return value === undefined ? undefined : Buffer.from(value);
  }
  try {
    return Uint8Array.from(
      await readBounded(resolve(environment.cwd, source.file), { limit: LIMITS.secret, signal }),
    );
  } catch (error) {
    throw unreadable(source.file, error);
  }
}

function valueOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : value;
}

function unreadable(file: string, error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error;
  return new SlipwayError(
    "SECRET_NOT_FOUND",
    `the secret's file ${JSON.stringify(file)} cannot be read (${systemErrorCode(error)})`,
    {
      cause: error,
      hint: "check the src= of --secret; it is relative to the current folder",
    },
  );
}

function checked(id: string, data: Uint8Array | undefined): Uint8Array | undefined {
  if (data && data.length > LIMITS.secret) throw tooLarge(id);
  return data;
}

function tooLarge(name: string): SlipwayError {
  return new SlipwayError("USAGE", `secret ${JSON.stringify(name)} is larger than 500 KiB`, {
    hint: "secrets are small by nature; pass large files through the context or a cache mount",
  });
}

/** Opens a socket of a step's own that forwards to the agent, and closes every connection when the step ends (SPEC MT-15). */
export function agentOpener(agents: Readonly<Record<string, SshSource>>): OpenAgent {
  return async (id, scratch, access) => {
    const agent = Object.hasOwn(agents, id) ? agents[id] : undefined;
    if (!agent) return undefined;
    const connections = new Set<{ destroy(): void }>();
    const server = createServer((client) => {
      const upstream = createConnection(socketOf(agent));
      for (const end of [client, upstream]) {
        connections.add(end);
        end.on("error", () => {
          client.destroy();
          upstream.destroy();
        });
        end.on("close", () => connections.delete(end));
      }
      client.pipe(upstream).pipe(client);
    });
    // Not named after the id: a step may mount one id twice, and ids may differ in characters that no path can have.
    const socket = join(scratch, `agent-${randomUUID()}`);
    await listen(server, scratch, socket);
    chmodSync(socket, access.mode);
    if (access.uid !== 0 || access.gid !== 0) chownSync(socket, access.uid, access.gid);
    return {
      socket,
      close: async () => {
        for (const connection of connections) connection.destroy();
        await new Promise<void>((done) => server.close(() => done()));
      },
    };
  };
}

/** A socket's address has room for 107 bytes, which the path of a store may exceed: the folder is named by a descriptor instead. */
async function listen(server: Server, folder: string, socket: string): Promise<void> {
  const descriptor = openSync(folder, "r");
  try {
    const short = `/proc/self/fd/${descriptor}/${basename(socket)}`;
    await new Promise<void>((ready, failed) => server.once("error", failed).listen(short, ready));
  } finally {
    closeSync(descriptor);
  }
}
