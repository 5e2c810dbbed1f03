import { parseKeyValues } from "../core/csv.ts";
import type { Compression } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import { HIGHEST_LEVEL } from "../layer/compression-levels.ts";
import { checkAnnotations } from "./annotations.ts";

export const OUTPUT_TYPES = ["image", "registry", "oci", "docker", "local", "tar", "cacheonly"] as const;
export type OutputType = (typeof OUTPUT_TYPES)[number];

/** How layers are compressed; `estargz` is gzip with a table of contents (SPEC LT-09). */
export type LayerCompression = Compression | "estargz";

/** What to do with a finished build (SPEC 6.5). Frozen; defaults filled in. */
export interface OutputSpec {
  readonly type: OutputType;
  /** Path, or `-` for standard output (where archives of type tar and oci go if none is given). */
  readonly dest?: string;
  /** Names to give the image where the build has no tags. */
  readonly names: readonly string[];
  readonly push: boolean;
  readonly pushByDigest: boolean;
  /** oci and docker: one archive file (true) or a folder. */
  readonly tar: boolean;
  readonly compression: LayerCompression;
  readonly compressionLevel?: number;
  readonly forceCompression: boolean;
  readonly ociMediaTypes: boolean;
  /** Layers that registries need not hold stay so (SPEC LT-10). */
  readonly preferNonDistributable: boolean;
  readonly rewriteTimestamp: boolean;
  readonly insecure: boolean;
  /** local: remove what the result does not have. */
  readonly deleteExtraneous: boolean;
  readonly platformSplit?: boolean;
  /** Overrides the build's epoch; null switches it off (SPEC EP-05). */
  readonly sourceDateEpoch?: number | null;
  readonly annotations: readonly { readonly target: string; readonly key: string; readonly value: string }[];
}

const BOOLEANS = {
  push: "push",
  "push-by-digest": "pushByDigest",
  tar: "tar",
  "force-compression": "forceCompression",
  "oci-mediatypes": "ociMediaTypes",
  "rewrite-timestamp": "rewriteTimestamp",
  "registry.insecure": "insecure",
  "platform-split": "platformSplit",
  "prefer-nondist-layers": "preferNonDistributable",
} as const;
/** Meant for parts that slipway does not have or always does; accepted so that command lines written for BuildKit work. */
const ACCEPTED = new Set(["dangling-name-prefix", "attestation-prefix", "context"]);
const ACCEPTED_BOOLEANS = new Set([
  "unpack",
  "store",
  "name-canonical",
  "danging-name-empty-only",
  "oci-artifact",
  "attestation-inline",
]);

/** Parses one `--output` value: CSV of `key=value`, a plain path (a local folder) or `-` (a tar on standard output). */
export function parseOutput(text: string): OutputSpec {
  if (!text.includes("="))
    return text === "-" ? outputOf("tar", { dest: "-" }) : outputOf("local", { dest: text });
  const fields = parseKeyValues(text);
  const type = fields.find(({ key }) => key === "type")?.value ?? "";
  if (!isOutputType(type)) throw unknownType(type);
  refuseUnpackOfRewritten(fields);
  const changes: Mutable<Partial<OutputSpec>> = {};
  const annotations: { target: string; key: string; value: string }[] = [];
  for (const { key, value } of fields) {
    if (key === "type") continue;
    const annotation = /^annotation(?:-([a-z-]+(?:\[[^\]]+\])?))?\.(.+)$/.exec(key);
    if (annotation)
      annotations.push({ target: annotation[1] ?? "manifest", key: annotation[2]!, value: value ?? "" });
    else Object.assign(changes, option(key, value));
  }
  return outputOf(type, { ...changes, annotations });
}

/** A spec with the type's defaults for everything that `changes` leaves out; refuses what cannot go together. */
export function outputOf(type: OutputType, changes: Partial<OutputSpec> = {}): OutputSpec {
  const spec: OutputSpec = {
    names: [],
    push: type === "registry",
    pushByDigest: false,
    tar: true,
    compression: "gzip",
    forceCompression: false,
    // Docker's own types are for what `docker load` reads; what is kept here is an image like any other.
    ociMediaTypes: type !== "docker" || changes.dest === undefined,
    preferNonDistributable: false,
    rewriteTimestamp: false,
    insecure: false,
    deleteExtraneous: false,
    annotations: [],
    ...(writesToStdout(type, changes) ? { dest: "-" } : {}),
    ...changes,
    // Docker's media types have no annotations, and without those the table of contents is not found.
    ...(changes.compression === "estargz" ? { ociMediaTypes: true } : {}),
    type,
  };
  const isFolder = type === "local" || ((type === "oci" || type === "docker") && !spec.tar);
  if (isFolder && spec.dest === undefined)
    throw new SlipwayError(
      "OUTPUT_INVALID",
      `output type ${type}${type === "local" ? "" : " with tar=false"} needs a destination`,
      {
        hint: `write type=${type},dest=PATH`,
      },
    );
  if (isFolder && spec.dest === "-")
    throw new SlipwayError("OUTPUT_INVALID", `dest must be a folder for type=${type}, not standard output`, {
      hint: type === "local" ? "use type=tar,dest=-" : "leave tar=false out",
    });
  checkLevel(spec);
  checkAnnotations(spec.annotations, spec.ociMediaTypes ? "oci" : "docker");
  return Object.freeze(spec);
}

