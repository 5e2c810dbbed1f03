import type { Random } from "../engine/random.ts";
import { mountFlag } from "./mount.ts";
import { shellWord } from "./shell-word.ts";
import { path, text, word } from "./text.ts";

const INSTRUCTIONS = [
  "FROM",
  "RUN",
  "CMD",
  "LABEL",
  "MAINTAINER",
  "EXPOSE",
  "ENV",
  "ADD",
  "COPY",
  "ENTRYPOINT",
  "VOLUME",
  "USER",
  "WORKDIR",
  "ARG",
  "ONBUILD",
  "STOPSIGNAL",
  "HEALTHCHECK",
  "SHELL",
] as const;

/** Tokens of Dockerfiles. */
export const DOCKERFILE_WORDS = [
  ...INSTRUCTIONS.map((name) => `\n${name} `),
  " AS ",
  "scratch",
  "\\\n",
  "`\n",
  "\n#",
  "# escape=`\n",
  "# syntax=docker/dockerfile:1\n",
  "# check=skip=all;error=true\n",
  " <<EOF\nbody\nEOF\n",
  " <<-'E'\n\tx\n\tE\n",
  "<<",
  "--from=",
  "--mount=type=",
  "--chmod=",
  "--chown=0:0 ",
  "--link ",
  "--parents ",
  "--exclude=",
  "--platform=$BUILDPLATFORM ",
  "--network=none ",
  "--security=insecure ",
  "--interval=1s ",
  '["a", "b"]',
  "[",
  '"',
  "'",
  "$A",
  "${A:-b}",
  "=",
  "\r\n",
  "\t",
  "\u00a0",
  "\ufeff",
];

/** A Dockerfile that is mostly sound: directives, global ARGs, stages with every instruction. */
export function dockerfile(random: Random): string {
  const stages = random.several(1, 4, (index) => stage(random, index));
  return [...head(random), ...stages.flat()].join("");
}

function head(random: Random): string[] {
  const directives = random.chance(0.2)
    ? [random.pick(["# escape=`\n", "# syntax=x\n# check=skip=X\n", "#!/bin/x\n# syntax = y\n", "\ufeff"])]
    : [];
  return [...directives, ...random.several(0, 2, () => `ARG ${assignment(random)}\n`)];
}

function stage(random: Random, index: number): string[] {
  const platform = random.chance(0.15)
    ? `--platform=${random.pick(["$BUILDPLATFORM", "linux/amd64", "linux/arm64", "x", "${A}"])} `
    : "";
  const base = random.pick([
    "scratch",
    "busybox",
    "debian:bookworm",
    "s0",
    "S1",
    "$A",
    "${A:-busybox}",
    shellWord(random, 1).replaceAll("\n", ""),
  ]);
  const name = random.chance(0.7) ? ` AS ${random.chance(0.9) ? `s${index}` : word(random)}` : "";
  return [`FROM ${platform}${base}${name}\n`, ...random.several(0, 8, () => instruction(random))];
}

/** One instruction with its line end. */
export function instruction(random: Random): string {
  const name = random.pick(INSTRUCTIONS);
  const keyword = random.chance(0.05) ? name.toLowerCase() : name;
  const line = `${keyword} ${argumentsOf(name, random)}`;
  const continued = random.chance(0.1)
    ? line.replace(/ (?=\S)/g, () => (random.chance(0.3) ? " \\\n  " : " "))
    : line;
  const comment = random.chance(0.1) ? `# ${text(random).replaceAll("\n", " ")}\n` : "";
  return `${comment}${continued}${random.chance(0.05) ? "\r\n" : "\n"}`;
}

