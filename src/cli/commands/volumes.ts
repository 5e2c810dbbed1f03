import {
  createVolume,
  inspectVolume,
  listVolumes,
  removeVolumes,
  type VolumeInspect,
} from "../../api/volumes.ts";
import { isSlipwayError, SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { isConfirmed } from "../confirm.ts";
import { formatRows } from "../format-rows.ts";
import { humanSize } from "../human.ts";
import { reportError } from "../report-error.ts";
import { formatTemplate } from "../template/format-template.ts";
import { writeText } from "../write-text.ts";

type Handler = (context: CliContext) => Promise<number>;

/** `slipway volume create`: prints the name. */
export function createVolumeCommand(
  name: string | undefined,
  { label, driver }: { readonly label: readonly string[]; readonly driver: string },
): Handler {
  return async ({ environment, stdout }) => {
    if (driver !== "local")
      throw new SlipwayError("USAGE", `there is no volume driver ${JSON.stringify(driver)}`, {
        hint: "local is the only one",
      });
    const labels = Object.fromEntries(label.map(splitPair));
    writeText(stdout, `${await createVolume(name, labels, environment)}\n`);
    return EXIT.ok;
  };
}

interface ListFlags {
  readonly quiet?: boolean;
  readonly filter: readonly string[];
  readonly format: string;
}

const HEADERS = {
  Driver: "DRIVER",
  Name: "VOLUME NAME",
  Scope: "SCOPE",
  Mountpoint: "MOUNTPOINT",
  Labels: "LABELS",
  Links: "LINKS",
} as const;

/** `slipway volume ls` */
export function listVolumesCommand({ quiet, filter, format }: ListFlags): Handler {
  return async ({ environment, stdout }) => {
    const found = await listVolumes(filter, environment);
    const rows = found.map(({ document, users }) => ({ ...rowOf(document), Links: String(users.length) }));
    const names = rows.map(({ Name }) => `${Name}\n`).join("");
    if (quiet) writeText(stdout, names);
    else writeText(stdout, formatRows(rows, { format, headers: HEADERS, columns: ["Driver", "Name"] }));
    return EXIT.ok;
  };
}

/** `slipway volume inspect`: those that are there are shown, whatever the others are. */
export function inspectVolumesCommand(
  names: readonly string[],
  { format }: { readonly format?: string },
): Handler {
  return async (context) => {
    const found: VolumeInspect[] = [];
    const code = await forEach(context, names, async (name) => {
      found.push(await inspectVolume(name, context.environment));
    });
    const text =
      format === undefined
        ? `${JSON.stringify(found, null, 4)}\n`
        : found.map((document) => `${formatTemplate(format, document)}\n`).join("");
    writeText(context.stdout, text);
    return code;
  };
}

/** `slipway volume rm` */
export function removeVolumesCommand(
  names: readonly string[],
  { force }: { readonly force?: boolean },
): Handler {
  return (context) =>
    forEach(context, names, async (name) => {
      try {
        await removeVolumes({ kind: "one", name }, context.environment);
        writeText(context.stdout, `${name}\n`);
      } catch (error) {
        if (!force || !isSlipwayError(error, "VOLUME_NOT_FOUND")) throw error;
      }
    });
}

interface PruneFlags {
  readonly all?: boolean;
  readonly filter: readonly string[];
  readonly force?: boolean;
}

/** `slipway volume prune` */
export function pruneVolumesCommand({ all = false, filter, force }: PruneFlags): Handler {
  return async (context) => {
    const what = `${all ? "all" : "anonymous"} volumes that no container has`;
    if (!force && !(await isConfirmed(context, what))) return EXIT.ok;
    const { names, bytes } = await removeVolumes(
      { kind: "unused", all, filters: filter },
      context.environment,
    );
    const list = names.length > 0 ? `Deleted Volumes:\n${names.map((name) => `${name}\n`).join("")}\n` : "";
    writeText(context.stdout, `${list}Total reclaimed space: ${humanSize(bytes)}\n`);
    return EXIT.ok;
  };
}

function rowOf({ Name, Driver, Labels, Mountpoint, Scope }: VolumeInspect) {
  const labels = Object.entries(Labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return { Name, Driver, Labels: labels.join(","), Mountpoint, Scope };
}

function splitPair(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Goes on after one that fails, as Docker does. */
async function forEach(
  context: CliContext,
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<number> {
  let code: number = EXIT.ok;
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (!isSlipwayError(error)) throw error;
      code = reportError(context, error);
    }
  }
  return code;
}
