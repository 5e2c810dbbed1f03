import { join } from "node:path";
import { kindOf } from "../case.ts";
import type { Task } from "./builder.ts";

/** The arguments of `build` that both builders get; `result` is where the output goes. */
export function buildArguments({ spec, workspace, placeholders }: Task, result: string): readonly string[] {
  const given = (spec.args ?? []).map((argument) => placeholders.fill(argument));
  const has = (flag: string) => given.some((each) => each === flag || each.startsWith(`${flag}=`));
  const output = has("--output") || kindOf(spec) === "call" ? [] : ["--output", outputOf(spec, result)];
  return [
    ...(has("--progress") ? [] : ["--progress=plain"]),
    // Without this each step would be at the mercy of what other cases left in the builder's cache.
    ...(spec.cache ? [] : ["--no-cache"]),
    // Cases build the same without a network, and builders without a bridge can run them.
    ...(has("--network") ? [] : ["--network=none"]),
    ...given,
    ...output,
    placeholders.fill(spec.context ?? workspace.context),
  ];
}

function outputOf(spec: Task["spec"], result: string): string {
  const extra = spec.outputOptions ? `,${spec.outputOptions}` : "";
  if (spec.output === "tar") return `type=tar,dest=${join(result, "files.tar")}${extra}`;
  if (spec.output === "local") return `type=local,dest=${join(result, "files")}${extra}`;
  const compression = /compression=/.test(extra) ? "" : ",compression=uncompressed";
  return `type=oci,tar=false,dest=${join(result, "layout")}${compression}${extra}`;
}
