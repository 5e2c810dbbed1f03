import { describe, expect, it } from "vitest";
import { classifySource } from "../../src/plan/copy-sources.ts";
import { copiesOf, failure, historyOf } from "./planning.ts";

async function only(lines: string) {
  const copies = await copiesOf(`FROM scratch\n${lines}`);
  expect(copies).toHaveLength(1);
  return copies[0]!;
}
async function refusal(lines: string): Promise<string> {
  return (await failure(`FROM scratch\n${lines}`)).message;
}

describe("sources", () => {
  it("CP-01: paths are expanded and kept as written; JSON form for blanks", async () => {
    expect(await only('ENV D=dir\nCOPY ["a b", "../$D/x", "/t/"]')).toMatchObject({
      instruction: "COPY",
      from: { kind: "context" },
      sources: ["a b", "../dir/x"],
    });
  });

  it("CP-01: COPY takes neither URLs nor repositories", async () => {
    expect(await refusal("COPY https://host/x /")).toBe("source can't be a URL for COPY");
    expect(await refusal("ENV U=https://host\nCOPY $U/x.git /")).toBe("source can't be a git ref for COPY");
    expect(await refusal("COPY git@host:o/r /")).toBe("source can't be a git ref for COPY");
  });

  it("AD-09: what is a repository, a URL or a path", () => {
    const kinds = {
      "https://h/r.git": "git",
      "http://h/r.git#main:sub": "git",
      "https://h/r.git?ref=x": "git",
      "git://h/r": "git",
      "ssh://git@h/r": "git",
      "git@h:o/r": "git",
      "https://h/r": "url",
      "https://h/r.git/x": "url",
      "http://h/a.tar.gz?x=.git": "url",
      "github.com/o/r": "path",
      "./git@h:o/r": "path",
      "../x.git": "path",
      "a:b": "path",
      "ftp://h/x": "path",
      "/x.git": "path",
    };
    expect(Object.fromEntries(Object.keys(kinds).map((source) => [source, classifySource(source)]))).toEqual(
      kinds,
    );
  });

  it("AD-10, AD-11: a repository's query and flags are judged", async () => {
    expect(await refusal("ADD https://h/r.git?nope=1 /")).toBe('unexpected query "nope"');
    expect(await refusal("ADD --keep-git-dir=true https://h/r.git?keep-git-dir=false /")).toBe(
      "inconsistent keep-git-dir configuration",
    );
    expect(await refusal("ADD --checksum=zz https://h/r.git /")).toBe(
      "invalid checksum zz for Git URL, expected hex commit hash",
    );
  });

  it("AD-07: a checksum is for one URL or repository, and well formed", async () => {
    const sha256 = "a".repeat(64);
    const text = (sum: string, source = "http://h/x") => `ADD --checksum=${sum} ${source} /`;
    expect(await only(`ARG S=${sha256}\n${text("sha256:$S")}`)).toMatchObject({
      checksum: `sha256:${sha256}`,
    });
    expect(await only(text(`sha512:${"b".repeat(128)}`))).toMatchObject({
      checksum: `sha512:${"b".repeat(128)}`,
    });
    expect(await refusal(text(`md5:${"a".repeat(32)}`))).toBe("unsupported digest algorithm");
    expect(await refusal(text(sha256))).toBe("invalid checksum digest format");
    expect(await refusal(text(`sha256:${"A".repeat(64)}`))).toBe("invalid checksum digest format");
    expect(await refusal(text("sha256:abc"))).toBe("invalid checksum digest length");
    expect(await refusal(text(`sha256:${sha256}`, "a http://h/b"))).toBe(
      "checksum can't be specified for multiple sources",
    );
    expect(await refusal(text(`sha256:${sha256}`, "file"))).toBe("checksum requires HTTP(S) or Git sources");
  });

  it("AD-04: flags of ADD reach the step only where they are written", async () => {
    expect(await only("ADD --unpack=false --keep-git-dir a.tar /")).toMatchObject({
      unpack: false,
      keepGitDir: true,
    });
    const plain = await only("ADD a.tar /");
    expect([plain.unpack, plain.keepGitDir, plain.checksum]).toEqual([undefined, undefined, undefined]);
  });
});

