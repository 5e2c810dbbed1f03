import { SlipwayError } from "./errors.ts";

/** OCI image-spec v1.1, image index, platform. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

/** Other names of processors. */
const ARCHITECTURES: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> =
  new Map([
    ["x86_64", { architecture: "amd64" }],
    ["x86-64", { architecture: "amd64" }],
    ["i386", { architecture: "386" }],
    ["i486", { architecture: "386" }],
    ["i586", { architecture: "386" }],
    ["i686", { architecture: "386" }],
    ["aarch64", { architecture: "arm64" }],
    ["armhf", { architecture: "arm", variant: "v7" }],
    ["armel", { architecture: "arm", variant: "v6" }],
  ]);
const NODE_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm64: "arm64",
  arm: "arm",
};
const OS_ALIASES: ReadonlyMap<string, string> = new Map([["macos", "darwin"]]);
const KNOWN_OS = new Set([
  "linux",
  "windows",
  "darwin",
  "freebsd",
  "netbsd",
  "openbsd",
  "solaris",
  "illumos",
  "aix",
  "plan9",
  "android",
  "wasip1",
  "js",
]);

/** Normalises aliases and default variants: arm64 drops `v8`, amd64 drops `v1`, arm without variant is `v7` (SPEC FR-09). */
export function normalizePlatform(p: Platform): Platform {
  const os = OS_ALIASES.get(p.os.toLowerCase()) ?? p.os.toLowerCase();
  const arch = p.architecture.toLowerCase();
  const alias = ARCHITECTURES.get(arch);
  const architecture = alias?.architecture ?? arch;
  let variant = p.variant?.toLowerCase() || alias?.variant;
  if (architecture === "arm64" && (variant === "v8" || variant === "8")) variant = undefined;
  if (architecture === "amd64" && variant === "v1") variant = undefined;
  if (architecture === "arm") variant = variant ? (variant.startsWith("v") ? variant : `v${variant}`) : "v7";
  return {
    os,
    architecture,
    ...(variant ? { variant } : {}),
    ...(p.osVersion ? { osVersion: p.osVersion } : {}),
    ...(p.osFeatures?.length ? { osFeatures: p.osFeatures } : {}),
  };
}

/** The platform of this process; containers are Linux wherever slipway runs. */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: "linux", architecture: NODE_ARCHITECTURES[process.arch] ?? process.arch });
}

/** Parses `os[(version)]/arch[/variant]`, a lone os or a lone architecture; throws `PLATFORM_INVALID`. */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().split("/");
  if (text.trim() === "local") return hostPlatform();
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+(\([A-Za-z0-9_.+-]*\))?$/.test(part)))
    throw new SlipwayError("PLATFORM_INVALID", `"${text}" is not a platform`, {
      hint: "write os/arch[/variant], for example linux/amd64",
    });
  const [first = "", second, variant] = parts;
  const version = /^(.*?)\((.*)\)$/.exec(first);
  const os = (version?.[1] ?? first).toLowerCase();
  if (second !== undefined)
    return normalizePlatform({
      os,
      architecture: second,
      ...(variant ? { variant } : {}),
      ...(version?.[2] ? { osVersion: version[2] } : {}),
    });
  const host = hostPlatform();
  if (KNOWN_OS.has(OS_ALIASES.get(os) ?? os))
    return normalizePlatform({ ...host, os, ...(version?.[2] ? { osVersion: version[2] } : {}) });
  if (
    /^(amd64|arm64|arm|386|ppc64le|s390x|riscv64|mips64le|mips64|loong64|wasm)$/.test(os) ||
    ARCHITECTURES.has(os)
  )
    return normalizePlatform({ os: host.os, architecture: os });
  throw new SlipwayError(
    "PLATFORM_INVALID",
    `"${text}" is neither a known operating system nor a known architecture`,
    {
      hint: "write os/arch[/variant], for example linux/amd64",
    },
  );
}

/** `os/arch[/variant]`. */
export function formatPlatform(p: Platform): string {
  return [p.os, p.architecture, p.variant].filter(Boolean).join("/");
}

/** Tells whether an image for `have` satisfies a request for `want` (same os and architecture; variant equal after normalising). */
export function platformMatches(have: Platform, want: Platform): boolean {
  const a = normalizePlatform(have);
  const b = normalizePlatform(want);
  return a.os === b.os && a.architecture === b.architecture && (a.variant ?? "") === (b.variant ?? "");
}
