import { PassThrough, Readable, type Writable } from "node:stream";
import { isActive } from "../container/container-record.ts";
import { receive } from "../container/copy/archive-streams.ts";
import { packPath } from "../container/copy/pack-path.ts";
import { archiveChunks } from "../layer/archive.ts";
import { pidOf } from "../store/owner.ts";
import { enterArgv } from "../sys/user-namespace.ts";
import type { CopyHereOptions } from "./copy-here.ts";
import type { Environment } from "./environment.ts";
import { requireContainers } from "./require-containers.ts";
import { inUserNamespace, temporaryFiles } from "./user-namespace.ts";
import { withContainers } from "./with-containers.ts";

export interface CopyOptions {
  readonly container: string;
  /** Inside the container. */
  readonly path: string;
  /** Keeps owners. */
  readonly archive?: boolean;
  /** What a link leads to, not the link. */
  readonly followsLink?: boolean;
}

/** Copies a file or directory out of a container, by the rules of `docker cp`. Throws `CONTAINER_NOT_FOUND`, `SOURCE_NOT_FOUND`, `OUTPUT_INVALID`. */
export async function copyOut(
  options: CopyOptions,
  to: { readonly path: string } | { readonly stream: Writable },
  environment: Environment,
): Promise<void> {
  const { path, archive = false } = options;
  const top = baseName(path) || "root";
  const stdout = "stream" in to ? to.stream : new PassThrough();
  const place = { path: inside(path), top: "stream" in to ? top : "x" };
  const sending = copy(options, { kind: "out", ...place }, { stdout }, environment).finally(() => {
    if (!("stream" in to)) stdout.end();
  });
  if ("stream" in to) return sending;
  const name = isContent(path) ? undefined : top;
  const request = { path: to.path, name, isArchive: false, keepsOwner: archive };
  const receiving = receive(stdout as PassThrough, request);
  // Where both fail, the one who should have sent it knows why.
  receiving.catch(() => stdout.destroy());
  await sending;
  await receiving;
}

/** Copies a file, a directory, or the members of an archive into a container. Throws as `copyOut`. */
export async function copyIn(
  options: CopyOptions,
  from: { readonly path: string } | { readonly stream: Readable },
  environment: Environment,
): Promise<void> {
  const { archive = false, followsLink = false } = options;
  const isArchive = "stream" in from;
  const name = isArchive || isContent(from.path) ? undefined : baseName(from.path);
  const receiving = { path: inside(options.path), name, isArchive, keepsOwner: archive || isArchive };
  const stdin = isArchive
    ? from.stream
    : Readable.from(archiveChunks(packPath({ path: from.path, top: "x", followsLink })));
  await copy(options, { kind: "in", ...receiving }, { stdin }, environment);
}

/** Where the work is done: in a process of its own that has the container's root for its root. */
async function copy(
  { container: name, followsLink = false }: CopyOptions,
  what: CopyHereOptions["what"],
  streams: { readonly stdin?: Readable; readonly stdout?: Writable },
  environment: Environment,
): Promise<void> {
  requireContainers(environment);
  const container = await withContainers(environment, (containers) => containers.find(name));
  const temp = temporaryFiles(environment.home);
  const scratch = temp.directory("copy");
  try {
    const { state } = container;
    const pid = isActive(state) && state.process !== undefined ? pidOf(state.process) : undefined;
    const options: CopyHereOptions = {
      id: container.record.id,
      what,
      followsLink,
      scratch,
      ...(pid === undefined ? {} : { pid }),
    };
    const enter = (argv: readonly string[]) => entering(argv, pid, environment);
    await inUserNamespace({ operation: "container-copy", options, environment, enter, ...streams });
  } finally {
    await temp.remove(scratch);
    temp.close();
  }
}

/** A container that runs has its user namespace; for another one its root filesystem is mounted where nobody else sees it. */
function entering(argv: readonly string[], pid: number | undefined, { uid }: Environment): readonly string[] {
  const death = ["setpriv", "--pdeathsig", "KILL"];
  if (pid !== undefined)
    return uid === 0
      ? [...death, ...argv]
      : [...death, "nsenter", "--target", String(pid), "--user", "--", ...argv];
  const mounts = ["unshare", "--mount", "--propagation", "private", "--", ...argv];
  return uid === 0 ? [...death, ...mounts] : enterArgv(mounts);
}

function inside(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function isContent(path: string): boolean {
  return /(^|\/)\.$/.test(path);
}

function baseName(path: string): string {
  return (
    path
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .at(-1) ?? ""
  );
}
