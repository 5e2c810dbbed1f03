import { normalizePlatform, type Platform, platformMatches } from "./platform.ts";

/**
 * What is taken where a platform is asked for, the best first: itself, older variants of its processor from new to old, then
 * the 32-bit processor whose programs it runs (containerd's order, which BuildKit and Docker follow).
 */
export function acceptablePlatforms(platform: Platform): readonly Platform[] {
  const own = normalizePlatform(platform);
  const { variant: _, ...plain } = own;
  const smaller = SMALLER.get(own.architecture);
  return [
    own,
    ...olderVariants(own).map((variant) => normalizePlatform({ ...plain, variant })),
    ...(smaller ? acceptablePlatforms({ ...plain, ...smaller }) : []),
  ];
}

/** Tells whether an image for `have` is taken where `want` is asked for. */
export function isAcceptable(have: Platform, want: Platform): boolean {
  return acceptablePlatforms(want).some((platform) => platformMatches(have, platform));
}

const SMALLER: ReadonlyMap<string, Pick<Platform, "architecture" | "variant">> = new Map([
  ["amd64", { architecture: "386" }],
  ["arm64", { architecture: "arm", variant: "v8" }],
]);

const LOWEST: ReadonlyMap<string, number> = new Map([
  ["amd64", 1],
  ["arm", 5],
  ["arm64", 8],
]);

function olderVariants({ architecture, variant }: Platform): readonly string[] {
  const lowest = LOWEST.get(architecture);
  const level = Number(/^v(\d)$/.exec(variant ?? "")?.[1] ?? 0);
  if (lowest === undefined || level <= lowest) return [];
  return Array.from({ length: level - lowest }, (_, i) => `v${level - 1 - i}`);
}
