import { isActive } from "../container/container-record.ts";
import type { Container } from "../container/container-store.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import { findImage, withSession } from "./images.ts";
import { type ContainerInspect, containerDocument } from "./inspect-container.ts";
import { withContainers } from "./with-containers.ts";

export interface ListOptions {
  /** Those that do not run, too. */
  readonly all?: boolean;
  /** `key=value` each; several of one key widen, different keys narrow. */
  readonly filters?: readonly string[];
}

/** A container in a list. */
export interface ContainerSummary {
  readonly document: ContainerInspect;
  readonly isActive: boolean;
}

type Test = (container: Container) => boolean;

/** Containers, the newest first. Throws `USAGE` for a filter that is none. */
export async function listContainers(
  options: ListOptions,
  environment: Environment,
): Promise<ContainerSummary[]> {
  const filters = (options.filters ?? []).map(splitFilter);
  const namesState = filters.some(([key]) => key === "status" || key === "exited");
  const tests = await testsOf(filters, environment);
  const all = await withContainers(environment, (containers) => containers.list());
  return all
    .filter(({ state }) => options.all || namesState || isActive(state))
    .filter((container) => tests.every((isFitting) => isFitting(container)))
    .map((container) => ({ document: containerDocument(container), isActive: isActive(container.state) }));
}

function splitFilter(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0)
    throw new SlipwayError("USAGE", `invalid filter ${JSON.stringify(text)}`, { hint: "write name=value" });
  return [text.slice(0, at), text.slice(at + 1)];
}

async function testsOf(
  filters: readonly (readonly [string, string])[],
  environment: Environment,
): Promise<readonly Test[]> {
  const byKey = new Map<string, Test[]>();
  for (const [key, value] of filters) {
    const test = key === "ancestor" ? await ancestorTest(value, environment) : plainTest(key, value);
    byKey.set(key, [...(byKey.get(key) ?? []), test]);
  }
  // Every label has to be there.
  return [...byKey].flatMap(([key, tests]) =>
    key === "label" ? tests : [(container: Container) => tests.some((test) => test(container))],
  );
}

function plainTest(key: string, value: string): Test {
  switch (key) {
    case "id":
      return ({ record }) => record.id.startsWith(value);
    case "name":
      return ({ record }) => record.name.includes(value.replace(/^\//, ""));
    case "status":
      return ({ state }) => state.status === value;
    case "exited":
      return ({ state }) => state.status === "exited" && String(state.exitCode) === value;
    case "health":
      return ({ state }) => (state.health?.Status ?? "none") === value;
    case "label":
      return labelTest(value);
    default:
      throw new SlipwayError("USAGE", `invalid filter ${JSON.stringify(key)}`, {
        hint: "known: ancestor, exited, health, id, label, name, status",
      });
  }
}

function labelTest(text: string): Test {
  const at = text.indexOf("=");
  const key = at < 0 ? text : text.slice(0, at);
  return ({ record }) => {
    const labels: Readonly<Record<string, string>> = {
      ...record.image.config.Labels,
      ...record.options.labels,
    };
    return Object.hasOwn(labels, key) && (at < 0 || labels[key] === text.slice(at + 1));
  };
}

/** By the name that was written, and by the image that has it now. */
async function ancestorTest(name: string, environment: Environment): Promise<Test> {
  const manifest = await withSession(environment, async ({ store }) => {
    try {
      return findImage(store, name).digest;
    } catch (error) {
      if (isSlipwayError(error, "IMAGE_NOT_FOUND")) return undefined;
      throw error;
    }
  });
  return ({ record: { image } }) =>
    image.name === name || image.manifest.digest === manifest || image.id.slice(7).startsWith(name);
}