/** A level that there is not is told before the build, not after it (SPEC LT-09). */
function checkLevel({ compression, compressionLevel: level }: OutputSpec): void {
  if (level === undefined || compression === "none") return;
  const highest = HIGHEST_LEVEL[compression];
  if (level >= 0 && level <= highest) return;
  throw new SlipwayError("OUTPUT_INVALID", `${compression} has no compression level ${level}`, {
    hint: `choose a level from 0 to ${highest}`,
  });
}

/** What has other layers than the build cannot be unpacked from what the build made (SPEC EP-07). */
function refuseUnpackOfRewritten(fields: ReturnType<typeof parseKeyValues>): void {
  const isOn = (name: string) => fields.some(({ key, value }) => key === name && boolean(key, value));
  if (isOn("rewrite-timestamp") && isOn("unpack"))
    throw new SlipwayError("OUTPUT_INVALID", "rewrite-timestamp=true and unpack=true cannot go together");
}

/** Archives without a destination go to standard output, as Docker does it; type=docker without one means the store. */
function writesToStdout(type: OutputType, { tar = true }: Partial<OutputSpec>): boolean {
  return type === "tar" || (type === "oci" && tar);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function option(key: string, value: string | undefined): Partial<OutputSpec> {
  if (Object.hasOwn(BOOLEANS, key)) return { [BOOLEANS[key as keyof typeof BOOLEANS]]: boolean(key, value) };
  switch (key) {
    case "dest":
      return { dest: required(key, value) };
    case "name":
      return { names: required(key, value).split(",").filter(Boolean) };
    case "compression":
      return { compression: compressionNamed(required(key, value)) };
    case "compression-level":
      return { compressionLevel: integer(key, value) };
    case "source-date-epoch":
      return { sourceDateEpoch: value ? integer(key, value) : null };
    case "mode":
      if (value !== "copy" && value !== "delete")
        throw new SlipwayError("OUTPUT_INVALID", `mode is copy or delete, not ${value}`);
      return { deleteExtraneous: value === "delete" };
    default:
      if (ACCEPTED_BOOLEANS.has(key)) boolean(key, value);
      else if (!ACCEPTED.has(key)) throw unknownKey(key);
      return {};
  }
}

function unknownKey(key: string): SlipwayError {
  const near = suggest(key, [
    ...Object.keys(BOOLEANS),
    "dest",
    "name",
    "compression",
    "compression-level",
    "mode",
    "source-date-epoch",
  ]);
  return new SlipwayError(
    "OUTPUT_INVALID",
    `unknown output option ${JSON.stringify(key)}`,
    near ? { hint: `did you mean ${near}?` } : {},
  );
}

function unknownType(type: string): SlipwayError {
  const near = suggest(type, OUTPUT_TYPES);
  const hint = near ? `did you mean type=${near}?` : `known types: ${OUTPUT_TYPES.join(", ")}`;
  return new SlipwayError(
    "OUTPUT_INVALID",
    type ? `unknown output type ${JSON.stringify(type)}` : "the output has no type",
    { hint },
  );
}

function isOutputType(text: string): text is OutputType {
  return (OUTPUT_TYPES as readonly string[]).includes(text);
}

/** An empty value means true (SPEC XP-01). */
function boolean(key: string, value: string | undefined): boolean {
  if (value === undefined || value === "" || /^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new SlipwayError(
    "OUTPUT_INVALID",
    `output option ${key} is true or false, not ${JSON.stringify(value)}`,
  );
}

function required(key: string, value: string | undefined): string {
  if (value) return value;
  throw new SlipwayError("OUTPUT_INVALID", `output option ${key} needs a value`);
}

function integer(key: string, value: string | undefined): number {
  if (value !== undefined && /^-?\d{1,12}$/.test(value)) return Number(value);
  throw new SlipwayError(
    "OUTPUT_INVALID",
    `output option ${key} is a whole number, not ${JSON.stringify(value ?? "")}`,
  );
}

function compressionNamed(name: string): LayerCompression {
  if (name === "uncompressed" || name === "none") return "none";
  if (name === "gzip" || name === "zstd" || name === "estargz") return name;
  throw new SlipwayError("OUTPUT_INVALID", `compression ${JSON.stringify(name)} is not known`, {
    hint: "use gzip, estargz, zstd or uncompressed",
  });
}
