import { decodeName } from "../../src/core/file-name.ts";
import { checkFrontend } from "../../src/dockerfile/frontend.ts";
import type { Instruction, ParsedDockerfile } from "../../src/dockerfile/instructions.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { DOCKERFILE_WORDS, dockerfile } from "../grammar/dockerfile.ts";
import { checkLocated } from "./shown-error.ts";

const FILE = "Dockerfile";

/** Text to AST to typed instructions. */
export const dockerfileTarget: Target = {
  name: "dockerfile",
  about: "a Dockerfile's bytes to typed instructions",
  seeds: [
    "FROM scratch\nCOPY a b\n",
    '# escape=`\nARG A=1\nFROM $A AS b\nRUN --mount=type=cache,target=/c <<EOF cat\nx\nEOF\nENV a=b c="d e"\n',
    'FROM a\nHEALTHCHECK --interval=1s CMD ["a"]\nONBUILD COPY --from=b <<-"E" /d\n\tx\nE\nSHELL ["/x"]\n',
  ].map((text) => Buffer.from(text)),
  dictionary: DOCKERFILE_WORDS,
  generate: (random) => Buffer.from(dockerfile(random)),
  mutators: [mutateLines],
  run: (input) => {
    const text = decodeName(input);
    let parsed: ParsedDockerfile;
    try {
      parsed = parseDockerfile(input, FILE);
    } catch (error) {
      checkLocated(error, FILE, text);
    }
    checkRanges(parsed, text.split("\n").length);
    const reference = parsed.directives.syntax?.split(" ", 1)[0];
    if (reference !== undefined)
      checkFrontend({ line: { reference, source: { file: FILE, start: 1, end: 1 } } });
  },
};

/** Instructions are in the file's order, each with lines of its own. */
function checkRanges({ globalArgs, stages }: ParsedDockerfile, lines: number): void {
  const all: Instruction[] = [
    ...globalArgs,
    ...stages.flatMap(({ from, instructions }) => [from, ...instructions]),
  ];
  let end = 0;
  for (const { source, kind } of all) {
    must(
      source.start > end,
      () => `${kind} begins on line ${source.start}, but the one before ends on ${end}`,
    );
    must(
      source.end >= source.start && source.end <= lines,
      () => `${kind} has the lines ${source.start}-${source.end} of ${lines}`,
    );
    end = source.end;
  }
}
