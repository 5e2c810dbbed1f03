import { copyInstruction, heredocInstruction, type Surroundings } from "./copy.ts";
import type { Random } from "./random.ts";
import type { GeneratedTree } from "./tree.ts";

const SCRIPTS = [
  "mkdir -p /t/s /w && echo run > /t/s/r",
  "ln -sfn /t /l 2>/dev/null || true",
  "rm -rf /t || true",
  "mkdir -p /u && chown -R 3:4 /u && chmod 700 /u",
  "touch -d '2001-01-01 00:00:00' /etc/hostname",
  "find / -xdev -name '*.txt' -delete",
  "for f in /t/*; do [ -f $f ] && mv $f $f.moved; done; true",
  'echo "$D $E $A" > /vars',
  "mkdir -p d && cd d && ln -sf ../x y && mkfifo p 2>/dev/null; true",
  "echo x > /tmp/x && ln -f /tmp/x /tmp/y",
  "rm -f /etc/passwd.bak; cp /etc/passwd /etc/passwd.bak",
  "chmod -R go-rwx /w 2>/dev/null || true",
];

const CONFIGURATION = [
  "ENV E=$D/sub",
  "ENV D=/u E='single $D' F=\"double $D\"",
  "ENV OLD form with $D",
  "ARG A=1",
  "ARG A",
  "ARG A=${D}x B",
  'LABEL a=b "c d"=$D',
  'LABEL multi="a\\\nb"',
  "EXPOSE 80 443/udp",
  "EXPOSE 9000-9002",
  "VOLUME /data $D",
  'CMD ["a", "b"]',
  "CMD a $D",
  'ENTRYPOINT ["e"]',
  "ENTRYPOINT e f",
  "STOPSIGNAL SIGINT",
  "USER app",
  "USER 7:8",
  "USER root",
  "WORKDIR /w",
  "WORKDIR sub",
  "WORKDIR $D",
  "WORKDIR ..",
  "WORKDIR /l/new",
  'SHELL ["/bin/sh", "-ec"]',
  "MAINTAINER some one",
  "ONBUILD COPY f /f",
  "HEALTHCHECK NONE",
];

/** A Dockerfile of one to three stages that is valid, though a step of it may fail. */
export function generateDockerfile(random: Random, tree: GeneratedTree): string {
  const stages: string[] = [];
  const texts = random.list(1, 3, () => {
    const text = stage(random, tree, stages);
    stages.push(`s${stages.length}`);
    return text;
  });
  return `${random.oneIn(3) ? "ARG BASE=busybox\nARG A=global\n" : "ARG BASE=usrmerged\n"}${texts.join("\n")}`;
}

function stage(random: Random, tree: GeneratedTree, above: readonly string[]): string {
  const base = random.weighted([
    [4, "@registry@/busybox"],
    [2, "@registry@/usrmerged"],
    [1, "@registry@/${BASE}"],
    [2, "scratch"],
    [above.length > 0 ? 3 : 0, above.at(-1) ?? "scratch"],
  ]);
  const hasPrograms = base.startsWith("@");
  const around: Surroundings = {
    random,
    paths: tree.paths,
    archives: tree.archives,
    stages: above,
    hasAccounts: hasPrograms,
    hasLayer: hasPrograms,
  };
  const lines = random.list(2, 7, () => instruction(around, hasPrograms));
  return [`FROM ${base} AS s${above.length}`, "ENV D=/t", ...lines, ""].join("\n");
}

function instruction(around: Surroundings, hasPrograms: boolean): string {
  const { random } = around;
  switch (
    random.weighted([
      [8, "copy"],
      [2, "heredoc"],
      [hasPrograms ? 3 : 0, "run"],
      [4, "config"],
    ] as const)
  ) {
    case "copy":
      return copyInstruction(around);
    case "heredoc":
      return heredocInstruction(around);
    case "run":
      // As root, whatever USER says: the scripts are about files, not about permissions.
      return `USER root\n${runInstruction(random)}`;
    case "config":
      return configuration(random, hasPrograms);
  }
}

function runInstruction(random: Random): string {
  const script = () => random.pick(SCRIPTS);
  if (!random.oneIn(4)) return `RUN ${script()}`;
  const lines = random.list(1, 3, script);
  return [`RUN <<${random.pick(["EOF", "'EOF'", "-EOF"])}`, ...lines, "EOF"].join("\n");
}

/** A stage without accounts has no user `app`, and WORKDIR would look for it. */
function configuration(random: Random, hasPrograms: boolean): string {
  const line = random.pick(CONFIGURATION);
  return line === "USER app" && !hasPrograms ? "USER 11" : line;
}
