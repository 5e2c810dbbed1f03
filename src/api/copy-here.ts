import type { Readable, Writable } from "node:stream";
import { ContainerStore } from "../container/container-store.ts";
import { receive, send } from "../container/copy/archive-streams.ts";
import { packPath } from "../container/copy/pack-path.ts";
import type { ReceiveRequest } from "../container/copy/path-receiver.ts";
import { rootPlace } from "../container/root-place.ts";
import { SlipwayError } from "../core/errors.ts";
import { imageChain } from "../execute/chain.ts";
import { archiveChunks } from "../layer/archive.ts";
import { containerRoot } from "../snapshot/container-root.ts";
import { prepareRootfs } from "../snapshot/prepare-rootfs.ts";
import { enterRoot } from "../sys/enter-root.ts";
import { libc } from "../sys/libc.ts";
import { findTool, runProcess, toolPath } from "../sys/process.ts";
import type { Environment } from "./environment.ts";
import { openImage, withSession } from "./images.ts";
import { layerAccess } from "./layer-access.ts";
import { runtimePrivilege } from "./privilege.ts";
import { rootfsSupport } from "./rootfs-support.ts";

export interface CopyHereOptions {
  readonly id: string;
  readonly what:
    | { readonly kind: "out"; readonly path: string; readonly top: string }
    | ({ readonly kind: "in" } & ReceiveRequest);
  readonly followsLink: boolean;
  /** An empty folder on the disk of the store. */
  readonly scratch: string;
  /** The container's first process, where it runs. */
  readonly pid?: number;
}

/**
 * Copies in or out, in a process that does nothing else: the container's root becomes its root, so that no link which the container
 * made leads out (CVE-2018-15664's kin). Where the container does not run, this process is in a mount namespace of its own.
 */
export async function copyHere(
  options: CopyHereOptions,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
  environment: Environment,
): Promise<void> {
  const { what, pid, followsLink } = options;
  // Nothing can be loaded any more once the root is another.
  libc();
  enterRoot(pid === undefined ? await mountRoot(options, environment) : `/proc/${pid}/root`);
  if (what.kind === "in") return receive(stdin, what);
  const { path, top } = what;
  await send(archiveChunks(packPath({ path, top, followsLink })), stdout);
}

function mountRoot({ id, scratch }: CopyHereOptions, environment: Environment): Promise<string> {
  return withSession(environment, async (session) => {
    const containers = new ContainerStore(session.store);
    // Held until this process ends: nobody starts the container meanwhile.
    if (!(await containers.lock(id)))
      throw new SlipwayError("CONTAINER_STATE", "the container was started meanwhile");
    const { record, folder } = containers.find(id);
    const image = await openImage(session, record.image.manifest);
    const chain = imageChain(image.config.diffIds, image.manifest.layers);
    const access = layerAccess(session);
    const lowers = await access.snapshots(chain);
    const root = containerRoot(await access.tree("image", chain, true));
    const place = rootPlace({ folder, rootfsSupport: await rootfsSupport(session), isPassing: false });
    const rootfs = await prepareRootfs(place.support, {
      lowers,
      scratch,
      upper: place.upper,
      stubs: [],
      xattrPrefix: runtimePrivilege(session.privilege).xattrPrefix,
      ...(root ? { root } : {}),
    });
    const script = ["set -e", ...rootfs.mountScript].join("\n");
    const shell = findTool("sh", environment.path) ?? "sh";
    const env = { PATH: toolPath(environment.path), LC_ALL: "C", LIBMOUNT_FORCE_MOUNT2: "always" };
    const { exitCode, stderr } = await runProcess([shell, "-c", script], { env });
    if (exitCode === 0) return rootfs.merged;
    throw new SlipwayError("SNAPSHOT_FAILED", `the container's files cannot be mounted: ${stderr}`);
  });
}
