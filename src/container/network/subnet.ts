import { networkInterfaces } from "node:os";

/** Addresses of one private network. */
export interface Subnet {
  /** `10.89.0.0/16` */
  readonly cidr: string;
}

/** What the container's connection to the outside uses; the same everywhere, because nobody sees another's. */
export const UPLINK = {
  address: "10.0.2.100",
  prefix: 24,
  gateway: "10.0.2.2",
  /** Questions that go here are put to the machine's own servers. */
  resolver: "10.0.2.3",
} as const;

/** The second number of `10.x.0.0/16`; many, so that one of them means nothing to the machine. */
const CANDIDATES = [89, 90, 91, 92, 93, 201, 202, 203, 204, 205];

/** A network that this machine has no address in. */
export function freeSubnet(
  interfaces: NodeJS.Dict<readonly { readonly address: string }[]> = networkInterfaces(),
): Subnet {
  const taken = new Set(
    Object.values(interfaces)
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => address.split(".").slice(0, 2).join(".")),
  );
  const second = CANDIDATES.find((number) => !taken.has(`10.${number}`)) ?? CANDIDATES[0];
  return { cidr: `10.${second}.0.0/16` };
}

/** An address of this machine that is not its loopback: what `host-gateway` stands for in a network of a container's own. */
export function machineAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
