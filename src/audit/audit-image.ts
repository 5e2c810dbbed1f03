import type { Entry } from "../core/file-tree.ts";
import { programName, SHELLS } from "../image/known-programs.ts";
import { resolvePath } from "../layer/resolve.ts";
import { Accounts } from "./accounts.ts";
import type { AuditedImage } from "./audited-image.ts";
import { FileReader } from "./file-reader.ts";
import type { Finding } from "./finding.ts";
import { lastStep, type Step } from "./origins.ts";
import { PackageCaches } from "./rules/caches.ts";
import { certificateFinding, mayHoldCertificates } from "./rules/certificates.ts";
import { type StartProgram, startFindings, startProgram, UnneededPrograms } from "./rules/commands.ts";
import { configurationFindings, configurationSecrets } from "./rules/configuration.ts";
import { endOfLifeFinding, parseOsRelease } from "./rules/end-of-life.ts";
import { fileSecrets, isSearched } from "./rules/file-secrets.ts";
import { leakFinding } from "./rules/leaks.ts";
import { permissionFindings } from "./rules/permissions.ts";
import { PowerfulPrograms } from "./rules/powerful-programs.ts";
import { Waste } from "./rules/waste.ts";
import { visitEntries } from "./visit-entries.ts";

/** What one layer takes up, in bytes of its files. */
export interface LayerSize {
  readonly layer: number;
  readonly bytes: number;
  /** Those of them that no container sees. */
  readonly hidden: number;
}

export interface ImageAudit {
  readonly findings: readonly Finding[];
  readonly sizes: readonly LayerSize[];
}

/**
 * Everything that the rules for images find. Tables of contents answer most of it; of files only those are read that a rule has to look into, once, layer
 * by layer. Throws `LAYER_INVALID` where a layer is not what it should be.
 */
export async function auditImage(image: AuditedImage, steps: readonly Step[]): Promise<ImageAudit> {
  const { config, tree, layers, now } = image;
  const reader = new FileReader(image);
  const findings: Finding[] = [];
  const text = await readKnown(image);
  const accounts = new Accounts(text.passwd, text.group);
  const start = startProgram(config.config, tree);
  findings.push(
    ...configurationFindings({ config: config.config, steps, accounts, isBaseKnown: true }),
    ...configurationSecrets(config.config, steps),
  );
  const distribution = parseOsRelease(text.osRelease);
  const ended = distribution && endOfLifeFinding(distribution, now, layers[0]?.origin ?? {});
  if (ended) findings.push(ended);
  findings.push(...startProblems(start, text.script, steps));
  const programs = new UnneededPrograms(needsShell(image, start, text.script));
  const [waste, caches] = [new Waste(image), new PackageCaches(image)];
  const permissions = { accounts, powerful: new PowerfulPrograms(image) };
  const bytes = layers.map(() => 0);
  for (const { entry, layer, isVisible } of visitEntries(image)) {
    const { origin } = layers[layer]!;
    if (entry.hardLink === undefined) bytes[layer]! += entry.size;
    if (isVisible) {
      findings.push(...permissionFindings(entry, origin, permissions));
      programs.add(entry, origin);
      caches.add(entry, layer);
    } else waste.add(entry, layer);
    const leaked = leakFinding(entry, origin, isVisible);
    if (leaked) findings.push(leaked);
    if (entry.hardLink !== undefined) continue;
    if (isSearched(entry))
      reader.want(layer, entry, (content) =>
        findings.push(...fileSecrets(entry, content, origin, isVisible)),
      );
    if (isVisible && mayHoldCertificates(entry))
      reader.want(layer, entry, (content) => {
        const found = certificateFinding(entry, content.toString("latin1"), now, origin);
        if (found) findings.push(found);
      });
  }
  await reader.read();
  findings.push(...programs.findings(), ...caches.findings(), ...waste.findings());
  const hidden = waste.perLayer();
  return { findings, sizes: bytes.map((all, layer) => ({ layer, bytes: all, hidden: hidden[layer]! })) };
}

function startProblems(
  start: StartProgram | undefined,
  script: string | undefined,
  steps: readonly Step[],
): Finding[] {
  if (!start) return [];
  const byEntrypoint = lastStep(steps, "ENTRYPOINT");
  const origin = byEntrypoint.instruction === undefined ? lastStep(steps, "CMD") : byEntrypoint;
  return startFindings(start, script, origin);
}

/** An image without a command is a base for others, and one whose program is not there cannot be judged. */
function needsShell(
  { config }: AuditedImage,
  start: StartProgram | undefined,
  script: string | undefined,
): boolean {
  if (!start?.file || script !== undefined || SHELLS.has(programName(start.words[0]!))) return true;
  return config.config.Healthcheck?.Test?.[0] === "CMD-SHELL" || SHELLS.has(programName(start.file.path));
}

/** Texts of the few files that the rules know by name. */
async function readKnown(image: AuditedImage) {
  const reader = new FileReader(image);
  const texts = { passwd: "", group: "", osRelease: "", script: undefined as string | undefined };
  const want = (path: string, set: (text: string) => void) => {
    const entry = followed(image, path);
    if (entry?.type === "file" && entry.size <= LARGEST_KNOWN)
      reader.wantVisible(entry, (bytes) => set(bytes.toString("utf8")));
  };
  want("etc/passwd", (text) => {
    texts.passwd = text;
  });
  want("etc/group", (text) => {
    texts.group = text;
  });
  want(followed(image, "etc/os-release") ? "etc/os-release" : "usr/lib/os-release", (text) => {
    texts.osRelease = text;
  });
  const program = startProgram(image.config.config, image.tree)?.file;
  if (program)
    want(program.path, (text) => {
      if (/^#! ?\/(?:usr\/)?bin\/(?:env )?(?:ba|da|a|k|z)?sh\b/.test(text)) texts.script = text;
    });
  await reader.read();
  return texts;
}

const LARGEST_KNOWN = 1024 * 1024;

function followed({ tree }: AuditedImage, path: string): Entry | undefined {
  try {
    return resolvePath(tree, path, { followLast: true }).entry;
  } catch {
    // A circle of links is no file.
    return undefined;
  }
}
