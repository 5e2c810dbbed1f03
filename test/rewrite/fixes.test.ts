import { describe, expect, it } from "vitest";
import type { Digest } from "../../src/core/digest.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { appendCommand, REMOVE_APT_LISTS } from "../../src/rewrite/append-command.ts";
import { execForm } from "../../src/rewrite/exec-form.ts";
import type { Fix } from "../../src/rewrite/fix.ts";
import { addChecksum, pinBase, pinCopiedImage } from "../../src/rewrite/pin-sources.ts";
import { applyEdits } from "../../src/rewrite/text-edits.ts";

const DIGEST: Digest = `sha256:${"0".repeat(64)}`;

/** The file with the fix of its last instruction (its FROM where it has no other), or the reason why there is none. */
function fixed(text: string, mend: (file: ReturnType<typeof parseDockerfile>) => Fix): string {
  const fix = mend(parseDockerfile(text, "Dockerfile"));
  return "edit" in fix ? applyEdits(text, [fix.edit]) : `no: ${fix.reason}`;
}
const last = (file: ReturnType<typeof parseDockerfile>) => file.stages.at(-1)!.instructions.at(-1) as never;
const base = (text: string) => fixed(text, (file) => pinBase(file, file.stages.at(-1)!.from, DIGEST));
const checksum = (text: string) => fixed(text, (file) => addChecksum(file, last(file), DIGEST));
const list = (line: string) =>
  fixed(`FROM a\n${line}\n`, (file) => execForm(file, last(file))).replace(/^FROM a\n/, "");
const append = (text: string) =>
  fixed(`FROM a\n${text}`, (file) => appendCommand(file, last(file), REMOVE_APT_LISTS)).replace(
    /^FROM a\n/,
    "",
  );

describe("bases", () => {
  it.each([
    ["FROM debian:12\n", `FROM debian:12@${DIGEST}\n`],
    [
      "# a\n\nfrom   --platform=linux/amd64\tdebian:12   AS  b # c\n".replace(" # c", ""),
      `# a\n\nfrom   --platform=linux/amd64\tdebian:12@${DIGEST}   AS  b\n`,
    ],
    ["FROM debian:12\r\nRUN a\r\n", `FROM debian:12@${DIGEST}\r\nRUN a\r\n`],
    ["FROM \\\n  # why\n  debian:12 \\\n  AS b\n", `FROM \\\n  # why\n  debian:12@${DIGEST} \\\n  AS b\n`],
    ["# escape=`\nFROM `\n debian:12", `# escape=\`\nFROM \`\n debian:12@${DIGEST}`],
    ["ARG B=debian\nFROM $B\n", "no: the name comes out of a variable"],
    ["FROM deb\\\nian:12\n", "no: its words go over several lines"],
  ])("%j", (text, expected) => expect(base(text)).toBe(expected));
});

describe("images of COPY", () => {
  it("get their digest", () => {
    const text = "FROM a\ncopy --chown=1 --from=b:2 \\\n  /a /a\n";
    const after = fixed(text, (file) => pinCopiedImage(file, last(file), DIGEST));
    expect(after).toBe(text.replace("b:2", `b:2@${DIGEST}`));
  });
});

describe("checksums", () => {
  it.each([
    ["FROM a\nADD https://h/a /a\n", `FROM a\nADD --checksum=${DIGEST} https://h/a /a\n`],
    [
      "FROM a\nadd --chown=1 \\\n https://h/a /a",
      `FROM a\nadd --checksum=${DIGEST} --chown=1 \\\n https://h/a /a`,
    ],
    ['FROM a\nADD ["https://h/a", "/a"]\n', `FROM a\nADD --checksum=${DIGEST} ["https://h/a", "/a"]\n`],
    ["FROM a\nADD https://h/a https://h/b /a/\n", "no: it has several sources: write one ADD for each"],
    ["FROM a\nARG V\nADD https://h/$V /a\n", "no: the address has a variable in it"],
  ])("%j", (text, expected) => expect(checksum(text)).toBe(expected));
});

