import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serveGit } from "./git.ts";
import { serveFile } from "./http.ts";
import { ImageRegistry } from "./registry.ts";
import { type SshAgent, startSshAgent } from "./ssh-agent.ts";

/** What cases can reach on loopback: one port for files, git repositories and images, and an ssh agent. */
export class Services {
  readonly registry = new ImageRegistry();
  /** Folders of files by the slug of their case. */
  readonly #folders = new Map<string, string>();
  readonly #server: Server;
  readonly #agent: SshAgent | undefined;

  private constructor(server: Server, agent: SshAgent | undefined) {
    this.#server = server;
    this.#agent = agent;
    server.on("request", (request, response) => {
      const path = (request.url ?? "/").split("?")[0]!;
      if (path.startsWith("/v2/")) return this.registry.serve(request, response);
      const [, kind, slug, rest = ""] = /^\/(files|git)\/([^/]+)\/(.*)$/.exec(path) ?? [];
      const folder = this.#folders.get(slug ?? "");
      if (!folder) return void response.writeHead(404).end();
      if (kind === "git") serveGit(folder, rest, { request, response });
      else serveFile(folder, rest, { request, response });
    });
  }

  /** Listens on a free port of the loopback interface; `folder` is for the agent's socket and key. */
  static async start(folder: string): Promise<Services> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new Services(server, await startSshAgent(folder));
  }

  /** Names of the services that this machine has. */
  get available(): ReadonlySet<string> {
    return new Set(["http", "git", "registry", ...(this.#agent ? ["ssh"] : [])]);
  }

  /** Offers the files below `folder` to the case `slug`; gives the values of the placeholders that lead there. */
  offer(slug: string, folder: string): Readonly<Record<string, string>> {
    this.#folders.set(slug, folder);
    const host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      http: `http://${host}/files/${slug}`,
      git: `http://${host}/git/${slug}`,
      image: `${host}/${slug}`,
      registry: host,
      ssh: this.#agent?.socket ?? "",
    };
  }

  stop(): void {
    this.#agent?.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