function argumentsOf(name: (typeof INSTRUCTIONS)[number], random: Random): string {
  switch (name) {
    case "FROM":
      return `${word(random)}${random.chance(0.5) ? ` AS ${word(random)}` : ""}`;
    case "RUN":
      return `${runFlags(random)}${command(random)}${random.chance(0.15) ? heredoc(random) : ""}`;
    case "CMD":
    case "ENTRYPOINT":
      return command(random);
    case "ENV":
    case "LABEL":
      return random.chance(0.1)
        ? `${word(random)} ${shellWord(random)}`
        : random.several(1, 3, () => assignment(random)).join(" ");
    case "ARG":
      return random.several(1, 2, () => (random.chance(0.3) ? word(random) : assignment(random))).join(" ");
    case "COPY":
    case "ADD":
      return copyArguments(random);
    case "EXPOSE":
      return random
        .several(1, 3, () =>
          random.pick([
            "80",
            "80-90/udp",
            "$A",
            "0:1:2/TCP",
            "[::1]:1:2",
            "99999",
            "a/b",
            shellWord(random, 1),
          ]),
        )
        .join(" ");
    case "VOLUME":
      return random.chance(0.5) ? json(random) : path(random);
    case "ONBUILD":
      return instruction(random).trimEnd();
    case "HEALTHCHECK":
      return random.pick([
        "NONE",
        `--interval=${duration(random)} --retries=${random.below(5)} CMD ${command(random)}`,
        `CMD ${json(random)}`,
        shellWord(random),
      ]);
    case "SHELL":
      return random.chance(0.9) ? json(random) : text(random);
    case "STOPSIGNAL":
      return random.pick(["SIGTERM", "9", "rtmin+3", "x", "$A"]);
    default:
      return random.chance(0.5) ? path(random) : shellWord(random);
  }
}

function assignment(random: Random): string {
  const value = random.chance(0.5) ? word(random) : shellWord(random).replaceAll("\n", "");
  return `${random.pick(["A", "B", "FOO", "PATH", word(random), "TARGETARCH", "SOURCE_DATE_EPOCH"])}=${value}`;
}

function runFlags(random: Random): string {
  return random
    .several(0, 2, () =>
      random.chance(0.7)
        ? `--mount=${mountFlag(random)} `
        : random.pick([
            "--network=none ",
            "--network=host ",
            "--security=sandbox ",
            "--device=a,required ",
            "--x ",
            "-- ",
          ]),
    )
    .join("");
}

function command(random: Random): string {
  return random.chance(0.4) ? json(random) : `${word(random)} ${shellWord(random)}`;
}

function json(random: Random): string {
  const list = JSON.stringify(random.several(0, 3, () => text(random)));
  return random.chance(0.9) ? list : list.slice(0, random.below(list.length));
}

function heredoc(random: Random): string {
  const name = random.pick(["EOF", "E.txt", "x"]);
  const opener = `${random.pick(["", "3", ""])}<<${random.pick(["", "-"])}${random.pick([name, `"${name}"`, `'${name}'`])}`;
  const lines = random.several(
    0,
    3,
    () => `${random.pick(["", "\t"])}${shellWord(random, 1).replaceAll("\n", " ")}\n`,
  );
  return ` ${opener}\n${lines.join("")}${random.chance(0.95) ? name : ""}`;
}

function copyArguments(random: Random): string {
  const flags = random.several(0, 2, () =>
    random.pick([
      "--from=s0",
      "--from=0",
      "--from=busybox",
      "--from=$A",
      "--chown=a:b",
      "--chmod=u=rwX,go=",
      "--chmod=755",
      "--link",
      "--link=false",
      "--parents",
      `--exclude=${path(random)}`,
      "--checksum=sha256:x",
      "--keep-git-dir",
      "--unpack=true",
    ]),
  );
  if (random.chance(0.15)) return `${flags.join(" ")}${heredoc(random).replace("\n", " /d/\n")}`;
  const sources = random.several(1, 3, () =>
    random.pick([
      path(random),
      shellWord(random, 1).replaceAll("\n", ""),
      "https://x.y/z.git#b:d?x=y",
      "http://x.y/z",
    ]),
  );
  return [...flags, ...sources, path(random)].join(" ");
}

/** A duration as Go writes it, or nearly. */
export function duration(random: Random): string {
  return random
    .several(
      0,
      3,
      () =>
        `${random.pick(["1", "0", "1.5", "-2", ".5", "9223372036854775807", ""])}${random.pick(["s", "ms", "h", "m", "us", "µs", "ns", ""])}`,
    )
    .join("");
}
