import { normalizeResources } from "../../src/api/resource-limits.ts";
import { parseBytes } from "../../src/cli/parse-bytes.ts";
import { parseHost, parseUlimits } from "../../src/cli/parse-flags.ts";
import { parseResources } from "../../src/cli/resource-flags.ts";
import { formatTemplate } from "../../src/cli/template/format-template.ts";
import { parseExpose, parsePublish } from "../../src/container/network/published-port.ts";
import { parseRestartPolicy } from "../../src/container/restart-policy.ts";
import { plannedMounts } from "../../src/container/volume/planned-mounts.ts";
import { parseUrlChecksum, urlFileName } from "../../src/context/url-checksum.ts";
import { parseKeyValues } from "../../src/core/csv.ts";
import { SlipwayError } from "../../src/core/errors.ts";
import { parseUrl } from "../../src/core/parse-url.ts";
import { formatPlatform, parsePlatform } from "../../src/core/platform.ts";
import { redactCredentials } from "../../src/core/redact-credentials.ts";
import { splitCsv } from "../../src/dockerfile/csv-fields.ts";
import { formatGoDuration, parseGoDuration } from "../../src/dockerfile/go-duration.ts";
import { goQuote } from "../../src/dockerfile/go-quote.ts";
import { parseDevice } from "../../src/dockerfile/run-instruction.ts";
import { parseModeChange } from "../../src/execute/copy/chmod.ts";
import { isTimestamp } from "../../src/image/timestamp.ts";
import { parseOutput } from "../../src/output/output-spec.ts";
import { checkChmod } from "../../src/plan/chmod.ts";
import { classifySource } from "../../src/plan/copy-sources.ts";
import { parseEntitlements } from "../../src/plan/entitlements.ts";
import { parseMount } from "../../src/plan/mount-options.ts";
import { expandPortSpec, splitPortSpec } from "../../src/plan/port-spec.ts";
import { isSignal, signalNumber } from "../../src/plan/signals.ts";
import { printable } from "../../src/registry/redact.ts";
import { resolveUser } from "../../src/runtime/users.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { duration } from "../grammar/dockerfile.ts";
import { mountFlag } from "../grammar/mount.ts";
import { path, text } from "../grammar/text.ts";
import { checkShown } from "./shown-error.ts";

type Reader = (text: string) => unknown;

const READERS: readonly Reader[] = [
  (value) => must(parseBytes("--shm-size", value) >= 0, () => "a negative size"),
  parseHost,
  parseRestartPolicy,
  (value) => {
    const number = signalNumber(value);
    must(
      isSignal(value) === (number !== undefined),
      () => "a signal without a number, or the other way round",
    );
    must(number === undefined || (number >= 1 && number <= 64), () => `signal ${number}`);
  },
  (value) => parseUlimits([value]),
  (value) => normalizeResources(parseResources([value])),
  (value) => parseEntitlements([value, `device=${value}`]),
  parseDevice,
  (value) => formatTemplate(value, { A: { B: [1, "x"] }, toString: null }),
  parseKeyValues,
  splitCsv,
  parseOutput,
  parseMountFlag,
  durations,
  platforms,
  modes,
  (value) => places(value),
  (value) => expandPortSpec(splitPortSpec(value)),
  isSignal,
  isTimestamp,
  redactCredentials,
  printable,
  parseUrlChecksum,
  sources,
  (value) => resolveUser({ user: value.slice(0, 20), passwd: Buffer.from(value), group: Buffer.from(value) }),
  (value) => must(/^".*"$/s.test(goQuote(value)), () => "a quoted text without quotes"),
];