describe("destination", () => {
  it("CP-02: relative to the current directory, cleaned, and whether it is a directory", async () => {
    const cases: Record<string, [string, boolean]> = {
      "/a": ["/a", false],
      a: ["/w/a", false],
      "a/": ["/w/a", true],
      "/a/.": ["/a", true],
      ".": ["/w", true],
      "./": ["/w", true],
      $EMPTY: ["/w", true],
      "../../../x": ["/x", false],
      "/": ["/", true],
      "/a//b/../c": ["/a/c", false],
    };
    for (const [written, [destination, destinationIsDirectory]] of Object.entries(cases))
      expect(await only(`ENV EMPTY=\nWORKDIR /w\nCOPY f ${written}`)).toMatchObject({
        destination,
        destinationIsDirectory,
      });
  });
});

describe("flags", () => {
  it("CP-14, CP-15: owner and mode are expanded; an empty one counts as none", async () => {
    const step = await only("ENV U=me M=0640 E=\nCOPY --chown=$U:grp --chmod=$M a /");
    expect([step.chown, step.chmod]).toEqual(["me:grp", "0640"]);
    const none = await only("ENV E=\nCOPY --chown=$E --chmod=$E a /");
    expect([none.chown, none.chmod]).toEqual([undefined, undefined]);
  });

  it("CP-15: modes are octal up to 07777, or symbolic", async () => {
    for (const mode of [
      "0",
      "755",
      "07777",
      "u=rwX,go=rX",
      "+x",
      "a-w,u+s",
      "g=u",
      "go-w",
      "u+rw,g+r,o-x,o+w",
      "a+X-w",
    ])
      expect((await only(`COPY --chmod=${mode} a /`)).chmod).toBe(mode);
    for (const mode of ["64a", "10000", "8", "u=q", "rwx", "u+x,", "u"])
      expect(await refusal(`COPY --chmod=${mode} a /`)).toBe(
        `invalid chmod parameter: '${mode}'. it should be octal string and between 0 and 07777`,
      );
  });

  it("CP-16 to CP-19: link, parents and excludes", async () => {
    expect(await only("COPY --link --parents --exclude=*.md --exclude=b a /")).toMatchObject({
      link: true,
      parents: true,
      excludes: ["*.md", "b"],
    });
  });
});

describe("heredocs", () => {
  it("CP-21: files are named as the delimiters; bodies lose tabs for `<<-`", async () => {
    const step = await only("COPY <<A.txt <<-B /d/\n\ta\nA.txt\n\tb\n\t\tc\n\tB");
    expect(step).toMatchObject({ sources: [], from: { kind: "scratch" }, destination: "/d" });
    expect(step.heredocs).toEqual([
      { name: "A.txt", content: "\ta\n" },
      { name: "B", content: "b\nc\n" },
    ]);
  });

  it("EX-16: bodies are expanded unless the delimiter is quoted", async () => {
    const body = "'$X' \"${X}\" \\$X \\\\ a\\\nb\n";
    const content = async (opener: string) =>
      (await only(`ENV X=1\nCOPY <<${opener} /f\n${body}E`)).heredocs[0]!.content;
    expect(await content("E")).toBe("'1' \"1\" $X \\ a\nb\n");
    expect(await content('"E"')).toBe(body);
  });

  it("a delimiter that is a path is refused", async () => {
    expect(await refusal("COPY <<../../etc/x /f\nb\n../../etc/x")).toBe(
      'heredoc name "../../etc/x" cannot be a file name',
    );
  });
});

describe("history", () => {
  it("HI-06: expanded as written, with parents, chown and chmod and no other flag", async () => {
    const text =
      'FROM scratch AS a\nFROM scratch\nENV D=d U=1\nCOPY --chmod=0644 --link --chown=$U:2 --parents --from=a --exclude=x ["a b", "$D", "./$D/"]\nADD --unpack=false http://h/f <<E /\nbody\nE';
    expect((await historyOf(text)).slice(1)).toEqual([
      "COPY --parents --chown=1:2 --chmod=0644 a b d ./d/ # buildkit",
      "ADD http://h/f <<E / # buildkit",
    ]);
  });
});
