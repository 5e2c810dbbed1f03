import type { Digest } from "../core/digest.ts";
import type { CopyInstruction, FromInstruction, ParsedDockerfile } from "../dockerfile/instructions.ts";
import { type Fix, fixWords, insertion } from "./fix.ts";

type File = Pick<ParsedDockerfile, "text" | "escape">;

/** Writes the digest behind the name that FROM has: `debian:12@sha256:…`. */
export function pinBase(file: File, from: FromInstruction, digest: Digest): Fix {
  if (/[$"'\\`]/.test(from.image)) return { reason: "the name comes out of a variable" };
  return fixWords(file, from, ({ words }) => {
    const name = words.slice(1).find(({ text }) => !text.startsWith("--"));
    return name?.text === from.image
      ? insertion(name.end, `@${digest}`)
      : { reason: "the name is not where it was expected" };
  });
}

/** Writes the digest behind the image of COPY --from. */
export function pinCopiedImage(file: File, copy: CopyInstruction, digest: Digest): Fix {
  return fixWords(file, copy, ({ words }) => {
    const flag = words.find(({ text }) => text === `--from=${copy.from}`);
    return flag ? insertion(flag.end, `@${digest}`) : { reason: "the name is not where it was expected" };
  });
}

/** Writes `--checksum=` into an ADD of one URL or repository. */
export function addChecksum(file: File, add: CopyInstruction, checksum: string): Fix {
  const [source, ...others] = add.sources;
  if (source === undefined || others.length + add.heredocs.length > 0)
    return { reason: "it has several sources: write one ADD for each" };
  if (source.includes("$")) return { reason: "the address has a variable in it" };
  return fixWords(file, add, ({ words }) => insertion(words[0]!.end, ` --checksum=${checksum}`));
}
