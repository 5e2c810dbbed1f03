import { describe, expect, it } from "vitest";
import { parseIgnoreFile } from "../../src/context/ignore-rules.ts";
import { isSlipwayError } from "../../src/core/errors.ts";
import { KnownImages, type PlanRequest, plan } from "./planning.ts";

/** A part of a build that is in error: how it is written so, how it would be right, and what is said of it. */
interface Fault {
  readonly wrong: string;
  readonly right: string;
  readonly message: string;
}

/** In the order in which they have to be reported. Not that of the file: parts are put together by `fileOf`. */
const FAULTS = {
  check: {
    wrong: "# check=bogus",
    right: "# check=error=true",
    message: 'failed to parse check options: invalid check option "bogus"',
  },
  directive: {
    wrong: "# escape=x",
    right: "# escape=`",
    message: "invalid escape token 'x' does not match ` or \\",
  },
  grammar: {
    wrong: "ENV a=b c",
    right: "ENV a=b",
    message: 'Syntax error - can\'t find = in "c". Must be of the form: name=value',
  },
  heredoc: { wrong: "COPY <<EOT /\nbody", right: "LABEL last=1", message: "unterminated heredoc" },
  flag: {
    wrong: "RUN --bogus x",
    right: "RUN x",
    message: "dockerfile parse error on line 5: unknown flag: --bogus",
  },
  instruction: {
    wrong: "BOGUS x",
    right: "LABEL x=y",
    message: "dockerfile parse error on line 9: unknown instruction: BOGUS",
  },
  global: {
    wrong: "ARG G=${NONE:?none}",
    right: "ARG G=1",
    message: 'failed to process "${NONE:?none}": NONE: none',
  },
  epoch: { wrong: "bogus", right: "7", message: "invalid SOURCE_DATE_EPOCH: bogus" },
  base: { wrong: "$BLANK", right: "scratch", message: "base name ($BLANK) should not be blank" },
  platform: {
    wrong: "a/b/c/d",
    right: "$BUILDPLATFORM",
    message: 'failed to parse platform a/b/c/d: "a/b/c/d" is not a platform',
  },
  laterBase: { wrong: "$LATER", right: "scratch", message: "base name ($LATER) should not be blank" },
  target: { wrong: "missing", right: "last", message: 'target stage "missing" could not be found' },
  source: { wrong: "9", right: "first", message: "invalid stage index 9" },
  circle: {
    wrong: "COPY --from=circle x /",
    right: "LABEL x=y",
    message: "circular dependency detected on stage: circle",
  },
  image: { wrong: "nowhere", right: "busybox", message: "no image nowhere" },
  ignore: { wrong: "!", right: "other", message: '.dockerignore line 1: illegal exclusion pattern: "!"' },
  signal: { wrong: "STOPSIGNAL BOGUS", right: "STOPSIGNAL TERM", message: "invalid signal: BOGUS" },
  port: { wrong: "EXPOSE x", right: "EXPOSE 80", message: "invalid containerPort: x" },
  lint: {
    wrong: "CMD x",
    right: 'CMD ["x"]',
    message: "lint violation found for rules: JSONArgsRecommended",
  },
  entitlement: {
    wrong: "RUN --network=host x",
    right: "RUN --network=none x",
    message: "entitlement network.host is not allowed",
  },
} as const satisfies Readonly<Record<string, Fault>>;
type Part = keyof typeof FAULTS;
const PARTS = Object.keys(FAULTS) as Part[];

type Written = (part: Part) => string;

function fileOf(part: Written): string {
  return [
    part("check"),
    part("directive"),
    part("global"),
    `FROM --platform=${part("platform")} ${part("base")} AS first`,
    part("flag"),
    part("signal"),
    part("entitlement"),
    `FROM ${part("laterBase")} AS unused`,
    part("instruction"),
    `COPY --from=${part("source")} x /`,
    "FROM scratch AS circle",
    part("circle"),
    `FROM ${part("image")} AS last`,
    "COPY --from=first x /",
    part("grammar"),
    part("port"),
    part("lint"),
    part("heredoc"),
  ].join("\n");
}

/** What is said of a file in which the first `repaired` parts are right and all others wrong. */
async function reportAfter(repaired: number): Promise<string> {
  const written: Written = (part) => FAULTS[part][PARTS.indexOf(part) < repaired ? "right" : "wrong"];
  const request: PlanRequest = {
    target: written("target"),
    args: { SOURCE_DATE_EPOCH: written("epoch") },
    ignoreRules: async () => parseIgnoreFile(Buffer.from(written("ignore")), ".dockerignore"),
    resolver: new KnownImages({ busybox: {} }),
  };
  try {
    await plan(fileOf(written), request);
    return "nothing";
  } catch (error) {
    if (isSlipwayError(error)) return error.message;
    throw error;
  }
}

describe("which error wins", () => {
  it.each(PARTS.map((part, index) => [part, index] as const))(
    "PO-02, PO-04, PO-05: of everything that is still wrong, %s",
    async (part, index) => {
      expect(await reportAfter(index)).toBe(FAULTS[part].message);
    },
  );

  it("PO-05: with everything repaired there is no error", async () => {
    expect(await reportAfter(PARTS.length)).toBe("nothing");
  });
});
