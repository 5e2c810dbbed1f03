import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, closeSync, openSync, readFileSync, statSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { basename, join, resolve } from "node:path";
import { SlipwayError, systemErrorCode } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { OpenAgent, ReadSecret } from "../execute/run/run-options.ts";
import type { SecretSource, SshSource } from "./build-options.ts";
import type { Environment } from "./environment.ts";
import { socketOf } from "./ssh-agents.ts";

/** Reads secrets when a step asks for them; nothing is kept (SPEC MT-13, MT-14). */
export function secretReader(
  secrets: Readonly<Record<string, SecretSource>>,
  environment: Environment,
): ReadSecret {
  return async (id) => {
    const source = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    return source && checked(id, readSource(source, environment));
  };
}

/** Fails early where a file that was named does not exist or is too large (SPEC 8.1, --secret). */
export function checkSecrets(
  secrets: Readonly<Record<string, SecretSource>>,
  environment: Environment,
): void {
  for (const [id, source] of Object.entries(secrets))
    if ("file" in source) checked(id, readSource(source, environment));
}

function readSource(source: SecretSource, environment: Environment): Uint8Array | undefined {
  if ("value" in source) return typeof source.value === "string" ? Buffer.from(source.value) : source.value;
  if ("env" in source) {
    const value = environment.variables[source.env];
    return value === undefined ? undefined : Buffer.from(value);
  }
  const path = resolve(environment.cwd, source.file);
  try {
    if (statSync(path).size > LIMITS.secret) throw tooLarge(source.file);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError(
      "SECRET_NOT_FOUND",
      `the secret's file ${JSON.stringify(source.file)} cannot be read (${systemErrorCode(error)})`,
      {
        cause: error,
        hint: "check the src= of --secret; it is relative to the current folder",
      },
    );
  }
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
