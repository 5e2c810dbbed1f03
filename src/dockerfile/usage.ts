import type { Keyword } from "./argument-grammar.ts";

/** How each instruction is written, for hints. */
const USAGE: Readonly<Record<Keyword, string>> = {
  FROM: "FROM <image> [AS <name>]",
  RUN: 'RUN <command>, or RUN ["<program>", "<argument>"]',
  CMD: 'CMD ["<program>", "<argument>"]',
  ENTRYPOINT: 'ENTRYPOINT ["<program>", "<argument>"]',
  LABEL: "LABEL <name>=<value>",
  MAINTAINER: 'LABEL org.opencontainers.image.authors="<name>"',
  EXPOSE: "EXPOSE <port>[/tcp or /udp]",
  ENV: "ENV <name>=<value>",
  ADD: "ADD <source>... <destination>",
  COPY: "COPY <source>... <destination>",
  VOLUME: "VOLUME <path>...",
  USER: "USER <user>[:<group>]",
  WORKDIR: "WORKDIR <path>",
  ARG: "ARG <name>[=<default>]",
  ONBUILD: "ONBUILD <instruction>",
  STOPSIGNAL: "STOPSIGNAL <signal>",
  HEALTHCHECK: "HEALTHCHECK [--interval=30s] CMD <command>, or HEALTHCHECK NONE",
  SHELL: 'SHELL ["<program>", "<argument>"]',
};

/** A hint for an instruction that is not written as it has to be. */
export function usageHint(keyword: Keyword): string {
  return `write ${USAGE[keyword]}`;
}