/** The small languages of flags and instructions: each reader gets every input. */
export const valuesTarget: Target = {
  name: "values",
  about:
    "values of flags: mounts, outputs, sizes, durations, platforms, ports, modes, ulimits, hosts, templates, users",
  seeds: [
    'type=cache,target=/x,id="a,b"',
    "type=oci,dest=x,compression=zstd",
    "64m",
    "1h30m.5s",
    "linux(10.0)/arm/v7",
    "[::1]:1:2-3/udp",
    "u=rwX,go-w,+s",
    "nofile=1:2",
    "h=[::1]",
    '{{json .A}} {{index .A "B"}}',
    "root:x:0:0::/:\nu:x:1:1::/home:",
    `sha256:${"a".repeat(64)}`,
    "2024-01-01T00:00:00.1+01:00",
  ].map((value) => joinParts([value])),
  dictionary: [
    "type=",
    "dest=",
    "target=",
    "annotation-index.",
    "compression-level=",
    "source-date-epoch=",
    "{{",
    "}}",
    "json ",
    "index ",
    '"',
    ",",
    "=",
    ":",
    "/",
    "0x",
    "1e9",
    "-",
    "+",
    "rwXst",
    "°",
    "://",
    "[",
    "]",
  ],
  generate: (random) =>
    joinParts([
      random.pick([
        () => mountFlag(random),
        () => duration(random),
        () =>
          random
            .several(
              1,
              4,
              () =>
                `${random.pick(["type", "dest", "name", "tar", "push", "compression", "annotation.a", "mode"])}=${text(random)}`,
            )
            .join(","),
        () =>
          random
            .several(
              1,
              3,
              () =>
                `${random.pick(["u", "g", "o", "a", ""])}${random.pick(["+", "-", "="])}${random.pick(["rwx", "X", "s", "t", "u", ""])}`,
            )
            .join(","),
        () => `${random.below(100_000)}-${random.below(100_000)}/${random.pick(["tcp", "udp", "x"])}`,
        () => `${random.below(1000)}${random.pick(["", ".5", "k", "MB", "GiB", " t"])}`,
        () => `https://${text(random)}/${path(random)}`,
        () =>
          random
            .several(
              1,
              4,
              () => `${text(random)}:x:${random.below(70_000)}:${random.below(10)}:a,b:${path(random)}:`,
            )
            .join("\n"),
        () => text(random),
      ])(),
    ]),
  run: (input) => {
    const [value = ""] = splitParts(input);
    for (const reader of READERS) answer(reader, value);
  },
};

/** Errors are answers here; each reader gets its turn. */
function answer(reader: Reader, value: string): void {
  try {
    reader(value);
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
    checkShown(error);
  }
}

function parseMountFlag(value: string): void {
  parseMount(value, (field) => field);
}

function durations(value: string): void {
  const nanoseconds = parseGoDuration(value);
  must(Number.isFinite(nanoseconds), () => "an endless duration");
  if (Number.isSafeInteger(nanoseconds))
    must(
      parseGoDuration(formatGoDuration(nanoseconds)) === nanoseconds,
      () => "a duration changes when it is written and read",
    );
}

function platforms(value: string): void {
  const platform = parsePlatform(value);
  const again = parsePlatform(formatPlatform(platform));
  must(
    formatPlatform(again) === formatPlatform(platform),
    () => "a platform changes when it is written and read",
  );
}

function modes(value: string): void {
  // The planner refuses what the executor could not read, and nothing else.
  checkChmod(value);
  const { apply } = parseModeChange(value);
  for (const mode of [0o644, 0o7777, 0]) {
    const result = apply(mode, mode === 0o7777);
    must(result >= 0 && result <= 0o7777, () => "a mode out of range");
  }
}

function sources(value: string): void {
  if (classifySource(value) === "url" && parseUrl(value)) urlFileName(value);
}

/** What a container is to have mounted and published. */
function places(value: string): void {
  const at = { cwd: "/", imageVolumes: [value], mountsOf: () => [] };
  const readers: readonly Reader[] = [
    () => plannedMounts({ volumes: [value] }, { ...at, imageVolumes: [] }),
    () => plannedMounts({ mounts: [value] }, { ...at, imageVolumes: [] }),
    () => plannedMounts({ tmpfs: [value], volumesFrom: [value] }, { ...at, imageVolumes: [] }),
    () => plannedMounts({}, at),
    parsePublish,
    parseExpose,
  ];
  for (const read of readers) {
    try {
      read(value);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
      checkShown(error);
    }
  }
}
