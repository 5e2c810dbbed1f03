import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError, SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import { quote, type Rootfs } from "./rootfs.ts";
import { ShortLinks } from "./short-links.ts";
import type { Stub } from "./stubs.ts";
import { copyMetadata, writeStubs } from "./write-stubs.ts";

/** Which attributes overlayfs uses: `user.` inside a user namespace (mount option `userxattr`, Linux 5.11). */
export type OverlayXattrPrefix = "trusted.overlay." | "user.overlay.";

export interface OverlayRequest {
  /** Absolute paths of snapshot directories, bottom first; none for a stage FROM scratch. */
  readonly lowers: readonly string[];
  /** An empty directory of this step, on the disk of the store. */
  readonly scratch: string;
  readonly stubs: readonly Stub[];
  readonly xattrPrefix: OverlayXattrPrefix;
  /** The root's own metadata; default 0755 root:root. */
  readonly root?: Entry;
  /** An upper directory kept from an earlier run, in the same file system; default a new one in `scratch`. */
  readonly upper?: string;
  /** Lets `fsync` return at once (Linux 5.10); the layer is then checked after a crash instead. */
  readonly volatile?: boolean;
  /** Lets device files on the root filesystem be opened. Only for `--security=insecure`. */
  readonly devices?: boolean;
  /** Links that other overlays use as well and that outlive the mount; default links of its own, in `scratch`. */
  readonly links?: ShortLinks;
}

/** The kernel takes 500 (OVL_MAX_STACK), and one page of options. */
const MOST_LOWERS = 480;

/**
 * Prepares an overlay whose upper directory becomes the layer. Nothing is mounted here. The lowest layers are merged by a
 * read-only overlay of their own where there are more than one mount takes: only the lowest, because whiteouts of a merged
 * group no longer hide what lies below it. The stubs are a layer beneath the upper directory, so that a mount point shows up
 * in no layer and nothing has to be removed afterwards (SPEC RN-10, CVE-2024-23652). Throws `SNAPSHOT_FAILED`.
 */
export async function prepareOverlay(request: OverlayRequest): Promise<Rootfs> {
  try {
    return layOverlay(request);
  } catch (error) {
    throw describeSystemError(error, "preparing a root filesystem");
  }
}

/** `prepareOverlay` with the system's own errors. */
export function layOverlay(request: OverlayRequest): Rootfs {
  const { scratch } = request;
  const stubs = join(scratch, "stubs");
  const upper = request.upper ?? join(scratch, "upper");
  for (const name of ["stubs", "work", "merged"]) mkdirSync(join(scratch, name), 0o755);
  writeStubs(stubs, request.stubs);
  if (!existsSync(upper)) {
    mkdirSync(upper, 0o755);
    // The root of the merged view is the upper directory itself.
    if (request.root) copyMetadata(upper, request.root);
  }
  const links = request.links ?? ownLinks(scratch);
  const place = links.nameOf(scratch);
  const groups = groupLowers([...withoutRepeats(request.lowers), stubs], join(scratch, "base"));
  const script = [`cd ${quote(links.folder)}`];
  if (groups.base) {
    mkdirSync(join(scratch, "base"), 0o755);
    const options = [`lowerdir=${names(groups.base, links)}`, ...fixedOptions(request), "ro"];
    script.push(mountLine(options, `${place}/base`));
  }
  const options = [
    `lowerdir=${names(groups.top, links)}`,
    `upperdir=${links.nameOf(upper)},workdir=${place}/work`,
    ...fixedOptions(request),
    ...(request.volatile ? ["volatile"] : []),
    ...(request.devices ? [] : ["nodev"]),
  ];
  script.push(mountLine(options, `${place}/merged`));
  return {
    kind: "overlay",
    merged: join(scratch, "merged"),
    upper,
    mountScript: script,
    finish: async () => {},
  };
}

/**
 * overlayfs refuses the same directory twice (ELOOP). Where a layer comes back in a chain, its topmost place decides every path
 * that the lower one could: leaving the lower one out changes nothing.
 */
function withoutRepeats(lowers: readonly string[]): readonly string[] {
  return lowers.filter((lower, i) => lowers.lastIndexOf(lower) === i);
}

function groupLowers(
  lowers: readonly string[],
  base: string,
): { base?: readonly string[]; top: readonly string[] } {
  if (lowers.length <= MOST_LOWERS) return { top: lowers };
  const merged = lowers.length - MOST_LOWERS + 1;
  if (merged > MOST_LOWERS) {
    throw new SlipwayError(
      "SNAPSHOT_FAILED",
      `${lowers.length - 1} layers are more than overlayfs can stack here (${2 * MOST_LOWERS - 2})`,
      { hint: "merge instructions, or flatten the base image" },
    );
  }
  return { base: lowers.slice(0, merged), top: [base, ...lowers.slice(merged)] };
}

function ownLinks(scratch: string): ShortLinks {
  return new ShortLinks(() => {
    const folder = join(scratch, "l");
    mkdirSync(folder, 0o755);
    return folder;
  });
}

/** overlayfs wants the topmost first. */
function names(lowers: readonly string[], links: ShortLinks): string {
  return lowers
    .map((lower) => links.nameOf(lower))
    .reverse()
    .join(":");
}

/**
 * A directory must stand alone as a layer: no redirects and no metadata-only copies, neither made nor followed (a hostile image
 * could carry such attributes).
 */
function fixedOptions({ xattrPrefix }: OverlayRequest): readonly string[] {
  const options = ["redirect_dir=nofollow", "metacopy=off", "index=off"];
  return xattrPrefix === "user.overlay." ? [...options, "userxattr"] : options;
}

function mountLine(options: readonly string[], at: string): string {
  return `mount -n -t overlay -o ${quote(options.join(","))} overlay ${at}`;
}
