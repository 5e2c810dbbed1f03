import { spawn } from "node:child_process";
import { join } from "node:path";
import { makeFolder, writeTree } from "./folders.ts";
import { requireTool } from "./tools.ts";

export interface TestRegistry {
  /** `127.0.0.1:port`, as it stands in an image reference. */
  readonly host: string;
  readonly port: number;
  /** Everything the registry logged so far, requests included. */
  readonly log: () => string;
  /** Ends the registry and removes its data. */
  readonly stop: () => Promise<void>;
}

/** The account that `startRegistry({ auth: true })` knows. */
export const REGISTRY_ACCOUNT = { username: "shipwright", password: "launch-day" };
/** bcrypt of that password, as htpasswd files hold it. */
const REGISTRY_PASSWORD_HASH = "$2b$05$JZ85GmEoJenLc4/v5i9trOeb5zGSgIGizy8EVqO5krqLy62B9CS8e";

/** A real registry (docker-registry) on a free loopback port. `auth` wants basic credentials, see `REGISTRY_ACCOUNT`. */
export async function startRegistry(options: { readonly auth?: boolean } = {}): Promise<TestRegistry> {
  const program = requireTool("docker-registry");
  const { path: folder, remove } = makeFolder();
  writeTree(folder, {
    htpasswd: `${REGISTRY_ACCOUNT.username}:${REGISTRY_PASSWORD_HASH}\n`,
    "config.yml": configuration(folder, options.auth ?? false),
  });
  const child = spawn(program, ["serve", join(folder, "config.yml")], {
    env: { PATH: process.env.PATH ?? "", OTEL_TRACES_EXPORTER: "none" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  let log = "";
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      log += chunk.toString("utf8");
      const listening = /listening on 127\.0\.0\.1:(\d+)/.exec(log);
      if (listening) resolve(Number(listening[1]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`docker-registry ended at once:\n${log}`)));
  });
  const stop = async () => {
    kill();
    process.off("exit", kill);
    await ended;
    remove();
  };
  return { host: `127.0.0.1:${port}`, port, log: () => log, stop };
}

function configuration(folder: string, auth: boolean): string {
  const basic = `auth:\n  htpasswd:\n    realm: slipway-test\n    path: ${join(folder, "htpasswd")}\n`;
  return `version: 0.1
log: { level: info }
storage:
  delete: { enabled: true }
  filesystem: { rootdirectory: ${join(folder, "data")} }
http: { addr: "127.0.0.1:0" }
${auth ? basic : ""}`;
}
