import type { AstNode } from "./ast.ts";
import { type FlagKind, invalid, readFlags } from "./flags.ts";
import { parseHeredocOpener } from "./heredoc.ts";
import type { CopyInstruction, Heredoc, InstructionBase } from "./instructions.ts";

const SHARED = { chown: "text", chmod: "text", link: "boolean", exclude: "list" } as const;
const FLAGS: Readonly<Record<CopyInstruction["kind"], Readonly<Record<string, FlagKind>>>> = {
  COPY: { ...SHARED, from: "text", parents: "boolean" },
  ADD: { ...SHARED, "keep-git-dir": "boolean", checksum: "text", unpack: "boolean" },
};

/** COPY and ADD (SPEC CP-01, LX-43, LX-44). Sources are checked only where the step is needed (SPEC PO-06). */
export function copyInstruction(
  kind: CopyInstruction["kind"],
  node: AstNode,
  base: InstructionBase,
): CopyInstruction {
  if (node.args.length < 2)
    throw invalid(
      `${kind} requires at least two arguments, but only one was provided. Destination could not be determined`,
      `write ${kind} <source>... <destination>`,
    );
  const flags = readFlags(node.flags, FLAGS[kind]);
  const destination = node.args.at(-1)!;
  if (!node.json && parseHeredocOpener(destination))
    throw invalid(
      `${kind} cannot accept a heredoc as a destination`,
      "write the destination behind the heredoc, on the same line",
    );
  const from = flags.text("from");
  const keepGitDir = flags.boolean("keep-git-dir");
  const unpack = flags.boolean("unpack");
  return {
    ...base,
    kind,
    ...splitSources(node),
    destination,
    ...given("chown", flags.text("chown")),
    ...given("chmod", flags.text("chmod")),
    link: flags.boolean("link") ?? false,
    parents: flags.boolean("parents") ?? false,
    excludes: flags.list("exclude"),
    ...given("from", from),
    ...given("checksum", flags.text("checksum")),
    ...given("keepGitDir", keepGitDir),
    ...given("unpack", unpack),
  };
}

/** Bodies are found by delimiter: of two with the same name, both get the last (SPEC LX-43). */
function splitSources(node: AstNode): Pick<CopyInstruction, "sources" | "heredocs"> {
  const bodies = new Map(node.heredocs.map((heredoc) => [heredoc.name, heredoc.content]));
  const sources: string[] = [];
  const heredocs: Heredoc[] = [];
  for (const word of node.args.slice(0, -1)) {
    const opener = bodies.size > 0 ? parseHeredocOpener(word) : undefined;
    const content = opener && bodies.get(opener.name);
    if (opener && content !== undefined) heredocs.push({ ...opener, content });
    else sources.push(word);
  }
  return { sources, heredocs };
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
