import { suggest } from "../core/suggest.ts";
import type { AstNode } from "./ast.ts";
import { splitCsv } from "./csv-fields.ts";
import { invalid, readFlags } from "./flags.ts";
import { goQuote } from "./go-quote.ts";
import type { CommandInstruction, CommandLine, InstructionBase, RunInstruction } from "./instructions.ts";
import { mountFlag } from "./mount-flag.ts";

const FLAGS = { mount: "list", network: "text", security: "text", device: "list" } as const;
const NETWORKS = ["default", "none", "host"] as const;
const SECURITY = ["sandbox", "insecure"] as const;

/** RUN (SPEC RX-01 to RX-03). Options of `--mount` are judged only where the step is needed (SPEC PO-06). */
export function runInstruction(node: AstNode, base: InstructionBase): RunInstruction {
  const flags = readFlags(node.flags, FLAGS);
  const network = flags.text("network") ?? "default";
  const security = flags.text("security") ?? "sandbox";
  if (!isOneOf(NETWORKS, network))
    throw invalid(`invalid network mode ${goQuote(network)}`, oneOfHint(network, NETWORKS));
  if (!isOneOf(SECURITY, security))
    throw invalid(`security ${goQuote(security)} is not valid`, oneOfHint(security, SECURITY));
  const devices = flags.list("device");
  for (const device of devices) parseDevice(device);
  return {
    ...base,
    kind: "RUN",
    command: commandLine(node),
    heredocs: node.heredocs,
    mounts: flags.list("mount").map(mountFlag),
    network,
    security,
    devices,
  };
}

/** CMD and ENTRYPOINT; an empty command is accepted (SPEC IN-04). */
export function commandInstruction(
  kind: CommandInstruction["kind"],
  node: AstNode,
  base: InstructionBase,
): CommandInstruction {
  readFlags(node.flags, {});
  return { ...base, kind, command: commandLine(node) };
}

function commandLine(node: AstNode): CommandLine {
  return node.json ? { form: "exec", argv: node.args } : { form: "shell", command: node.args.join(" ") };
}

function isOneOf<T extends string>(values: readonly T[], value: string): value is T {
  return (values as readonly string[]).includes(value);
}

/** A CDI device that a RUN asks for. */
export interface DeviceRequest {
  readonly name: string;
  readonly required: boolean;
}

const DEVICE_HINT = "write --device=<name>[,required]";

/** Reads `name[,required[=bool]]`; the name may itself hold a `=` (SPEC RX-03). Throws INSTRUCTION_INVALID. */
export function parseDevice(text: string): DeviceRequest {
  const fields = splitCsv(text);
  if (!fields || fields.length === 0) throw invalid("failed to parse csv devices: EOF", DEVICE_HINT);
  let name = "";
  let required = false;
  for (const field of fields) {
    const [, written = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(field) ?? [];
    const key = written.toLowerCase();
    if (key === "required") required = readBoolean(key, value);
    else if (value !== undefined && key !== "name" && name !== "")
      throw invalid(`unexpected key '${key}' in '${field}'`, DEVICE_HINT);
    else if (name !== "")
      throw invalid(`device name already set to ${name}`, "write one --device for each device");
    else name = key === "name" && value !== undefined ? value : field;
  }
  return { name, required };
}

function readBoolean(key: string, value: string | undefined): boolean {
  switch (value) {
    case undefined:
    case "1":
    case "t":
    case "T":
    case "true":
    case "TRUE":
    case "True":
      return true;
    case "0":
    case "f":
    case "F":
    case "false":
    case "FALSE":
    case "False":
      return false;
    default:
      throw invalid(`invalid value for ${key}: ${value}`, "write true or false");
  }
}

function oneOfHint(text: string, allowed: readonly string[]): string {
  const near = suggest(text.toLowerCase(), allowed);
  return near === undefined
    ? `use ${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`
    : `did you mean ${near}?`;
}
