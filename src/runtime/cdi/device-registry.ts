import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import { type CdiDevice, CdiError, isKind, readSpecification } from "./specification.ts";

/** The devices that this machine's CDI specifications describe, by `vendor/class=name`, in the order of names. */
export interface DeviceRegistry {
  readonly devices: ReadonlyMap<string, CdiDevice>;
  /** Files that could not be used and devices that are described twice, in words for a warning. */
  readonly problems: readonly string[];
}

const LARGEST_FILE = 4 * 1024 * 1024;

/** Reads every `*.json`, `*.yaml` and `*.yml` of these folders; a device of a later folder replaces one of an earlier. */
export async function readDevices(folders: readonly string[]): Promise<DeviceRegistry> {
  const found = new Map<string, CdiDevice>();
  const problems: string[] = [];
  for (const folder of folders) {
    const twice = new Set<string>();
    const here = new Map<string, CdiDevice>();
    for (const file of filesIn(folder))
      for (const device of await devicesIn(file, problems)) {
        if (here.has(device.name)) twice.add(device.name);
        here.set(device.name, device);
      }
    for (const name of twice) {
      here.delete(name);
      problems.push(`the device ${name} is described more than once in ${folder}`);
    }
    for (const [name, device] of here) found.set(name, device);
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return { devices: new Map(sorted), problems };
}

const CLASS_ANNOTATION = "org.mobyproject.buildkit.device.class";
const AUTO_ALLOW = "org.mobyproject.buildkit.device.autoallow";

/**
 * Devices that a name stands for (SPEC RX-03; BuildKit's rules): `vendor/class=name` is one, or those with the class `name` in
 * their annotations; `vendor/class` is the first of its kind, `vendor/class=*` all of them. Empty where there is none. Throws
 * `INSTRUCTION_INVALID` where the name is malformed.
 */
export function devicesNamed({ devices }: DeviceRegistry, asked: string): readonly CdiDevice[] {
  const [kind = "", ...rest] = asked.split("=");
  const name = rest.join("=");
  if (!isKind(kind))
    throw new SlipwayError("INSTRUCTION_INVALID", `invalid device ${JSON.stringify(asked)}`, {
      hint: "write vendor/class, vendor/class=name or vendor/class=*",
    });
  const ofKind = [...devices.values()].filter((device) => device.name.startsWith(`${kind}=`));
  if (name === "") return ofKind.slice(0, 1);
  if (name === "*") return ofKind;
  const exact = devices.get(asked);
  return exact ? [exact] : ofKind.filter(({ annotations }) => annotations[CLASS_ANNOTATION] === name);
}

/** The machine's owner has said that every build may use it. */
export function isAutoAllowed({ annotations }: CdiDevice): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(annotations[AUTO_ALLOW] ?? "");
}

async function devicesIn(file: string, problems: string[]): Promise<readonly CdiDevice[]> {
  try {
    if (statSync(file).size > LARGEST_FILE) throw new CdiError("it is larger than 4 MiB");
    return readSpecification(await parse(readFileSync(file, "utf8"), file)).devices;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    problems.push(`the CDI specification ${file} is ignored: ${reason}`);
    return [];
  }
}

async function parse(text: string, file: string): Promise<unknown> {
  if (extname(file) === ".json") return JSON.parse(text);
  const { parseYaml } = await import("./parse-yaml.ts");
  return parseYaml(text);
}

function filesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.(json|yaml|yml)$/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}
