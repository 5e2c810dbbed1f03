import { type Container, ContainerStore } from "../container/container-store.ts";
import { ContainerTree } from "../container/container-tree.ts";
import { rootPlace } from "../container/root-place.ts";
import type { SourceTree } from "../execute/source-tree.ts";
import { checkContract } from "../preflight/check-contract.ts";
import { contractAt, type Moment } from "../preflight/contract-at.ts";
import { CONTRACT_LABEL, contractIn } from "../preflight/contract-label.ts";
import type { PreflightReport } from "../preflight/finding.ts";
import { parseContract } from "../preflight/parse-contract.ts";
import type { Environment } from "./environment.ts";
import { openImage, withSession } from "./images.ts";
import { requestedPlaces } from "./planned-mounts.ts";
import { filesOf, surroundingsOf } from "./preflight-here.ts";
import { runtimePrivilege } from "./privilege.ts";
import { rootfsSupport } from "./rootfs-support.ts";
import type { Session } from "./session.ts";

export interface ContainerQuestion {
  readonly id: string;
  readonly moment: Moment;
}

/**
 * Checks the contract of a container that has been made, in this process and with what it may do: with the image that it is of, whatever has
 * that image's name by now, and with what it wrote in earlier runs.
 */
export function containerPreflightHere(
  { id, moment }: ContainerQuestion,
  environment: Environment,
): Promise<PreflightReport> {
  return withSession(environment, async (session) => {
    const { store } = session;
    const containers = new ContainerStore(store);
    const container = containers.find(id);
    const { image, mounts, options } = container.record;
    const text = contractIn(image.config);
    if (text === undefined) return { hasContract: false, findings: [] };
    const { contract } = parseContract(text, `in the label ${CONTRACT_LABEL} of ${image.name}`);
    const surroundings = await surroundingsOf({
      image: image.config,
      tree: await writtenFiles(session, container),
      options,
      mounts: requestedPlaces(mounts, containers),
      store,
    });
    return { hasContract: true, findings: await checkContract(contractAt(contract, moment), surroundings) };
  });
}

async function writtenFiles(session: Session, { record, folder }: Container): Promise<SourceTree> {
  const image = await openImage(session, record.image.manifest);
  const tree = await filesOf(session, image, undefined);
  const place = rootPlace({
    folder,
    rootfsSupport: await rootfsSupport(session),
    isPassing: record.options.autoRemove ?? false,
  });
  if (!place.isUsed) return tree;
  const below = place.support.kind === "copy" ? undefined : tree;
  return new ContainerTree(place.upper, below, runtimePrivilege(session.privilege).xattrPrefix);
}
