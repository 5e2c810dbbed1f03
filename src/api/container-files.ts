import { once } from "node:events";
import type { Writable } from "node:stream";
import { ContainerStore } from "../container/container-store.ts";
import type { Digest } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import { stackLayer } from "../execute/chain.ts";
import { storeLayer } from "../execute/layer-commit.ts";
import type { ContainerConfig, ImageConfig } from "../image/config.ts";
import { fullName, parseReference } from "../image/reference.ts";
import { parentOf } from "../layer/resolve.ts";
import { Toc } from "../layer/toc.ts";
import { atEpoch } from "../output/assemble.ts";
import { writeFilesArchive } from "../output/files-archive.ts";
import { storeImage } from "../output/store-image.ts";
import { changedConfig } from "./config-changes.ts";
import { type ContainerChanges, withChanges } from "./container-changes.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { containerDocument } from "./inspect-container.ts";
import { requireContainers } from "./require-containers.ts";
import { inUserNamespace } from "./user-namespace.ts";

export interface ContainerChange {
  readonly kind: "A" | "C" | "D";
  /** Absolute. */
  readonly path: string;
}

export interface CommitOptions {
  readonly container: string;
  /** Without one the image has only its id. */
  readonly name?: string;
  readonly message?: string;
  readonly author?: string;
  /** Dockerfile instructions for its configuration. */
  readonly changes?: readonly string[];
}

/** What a container changed of its image's files, by path; directories that hold changes count as changed, as with Docker. */
export async function diffContainer(name: string, environment: Environment): Promise<ContainerChange[]> {
  requireContainers(environment);
  if (environment.uid === 0) return diffHere({ name }, environment);
  const call = { operation: "container-diff", options: { name }, environment };
  return (await inUserNamespace(call)) as ContainerChange[];
}

/** Makes an image of a container's files and its configuration. Gives the image's id. */
export async function commitContainer(options: CommitOptions, environment: Environment): Promise<Digest> {
  requireContainers(environment);
  if (environment.uid === 0) return commitHere(options, environment);
  return (await inUserNamespace({ operation: "container-commit", options, environment })) as Digest;
}

/** Writes all files of a container as one tar archive; what is mounted in it is not part of it. */
export async function exportContainer(
  name: string,
  stdout: Writable,
  environment: Environment,
): Promise<void> {
  requireContainers(environment);
  if (environment.uid === 0) return exportHere({ name, stdout }, environment);
  await inUserNamespace({ operation: "container-export", options: { name }, environment, stdout });
}

export function diffHere(
  { name }: { readonly name: string },
  environment: Environment,
): Promise<ContainerChange[]> {
  return inChanges(name, environment, async ({ layer, access, chain }) => {
    if (!layer) return [];
    const image = await access.tree("image", chain);
    const changes = new Map<string, ContainerChange>();
    const put = (path: string, kind: ContainerChange["kind"]) =>
      void (path !== "" && changes.set(path, { kind, path: `/${path}` }));
    for (const entry of Toc.open(layer.packed.toc).entries()) {
      for (let at = parentOf(entry.path); at !== ""; at = parentOf(at))
        if (!changes.has(at)) put(at, image.lookup(at) ? "C" : "A");
      put(entry.path, kindOf(entry, image.lookup(entry.path)));
    }
    return [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

function kindOf(entry: Entry, before: Entry | undefined): ContainerChange["kind"] {
  if (entry.type === "whiteout") return "D";
  return before ? "C" : "A";
}

export function commitHere(options: CommitOptions, environment: Environment): Promise<Digest> {
  const name = options.name === undefined ? undefined : fullName(parseReference(options.name));
  return withSession(environment, async (session) => {
    const { store, privilege } = session;
    const container = new ContainerStore(store).find(options.container);
    return withChanges(session, container, async ({ image, chain, layer }) => {
      const created = new Date().toISOString();
      const document = containerDocument(container);
      const description = [document.Path, ...document.Args].join(" ");
      if (layer) await storeLayer({ store, form: privilege.form }, layer.packed, layer.directory);
      const stacked = layer ? stackLayer(chain, layer.packed.info, { created, description }) : chain;
      const recorded: ImageConfig = {
        ...image.config,
        created,
        ...(options.author === undefined ? {} : { author: options.author }),
        config: changedConfig(configOf(document.Config, image.config.config), options.changes ?? []),
        history: [
          ...image.config.history,
          {
            created,
            created_by: description,
            ...(options.author === undefined ? {} : { author: options.author }),
            ...(options.message === undefined ? {} : { comment: options.message }),
            ...(layer ? {} : { empty_layer: true }),
          },
        ],
        diffIds: stacked.layers.map(({ diffId }) => diffId),
      };
      const built = atEpoch({ recorded, baseHistory: image.config.history, chain: stacked }, undefined);
      const descriptor = await storeImage(store, [built], false);
      if (name !== undefined) await store.images.tag(name, descriptor);
      return built.configDescriptor.digest;
    });
  });
}

/** The container's own configuration, without what only a run of it has. */
function configOf(
  {
    Env,
    Cmd,
    Entrypoint,
    User,
    WorkingDir,
    Labels,
    StopSignal,
    Healthcheck,
  }: ReturnType<typeof containerDocument>["Config"],
  image: ContainerConfig,
): ContainerConfig {
  const { Cmd: _c, Entrypoint: _e, ...rest } = image;
  return {
    ...rest,
    Env,
    ...(Cmd ? { Cmd } : {}),
    ...(Entrypoint ? { Entrypoint } : {}),
    ...(User ? { User } : {}),
    ...(WorkingDir ? { WorkingDir } : {}),
    ...(Object.keys(Labels).length > 0 ? { Labels } : {}),
    ...(StopSignal ? { StopSignal } : {}),
    ...(Healthcheck ? { Healthcheck } : {}),
  };
}

export function exportHere(
  { name, stdout }: { readonly name: string; readonly stdout: Writable },
  environment: Environment,
): Promise<void> {
  return withSession(environment, (session) =>
    withChanges(session, new ContainerStore(session.store).find(name), async ({ layer, access, chain }) => {
      const created = new Date().toISOString();
      const { store, privilege } = session;
      if (layer) await storeLayer({ store, form: privilege.form }, layer.packed, layer.directory);
      const all = layer ? stackLayer(chain, layer.packed.info, { created, description: "export" }) : chain;
      const tree = await access.tree("container", all, true);
      const part = { tree, entries: [...tree.walk("")], prefix: "" };
      await writeFilesArchive([part], {
        write: async (chunk) => {
          if (!stdout.write(chunk)) await once(stdout, "drain");
        },
      } as Parameters<typeof writeFilesArchive>[1]);
    }),
  );
}

function inChanges<R>(
  name: string,
  environment: Environment,
  work: (changes: ContainerChanges) => Promise<R>,
): Promise<R> {
  return withSession(environment, (session) =>
    withChanges(session, new ContainerStore(session.store).find(name), work),
  );
}
