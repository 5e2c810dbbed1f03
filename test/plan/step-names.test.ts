import { describe, expect, it } from "vitest";
import { AMD64, ARM64, failure, KnownImages, namesOf } from "./planning.ts";

describe("step names", () => {
  it("SG-08: FROM, RUN, COPY, ADD and WORKDIR are counted; scratch and stages are not", async () => {
    const text =
      "FROM busybox AS base\nENV A=1\nRUN a\nWORKDIR /w\nFROM base\nCOPY --from=base --chmod=0644 /out /out\nFROM scratch AS last\nADD x /\nCOPY --from=1 y /";
    expect(await namesOf(text)).toEqual([
      "[base 1/3] FROM docker.io/library/busybox:latest",
      "[base 2/3] RUN a",
      "[base 3/3] WORKDIR /w",
      "[stage-1 1/1] COPY --from=base --chmod=0644 /out /out",
      "[last 1/2] ADD x /",
      "[last 2/2] COPY --from=1 y /",
    ]);
  });

  it("SG-08: a file with one stage shows none; numbers are aligned to the right", async () => {
    const lines = Array.from({ length: 9 }, (_, i) => `RUN step ${i}`);
    const names = await namesOf(`FROM busybox AS only\n${lines.join("\n")}`);
    expect([names[0], names[1], names[9]]).toEqual([
      "[ 1/10] FROM docker.io/library/busybox:latest",
      "[ 2/10] RUN step 0",
      "[10/10] RUN step 8",
    ]);
  });

  it("SG-08: with several platforms each name has its own, and an arrow where the target differs", async () => {
    const text =
      "FROM --platform=$BUILDPLATFORM busybox AS build\nRUN a\nARG TARGETARCH\nRUN b\nFROM busybox\nCOPY --from=build x /";
    const request = {
      multiPlatform: true,
      platform: ARM64,
      buildPlatform: AMD64,
      resolver: new KnownImages(),
    };
    expect(await namesOf(text, request)).toEqual([
      "[linux/amd64 build 1/3] FROM docker.io/library/busybox:latest",
      "[linux/amd64 build 2/3] RUN a",
      "[linux/amd64->arm64 build 3/3] RUN b",
      "[linux/arm64 stage-1 1/2] FROM docker.io/library/busybox:latest",
      "[linux/arm64 stage-1 2/2] COPY --from=build x /",
    ]);
  });

  it("SG-08: a WORKDIR of `/` has no number of its own", async () => {
    expect(await namesOf("FROM scratch\nWORKDIR /\nRUN a")).toEqual(["[1/2] RUN a"]);
  });

  it("RN-13: keyword in upper case, set variables filled in, unset ones and quotes left", async () => {
    const text = 'FROM scratch\nARG X="a b"\nrun echo "$X" \'$X\' ${Y} $Z ${X:-k} > /f\ncopy "a" $X /';
    expect(await namesOf(text)).toEqual([
      `[1/2] RUN echo "a b" '$X' \${Y} $Z a b > /f`,
      '[2/2] COPY "a" a b /',
    ]);
  });

  it("RN-13: what cannot be expanded is shown as written", async () => {
    expect(await namesOf("FROM scratch\nRUN echo ${X!} 'open")).toEqual(["[1/1] RUN echo ${X!} 'open"]);
  });

  it("RN-13: a lone heredoc ends with the first line of its body", async () => {
    const text =
      "FROM scratch\nRUN <<EOF\n  echo hi $X\n echo\nEOF\nRUN <<EOF\none\nEOF\nRUN cat <<A <<B\na\nA\nb\nB";
    expect(await namesOf(text)).toEqual([
      "[1/3] RUN <<EOF (echo hi $X...)",
      "[2/3] RUN <<EOF (one)",
      "[3/3] RUN cat <<A <<B",
    ]);
  });

  it("RN-07: variables that a secret provides are masked", async () => {
    const text = "FROM scratch\nENV TOKEN=x\nRUN --mount=type=secret,id=t,env=TOKEN curl $TOKEN";
    expect(await namesOf(text)).toEqual(["[1/1] RUN --mount=type=secret,id=t,env=TOKEN curl ****"]);
  });

  it("PO-07: an error carries every line of its instruction", async () => {
    expect(await failure("FROM scratch\nENV A=1 \\\n  B=${C:?no}")).toEqual({
      code: "EXPANSION_FAILED",
      message: 'failed to process "${C:?no}": C: no',
      line: 2,
    });
  });
});
