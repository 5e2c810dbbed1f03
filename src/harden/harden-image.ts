import type { HardenChange, HardenReport, HardenUser } from "../core/harden-report.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { Chain } from "../execute/chain.ts";
import { ChangeSet } from "../execute/copy/change-set.ts";
import { packAndStore } from "../execute/layer-commit.ts";
import type { RepackingPlace } from "../execute/repack-layer.ts";
import type { ContainerConfig } from "../image/config.ts";
import { ImageFiles } from "./image-files.ts";
import { isRootUser, makeUser } from "./image-user.ts";
import { KeptPaths } from "./kept-paths.ts";
import { requireNothingUnneeded } from "./needed-programs.ts";
import type { Hardening } from "./profile.ts";
import { rootRefused } from "./root-user.ts";
import { stripInherited } from "./strip-inherited.ts";
import { stripLayers } from "./strip-layers.ts";
import { surveyOf } from "./survey.ts";
import { type UnneededPrograms, unneededPrograms } from "./unneeded-programs.ts";
import { usabilityWarnings } from "./usability.ts";

/** An image that was built, and is to be hardened. */
export interface BuiltParts {
  readonly chain: Chain;
  readonly config: ContainerConfig;
  /** Whether the Dockerfile itself has a USER: then root is what somebody wanted. */
  readonly setsUser: boolean;
  /** SOURCE_DATE_EPOCH in seconds. */
  readonly epoch: number | undefined;
}

/** What hardening makes of an image. */
export interface HardenOutcome {
  /** With the layers of this build made anew, and without the last layer. */
  readonly chain: Chain;
  /** The layer on top of all; undefined where there is nothing for it. */
  readonly last: LayerInfo | undefined;
  readonly report: HardenReport;
}

/**
 * Takes from an image what lends rights, gives it a user where it has none and, by the profile `strict`, removes shells and package managers. Layers of this build
 * are made anew where they have such files; what the base has of them is changed in one layer on top. Throws `HARDEN_REFUSED` where the image would not start any more.
 */
export async function hardenImage(
  parts: BuiltParts,
  { profile, keep }: Hardening,
  at: RepackingPlace,
): Promise<HardenOutcome> {
  const before = await at.access.tree("image", parts.chain);
  const kept = new KeptPaths(before, keep);
  const { chain, changes: stripped } = await stripLayers(parts.chain, kept, at);
  const tree = await at.access.tree("image", chain);
  const files = new ImageFiles(at.access, chain, tree);
  const survey = surveyOf(tree);
  const changes = new ChangeSet(tree);
  const unneeded = profile === "strict" ? unneededPrograms(survey.programs, tree, kept) : NOTHING;
  await requireNothingUnneeded(parts.config, files, unneeded.removed);
  const removed = new Set(unneeded.removed.keys());
  const inherited = await stripInherited(files, survey.privileged, { changes, kept, removed });
  for (const path of removed) changes.remove(path);
  const user = await userOf(parts, profile, files, { changes, usedIds: survey.ids });
  const list = changes.size > 0 ? changes.finish() : [];
  const last = list.length > 0 ? await packAndStore(list, at.target, at.signal) : undefined;
  const missing = kept.missing.map((path) => `nothing is kept at ${path}: the image has no such file`);
  const warnings = [...missing, ...user.warnings];
  if (user.made) warnings.push(...usabilityWarnings(parts.config, tree, user.made));
  if (profile === "strict" && parts.config.OnBuild?.length)
    warnings.push("the image has ONBUILD triggers, and no shell for RUN among them");
  return {
    chain,
    last,
    report: {
      profile,
      ...(user.made ? { user: user.made } : {}),
      changes: [...stripped, ...inherited, ...programChanges(unneeded), ...user.changes],
      warnings,
    },
  };
}

const NOTHING: UnneededPrograms = { removed: new Map(), kept: new Map() };

function programChanges({ removed, kept }: UnneededPrograms): readonly HardenChange[] {
  return [
    ...[...removed].map(
      ([path, what]): HardenChange => ({ action: "remove", path: `/${path}`, what, place: "final-layer" }),
    ),
    ...[...kept].map(([path, what]): HardenChange => ({ action: "keep", path: `/${path}`, what })),
  ];
}

interface UserOutcome {
  readonly made?: HardenUser;
  readonly changes: readonly HardenChange[];
  readonly warnings: readonly string[];
}

async function userOf(
  { config, setsUser, epoch }: BuiltParts,
  profile: Hardening["profile"],
  files: ImageFiles,
  { changes, usedIds }: { readonly changes: ChangeSet; readonly usedIds: ReadonlySet<number> },
): Promise<UserOutcome> {
  const { User = "" } = config;
  if (!(await isRootUser(User, files))) return { changes: [], warnings: [] };
  if (setsUser) {
    if (profile === "strict") throw rootRefused(User);
    return { changes: [], warnings: [`USER ${User} is root: it was set on purpose, and stays`] };
  }
  const { user, changes: told } = await makeUser(files, usedIds, { changes, time: epoch ?? 0 });
  return { made: user, changes: told, warnings: [] };
}
