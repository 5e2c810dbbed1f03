import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "../process.ts";

const FIVE_SECONDS = 5_000;

/** An ssh agent that holds one key made for the run. */
export interface SshAgent {
  readonly socket: string;
  readonly stop: () => void;
}

/** Starts an agent whose socket and key lie in `folder`. Gives nothing where OpenSSH is not installed. */
export async function startSshAgent(folder: string): Promise<SshAgent | undefined> {
  const socket = join(folder, "agent.sock");
  const key = join(folder, "id");
  const made = await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "conformance", "-f", key], {
    cwd: folder,
  });
  if (made.code !== 0) return undefined;
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  agent.once("error", () => {});
  process.once("exit", () => agent.kill());
  await appears(socket, agent);
  const added = await run(["ssh-add", "-q", key], { cwd: folder, env: { SSH_AUTH_SOCK: socket } });
  if (added.code === 0) return { socket, stop: () => agent.kill() };
  agent.kill();
  return undefined;
}

async function appears(file: string, agent: ChildProcess): Promise<void> {
  const end = Date.now() + FIVE_SECONDS;
  while (!existsSync(file) && agent.exitCode === null && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
