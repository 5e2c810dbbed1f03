import type { ContainerConfig } from "../image/config.ts";
import { variablesOf } from "./substitute.ts";
import type { MetadataPair, MetadataTest } from "./test-file.ts";

/** What of an image's configuration is not as a test wants it. Pure. */
export function metadataErrors(config: ContainerConfig, test: MetadataTest): string[] {
  const variables = variablesOf(config);
  const labels = new Map(Object.entries(config.Labels ?? {}));
  return [
    ...pairErrors("variable", variables, [...(test.env ?? []), ...(test.envVars ?? [])]),
    ...(test.unboundEnvVars ?? [])
      .filter(({ key }) => variables.has(key))
      .map(({ key }) => `the variable ${key} is set, and must not be: ${JSON.stringify(variables.get(key))}`),
    ...pairErrors("label", labels, test.labels ?? []),
    ...wordErrors("entrypoint", config.Entrypoint, test.entrypoint),
    ...wordErrors("cmd", config.Cmd, test.cmd),
    ...textErrors("workdir", config.WorkingDir, test.workdir),
    ...textErrors("user", config.User, test.user),
    ...portErrors(config, test),
    ...volumeErrors(config, test),
  ];
}

function pairErrors(
  kind: string,
  actual: ReadonlyMap<string, string>,
  expected: readonly MetadataPair[],
): string[] {
  return expected.flatMap(({ key, value, expression }) => {
    const found = actual.get(key);
    if (found === undefined) return [`the ${kind} ${key} is not set`];
    if (expression ? expression.test(found) : found === value) return [];
    return [
      `the ${kind} ${key} is ${JSON.stringify(found)}, and ${expression ? "does not match" : "not"} ${JSON.stringify(value)}`,
    ];
  });
}

function wordErrors(
  name: string,
  actual: readonly string[] = [],
  expected: readonly string[] | undefined,
): string[] {
  if (!expected) return [];
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  return found === wanted ? [] : [`${name} is ${found}, not ${wanted}`];
}

/** The schema cannot ask for an empty one. */
function textErrors(name: string, actual = "", expected: string | undefined): string[] {
  if (!expected || actual === expected) return [];
  return [`${name} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}

function portErrors({ ExposedPorts }: ContainerConfig, test: MetadataTest): string[] {
  const exposed = Object.keys(ExposedPorts ?? {});
  // Without a protocol any will do.
  const isExposed = (port: string) =>
    exposed.some((actual) => actual === port || (!port.includes("/") && actual.split("/")[0] === port));
  return presenceErrors("port", "exposed", isExposed, test.exposedPorts, test.unexposedPorts);
}

function volumeErrors({ Volumes }: ContainerConfig, test: MetadataTest): string[] {
  const volumes = Object.keys(Volumes ?? {});
  return presenceErrors(
    "path",
    "a volume",
    (path) => volumes.includes(path),
    test.volumes,
    test.unmountedVolumes,
  );
}

function presenceErrors(
  what: string,
  being: string,
  isThere: (name: string) => boolean,
  expected: readonly string[] = [],
  excluded: readonly string[] = [],
): string[] {
  return [
    ...expected.filter((name) => !isThere(name)).map((name) => `the ${what} ${name} is not ${being}`),
    ...excluded.filter(isThere).map((name) => `the ${what} ${name} is ${being}, and must not be`),
  ];
}
