import type { ContainerUser } from "../runtime/users.ts";
import type { ContainerFiles } from "./container-files.ts";
import type { NetworkView } from "./network-view.ts";

/** What a container that is about to start will find: all that a contract can ask for. */
export interface Surroundings {
  /** The variables of its process. */
  readonly variables: ReadonlyMap<string, string>;
  readonly user: ContainerUser;
  /** /etc/passwd and /etc/group as they are in it; empty where there is none. */
  readonly passwd: string;
  readonly group: string;
  readonly files: ContainerFiles;
  /** User 0 may read and write whatever the modes say. */
  readonly overridesModes: boolean;
  readonly readOnlyRoot: boolean;
  readonly network: NetworkView;
  /** Bytes. */
  readonly memory: number;
  /** Thousandths of a processor. */
  readonly cpus: number;
}
