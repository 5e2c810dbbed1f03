import { Buffer } from "node:buffer";
import { encodeName } from "../core/file-name.ts";
import type { AstNode } from "./ast.ts";
import { invalid, readFlags } from "./flags.ts";
import type {
  ArgInstruction,
  EnvInstruction,
  ExposeInstruction,
  InstructionBase,
  KeyValue,
  ShellInstruction,
  VolumeInstruction,
} from "./instructions.ts";
import { trimSpace } from "./white-space.ts";

/** ARG: flags are ignored (SPEC IN-03); a key without `=` has no default. */
export function argInstruction(node: AstNode, base: InstructionBase): ArgInstruction {
  requireArguments("ARG", node);
  const args = node.args.map((word) => {
    const equals = word.indexOf("=");
    if (equals === 0) throw invalid("ARG names can not be blank");
    return equals < 0
      ? { key: word, value: undefined }
      : { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  return { ...base, kind: "ARG", args };
}

/** ENV and LABEL (SPEC LX-33, LX-34). */
export function pairsInstruction<K extends "ENV" | "LABEL">(
  kind: K,
  node: AstNode,
  base: InstructionBase,
): InstructionBase & { readonly kind: K } & Pick<EnvInstruction, "pairs" | "legacy"> {
  readFlags(node.flags, {});
  requireArguments(kind, node);
  const pairs: KeyValue[] = [];
  for (let at = 0; at < node.args.length; at += 3) {
    const key = node.args[at]!;
    if (key === "") throw invalid(`${kind} names can not be blank`);
    pairs.push({ key, value: node.args[at + 1]! });
  }
  return { ...base, kind, pairs, legacy: node.args[2] === "" };
}

/** EXPOSE: the words are put in byte order before anything else happens to them (SPEC CF-07). */
export function exposeInstruction(node: AstNode, base: InstructionBase): ExposeInstruction {
  requireArguments("EXPOSE", node);
  readFlags(node.flags, {});
  const ports = node.args.toSorted((a, b) => Buffer.compare(encodeName(a), encodeName(b)));
  return { ...base, kind: "EXPOSE", ports };
}

/** VOLUME (SPEC CF-13). */
export function volumeInstruction(node: AstNode, base: InstructionBase): VolumeInstruction {
  requireArguments("VOLUME", node);
  readFlags(node.flags, {});
  const volumes = node.args.map(trimSpace);
  if (volumes.includes("")) throw invalid("VOLUME specified can not be an empty string");
  return { ...base, kind: "VOLUME", volumes };
}

/** SHELL (SPEC CF-15). */
export function shellInstruction(node: AstNode, base: InstructionBase): ShellInstruction {
  readFlags(node.flags, {});
  requireArguments("SHELL", node);
  if (!node.json)
    throw invalid(
      "SHELL requires the arguments to be in JSON form",
      'write SHELL ["executable", "argument", ...]',
    );
  return { ...base, kind: "SHELL", shell: node.args };
}

/** The whole argument text of MAINTAINER, STOPSIGNAL, USER or WORKDIR (SPEC IN-04, IN-05). */
export function singleArgument(kind: string, node: AstNode): string {
  const [text] = node.args;
  if (text === undefined) throw invalid(`${kind} requires exactly one argument`);
  if (kind !== "STOPSIGNAL") readFlags(node.flags, {});
  return text;
}

function requireArguments(kind: string, node: AstNode): void {
  if (node.args.length === 0) throw invalid(`${kind} requires at least one argument`);
}
