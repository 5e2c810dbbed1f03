import type { Environment } from "../../api/environment.ts";
import { imageHistory, inspectImage, listImages, tagImage } from "../../api/images.ts";
import { removeImages } from "../../api/remove-image.ts";
import { isSlipwayError, SlipwayError } from "../../core/errors.ts";
import { type Platform, parsePlatform } from "../../core/platform.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { formatRows } from "../format-rows.ts";
import { humanAge, humanSize } from "../human.ts";
import { reportError } from "../report-error.ts";
import { formatTemplate } from "../template/format-template.ts";
import { writeText } from "../write-text.ts";

type Handler = (context: CliContext) => Promise<number>;

interface ImagesFlags {
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly digests?: boolean;
  readonly format: string;
}

const IMAGE_HEADERS = {
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  ID: "IMAGE ID",
  CreatedSince: "CREATED",
  Size: "SIZE",
} as const;

/** `slipway images`: one row per name. */
export function imagesCommand(name: string | undefined, flags: ImagesFlags): Handler {
  return async ({ environment, stdout }) => {
    const rows = (await listImages(environment)).flatMap((image) => {
      const names = image.names.length > 0 ? image.names : ["<none>:<none>"];
      return names.map((text) => ({ ...splitName(text), image }));
    });
    const shown = rows.filter(
      (row) => !name || row.repository === name || `${row.repository}:${row.tag}` === name,
    );
    const id = (digest: string) => (flags.trunc ? digest.slice(7, 19) : digest);
    if (flags.quiet) stdout.write([...new Set(shown.map((row) => `${id(row.image.id)}\n`))].join(""));
    else
      writeText(
        stdout,
        formatRows(
          shown.map(({ repository, tag, image }) => ({
            Repository: repository,
            Tag: tag,
            Digest: image.root.digest,
            ID: id(image.id),
            CreatedSince: humanAge(image.created),
            CreatedAt: image.created ?? "N/A",
            Size: humanSize(image.size),
          })),
          {
            format: flags.format,
            headers: IMAGE_HEADERS,
            columns: Object.keys(IMAGE_HEADERS).filter((name) => flags.digests || name !== "Digest"),
            documents: shown.map(({ repository, tag, image }) => ({
              ...{ Repository: repository, Tag: tag, ID: image.id, Digest: image.root.digest },
              ...{ CreatedAt: image.created ?? null, Size: image.size },
            })),
          },
        ),
      );
    return EXIT.ok;
  };
}

function splitName(name: string): { repository: string; tag: string } {
  const at = name.indexOf("@");
  const plain = at < 0 ? name : name.slice(0, at);
  const colon = plain.lastIndexOf(":");
  const hasTag = colon > plain.lastIndexOf("/");
  return {
    repository: hasTag ? plain.slice(0, colon) : plain,
    tag: hasTag ? plain.slice(colon + 1) : at < 0 ? "latest" : "<none>",
  };
}

interface InspectFlags {
  readonly format?: string;
  readonly platform?: string;
  readonly type?: string;
}

function lookOptions({ platform }: { readonly platform?: string }): { readonly platform?: Platform } {
  return platform === undefined ? {} : { platform: parsePlatform(platform) };
}

/** What a name stands for: a container, or else an image, unless the type says which. Throws `USAGE`, `CONTAINER_NOT_FOUND`, `IMAGE_NOT_FOUND`. */
async function inspectOne(name: string, flags: InspectFlags, environment: Environment): Promise<unknown> {
  const { type = "" } = flags;
  if (!["", "container", "image"].includes(type))
    throw new SlipwayError("USAGE", `--type is container or image, not ${JSON.stringify(type)}`);
  if (type !== "image" && flags.platform === undefined) {
    const { inspectContainer } = await import("../../api/inspect-container.ts");
    const container = await inspectContainer(name, environment);
    if (container) return container;
    if (type === "container")
      throw new SlipwayError("CONTAINER_NOT_FOUND", `no such container: ${name}`, {
        hint: "`slipway ps -a` lists what is here",
      });
  }
  try {
    return await inspectImage(name, lookOptions(flags), environment);
  } catch (error) {
    if (type === "image" || !isSlipwayError(error, "IMAGE_NOT_FOUND")) throw error;
    throw new SlipwayError("IMAGE_NOT_FOUND", `no such container or image: ${name}`, {
      hint: "`slipway ps -a` and `slipway images` list what is here",
    });
  }
}

/** `slipway inspect`: a JSON list as Docker prints it; what is unknown is reported and makes the exit code 1 (SPEC DK-02). */
export function inspectCommand(names: readonly string[], flags: InspectFlags): Handler {
  return async (context) => {
    const found: unknown[] = [];
    let code: number = EXIT.ok;
    for (const name of names) {
      try {
        found.push(await inspectOne(name, flags, context.environment));
      } catch (error) {
        if (!isSlipwayError(error)) throw error;
        code = reportError(context, error);
      }
    }
    if (flags.format && flags.format !== "json")
      for (const image of found) writeText(context.stdout, `${formatTemplate(flags.format, image)}\n`);
    else writeText(context.stdout, `${JSON.stringify(found, null, 4)}\n`);
    return code;
  };
}

interface HistoryFlags {
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly human: boolean;
  readonly format: string;
  readonly platform?: string;
}

const HISTORY_HEADERS = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
} as const;

/** `slipway history` (SPEC DK-03). */
export function historyCommand(name: string, flags: HistoryFlags): Handler {
  return async ({ environment, stdout }) => {
    const rows = await imageHistory(name, lookOptions(flags), environment);
    const id = (digest: string | undefined) =>
      digest === undefined ? "<missing>" : flags.trunc ? digest.slice(7, 19) : digest;
    if (flags.quiet) stdout.write(rows.map((row) => `${id(row.id)}\n`).join(""));
    else
      writeText(
        stdout,
        formatRows(
          rows.map((row) => ({
            ID: id(row.id),
            CreatedSince: flags.human ? humanAge(row.created) : (row.created ?? "N/A"),
            CreatedAt: row.created ?? "N/A",
            CreatedBy: shorten(row.createdBy, flags.trunc),
            Size: flags.human ? humanSize(row.size) : String(row.size),
            Comment: row.comment,
          })),
          {
            format: flags.format,
            headers: HISTORY_HEADERS,
            columns: Object.keys(HISTORY_HEADERS),
            documents: rows,
          },
        ),
      );
    return EXIT.ok;
  };
}

const MOST_TEXT = 45;

function shorten(text: string, trunc: boolean): string {
  const line = text.replace(/[\t\n\r]+/g, " ");
  return trunc && line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT - 1)}…` : line;
}

export function tagCommand(source: string, target: string): Handler {
  return async ({ environment }) => {
    await tagImage(source, target, environment);
    return EXIT.ok;
  };
}

/** `slipway rmi`: goes on after one that fails, as Docker does. */
export function removeCommand(names: readonly string[], flags: { readonly force?: boolean }): Handler {
  return async (context) => {
    let code: number = EXIT.ok;
    for (const name of names) {
      try {
        for (const line of await removeImages(name, flags.force ?? false, context.environment))
          context.stdout.write(`${line}\n`);
      } catch (error) {
        if (!isSlipwayError(error)) throw error;
        if (!(flags.force && error.code === "IMAGE_NOT_FOUND")) code = reportError(context, error);
      }
    }
    return code;
  };
}
