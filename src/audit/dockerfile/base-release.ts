import { referenceIfValid } from "../../image/reference.ts";
import type { Distribution } from "../rules/end-of-life.ts";

/** Repositories of distributions themselves, and their ID in os-release(5). */
const OWN: ReadonlyMap<string, string> = new Map([
  ...["debian", "ubuntu", "alpine", "fedora", "centos", "almalinux"].map((name) => [name, name] as const),
  ["rockylinux", "rocky"],
  ["amazonlinux", "amzn"],
]);

/** Code names by which images say what they are based on: `python:3.9-buster`. */
const CODE_NAMES: ReadonlyMap<string, readonly [id: string, version: string]> = new Map(
  Object.entries({
    ...{
      wheezy: ["debian", "7"],
      jessie: ["debian", "8"],
      stretch: ["debian", "9"],
      buster: ["debian", "10"],
    },
    ...{ bullseye: ["debian", "11"], bookworm: ["debian", "12"], trixie: ["debian", "13"] },
    ...{ trusty: ["ubuntu", "14.04"], xenial: ["ubuntu", "16.04"], bionic: ["ubuntu", "18.04"] },
    ...{ focal: ["ubuntu", "20.04"], jammy: ["ubuntu", "22.04"], noble: ["ubuntu", "24.04"] },
  } as const),
);

/** The release that the name of a base says, as Docker's official images are named; undefined where it says none. */
export function releaseOfBase(base: string): Distribution | undefined {
  const reference = referenceIfValid(base, { addLatest: false });
  if (!reference?.tag || reference.domain !== "docker.io") return undefined;
  const { repository, tag } = reference;
  const name = repository.startsWith("library/") ? repository.slice("library/".length) : undefined;
  if (name === undefined) return undefined;
  for (const word of tag.toLowerCase().split("-")) {
    const known = CODE_NAMES.get(word);
    if (known) return distribution(known[0], known[1]);
    const alpine = /^alpine(\d+\.\d+)$/.exec(word)?.[1];
    if (alpine !== undefined) return distribution("alpine", alpine);
  }
  const id = OWN.get(name);
  const version = /^(\d+(?:\.\d+)*)(?:-|$)/.exec(tag)?.[1];
  return id !== undefined && version !== undefined ? distribution(id, version) : undefined;
}

function distribution(id: string, version: string): Distribution {
  return { id, version, name: `${id} ${version}` };
}
