import type { Entry } from "../core/file-tree.ts";
import { programName, SHELLS } from "../image/known-programs.ts";
import { resolvePath } from "../layer/resolve.ts";
import { type StartedProgram, startedPrograms } from "../runtime/started-programs.ts";
import { isShellText } from "../shell/script-commands.ts";
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
  const start = startProgram(config.config, tree);
  const text = await readKnown(image, start);
  const accounts = new Accounts(text.passwd, text.group);
  findings.push(
    ...configurationFindings({ config: config.config, steps, accounts, isBaseKnown: true }),
    ...configurationSecrets(config.config, steps),
  );
  const distribution = parseOsRelease(text.osRelease);
  const ended = distribution && endOfLifeFinding(distribution, now, layers[0]?.origin ?? {});
  if (ended) findings.push(ended);
  findings.push(...startProblems(start, text.script, steps));
  const programs = new UnneededPrograms(needsShell(start, text.started));
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
function needsShell(start: StartProgram | undefined, started: readonly StartedProgram[]): boolean {
  const isShell = (path: string) => SHELLS.has(programName(path));
  return (
    !start?.file || started.some(({ program, found }) => isShell(program) || isShell(found?.file.path ?? ""))
  );
}

/** Texts of the few files that the rules know by name or by the commands, and the programs behind these. */
async function readKnown(image: AuditedImage, start: StartProgram | undefined) {
  const reader = new FileReader(image);
  const known = { passwd: "", group: "", osRelease: "" };
  const want = (path: string, set: (text: string) => void) => {
    const entry = followed(image, path);
    if (entry?.type === "file" && entry.size <= LARGEST_KNOWN)
      reader.wantVisible(entry, (bytes) => set(bytes.toString("utf8")));
  };
  want("etc/passwd", (text) => {
    known.passwd = text;
  });
  want("etc/group", (text) => {
    known.group = text;
  });
  want(followed(image, "etc/os-release") ? "etc/os-release" : "usr/lib/os-release", (text) => {
    known.osRelease = text;
  });
  const texts = new Map<string, string>();
  const { tree, config } = image;
  const started = await startedPrograms({
    ...{ tree, config: config.config },
    texts: async (files) => {
      for (const file of files)
        reader.wantVisible(file, (bytes) => texts.set(file.path, bytes.toString("utf8")));
      await reader.read();
      return texts;
    },
  });
  await reader.read();
  const script = start?.file && texts.get(start.file.path);
  return { ...known, started, script: script?.startsWith("#!") && isShellText(script) ? script : undefined };
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
