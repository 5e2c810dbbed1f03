import type { DeviceEdits, DeviceMount, DeviceNode } from "./device-edits.ts";

/** One file of the Container Device Interface, checked. */
export interface CdiSpecification {
  /** `vendor/class`. */
  readonly kind: string;
  readonly devices: readonly CdiDevice[];
}

export interface CdiDevice {
  /** `vendor/class=name`. */
  readonly name: string;
  /** Those of the file and of the device; the latter win. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Those of the file, then the device's own. */
  readonly edits: readonly DeviceEdits[];
}

/** Why a file cannot be used; never reaches a user as it is. */
export class CdiError extends Error {
  override readonly name = "CdiError";
}

/** Reads a parsed document (CDI 1.1, SPEC.md "CDI JSON specification"). Members it does not know are ignored. Throws `CdiError`. */
export function readSpecification(document: unknown): CdiSpecification {
  const root = objectOf(document, "the document");
  textOf(root.cdiVersion, "cdiVersion");
  const kind = textOf(root.kind, "kind");
  if (!isKind(kind)) throw new CdiError(`kind ${JSON.stringify(kind)} is not vendor/class`);
  const common = root.containerEdits === undefined ? [] : [editsOf(root.containerEdits, "containerEdits")];
  const annotations = annotationsOf(root.annotations);
  const devices = listOf(root.devices, "devices").map((item, i) => {
    const device = objectOf(item, `devices[${i}]`);
    const name = textOf(device.name, `devices[${i}].name`);
    if (!/^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$/.test(name))
      throw new CdiError(`the device name ${JSON.stringify(name)} is malformed`);
    return {
      name: `${kind}=${name}`,
      annotations: { ...annotations, ...annotationsOf(device.annotations) },
      edits: [...common, editsOf(device.containerEdits ?? {}, `devices[${i}].containerEdits`)],
    };
  });
  return { kind, devices };
}

/** A vendor is a domain name in the wide sense, a class a word. */
export function isKind(text: string): boolean {
  return /^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?\/[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(text);
}

const NOT_DONE = ["hooks", "intelRdt", "netDevices"] as const;

function editsOf(value: unknown, where: string): DeviceEdits {
  const edits = objectOf(value, where);
  const list = (name: string) => (edits[name] === undefined ? [] : listOf(edits[name], `${where}.${name}`));
  return {
    env: list("env").map((pair) => envOf(pair, `${where}.env`)),
    nodes: list("deviceNodes").map((node) => nodeOf(node, `${where}.deviceNodes`)),
    mounts: list("mounts").map((mount) => mountOf(mount, `${where}.mounts`)),
    groups: list("additionalGids")
      .map((gid) => numberOf(gid, `${where}.additionalGids`))
      .filter((gid) => gid !== 0),
    ignored: NOT_DONE.filter((name) => edits[name] !== undefined),
  };
}

function envOf(value: unknown, where: string): string {
  const pair = textOf(value, where);
  if (pair.indexOf("=") > 0) return pair;
  throw new CdiError(`${where} has ${JSON.stringify(pair)}, which is not NAME=value`);
}

function nodeOf(value: unknown, where: string): DeviceNode {
  const node = objectOf(value, where);
  const path = pathOf(node.path, `${where}.path`);
  const type = node.type === undefined || node.type === "" ? undefined : textOf(node.type, `${where}.type`);
  if (type !== undefined && !["b", "c", "u", "p"].includes(type))
    throw new CdiError(`${where}.type is ${JSON.stringify(type)}`);
  const optional = (name: string): number | undefined =>
    node[name] === undefined ? undefined : numberOf(node[name], `${where}.${name}`);
  const given = {
    // An unbuffered character device is one all the same.
    type: type === "u" ? "c" : (type as DeviceNode["type"] | undefined),
    major: optional("major"),
    minor: optional("minor"),
    mode: optional("fileMode"),
    uid: optional("uid"),
    gid: optional("gid"),
  };
  return {
    path,
    hostPath: node.hostPath === undefined ? path : pathOf(node.hostPath, `${where}.hostPath`),
    ...Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined)),
  };
}

function mountOf(value: unknown, where: string): DeviceMount {
  const mount = objectOf(value, where);
  const options = mount.options === undefined ? [] : listOf(mount.options, `${where}.options`);
  const type = mount.type === undefined ? "" : textOf(mount.type, `${where}.type`);
  if (!["", "none", "bind", "rbind", "tmpfs"].includes(type))
    throw new CdiError(`${where}.type ${JSON.stringify(type)} is not supported`);
  const isTmpfs = type === "tmpfs";
  return {
    type: isTmpfs ? "tmpfs" : "bind",
    hostPath: isTmpfs
      ? textOf(mount.hostPath, `${where}.hostPath`)
      : pathOf(mount.hostPath, `${where}.hostPath`),
    path: pathOf(mount.containerPath, `${where}.containerPath`),
    readOnly: options.includes("ro"),
  };
}

function annotationsOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(
    Object.entries(objectOf(value, "annotations")).map(([key, text]) => [
      key,
      textOf(text, `annotations.${key}`),
    ]),
  );
}

function objectOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new CdiError(`${where} has to be an object`);
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CdiError(`${where} has to be a list`);
}

function textOf(value: unknown, where: string): string {
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw new CdiError(`${where} has to be a string`);
}

function pathOf(value: unknown, where: string): string {
  const path = textOf(value, where);
  if (path.startsWith("/")) return path;
  throw new CdiError(`${where} has to be an absolute path`);
}

function numberOf(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new CdiError(`${where} has to be a number`);
}