describe("lists instead of command lines", () => {
  it.each([
    ["ENTRYPOINT serve --port 80", 'ENTRYPOINT ["serve", "--port", "80"]\n'],
    ["CMD  exec /bin/serve 'a b' \"c\"d", 'CMD  ["/bin/serve", "a b", "cd"]\n'],
    ["entrypoint serve \\\n  --port 80", 'entrypoint ["serve", "--port", "80"]\n'],
    ["CMD serve  ", 'CMD ["serve"]  \n'],
  ])("%j", (line, expected) => expect(list(line)).toBe(expected));

  it.each([
    ...[
      "serve $PORT",
      "serve && other",
      "serve; other",
      "serve | tee log",
      "serve > log",
      "serve &",
      "A=b serve",
    ],
    ...[
      "serve *.conf",
      "serve ~/a",
      "serve `a`",
      "serve $(a)",
      "cd /a",
      "echo a",
      "(serve)",
      "serve a\\ b",
      "if a; then b; fi",
    ],
    ...["exec", "exec -a b c", "serve {a,b}", "serve # a", "! serve"],
  ])("a shell has to do %j", (command) =>
    expect(list(`CMD ${command}`)).toBe("no: a shell has to do some of it"),
  );

  it.each([
    ...["time serve", "time -p serve", "exec exec serve", "then serve", "do serve", "exec time serve"],
  ])("no list can say %j", (command) =>
    expect(list(`CMD ${command}`)).toBe("no: a shell has to do some of it"),
  );

  it.each(["./run.sh", "/usr/bin/run.sh", "run.bash a", "./run", "/app/run", "exec bin/run", "./bin/run"])(
    "only a shell may be able to start %j",
    (command) =>
      expect(list(`CMD ${command}`)).toBe("no: if it is a script without #!, only a shell starts it"),
  );

  it.each(["/bin/a", "/usr/local/sbin/a", "/opt/x/bin/a", "a.py"])(
    "a program is taken for one: %j",
    (program) => expect(list(`CMD ${program} b`)).toBe(`CMD ["${program}", "b"]\n`),
  );

  it("leaves comments in peace", () =>
    expect(list("CMD serve \\\n  # why\n  --port 80")).toBe("no: there are comments in it"));
});

describe("one more command", () => {
  it.each([
    [
      "RUN apt-get update && apt-get install -y a\n",
      `RUN apt-get update && apt-get install -y a && ${REMOVE_APT_LISTS}\n`,
    ],
    [
      "RUN a \\\n && b \\\n    # why\n && c",
      `RUN a \\\n && b \\\n    # why\n && c \\\n && ${REMOVE_APT_LISTS}`,
    ],
    [
      "RUN a && \\\r\n    b\r\nCMD c\r\n".replace("CMD c\r\n", ""),
      `RUN a && \\\r\n    b \\\r\n    && ${REMOVE_APT_LISTS}\r\n`,
    ],
    ["RUN a || b; c\n", `RUN a || b; c && ${REMOVE_APT_LISTS}\n`],
    ["RUN if a; then b; fi\n", `RUN if a; then b; fi && ${REMOVE_APT_LISTS}\n`],
    ["RUN a || exit 1; b || exit\n", `RUN a || exit 1; b || exit && ${REMOVE_APT_LISTS}\n`],
    ["RUN exec > log; (exit 0)\n", `RUN exec > log; (exit 0) && ${REMOVE_APT_LISTS}\n`],
  ])("%j", (text, expected) => expect(append(text)).toBe(expected));

  it.each([
    ["a comment at the end", "RUN a && b # why\n"],
    ["a semicolon at the end", "RUN a;\n"],
    ["a semicolon behind a whole", "RUN if a; then b; fi;\n"],
    ["something in the background", "RUN a &\n"],
  ])("not behind %s", (_, text) =>
    expect(append(text)).toBe("no: nothing can be put behind its last command"),
  );

  it.each([
    "a; exit 0",
    "a && exit",
    "exec a",
    "a; return",
    "a && exit $B",
    "if a; then exit 0; fi; b",
    "f() { exit; }; f",
  ])("not where the shell may be gone by then: %j", (command) =>
    expect(append(`RUN ${command}\n`)).toBe("no: its shell may end before its last command does"),
  );

  it.each([
    ["a list", 'RUN ["a", "b"]\n'],
    ["a here-document", "RUN <<E\na\nE\n"],
  ])("not in %s", (_, text) => expect(append(text)).toBe("no: it is no plain command line"));
});
