import { printableName } from "../../core/file-name.ts";
import type {
  ChangeKind,
  ConfigChange,
  FileChange,
  FileFacts,
  FileField,
  HistoryChange,
  ImageDiff,
  ImageFacts,
  LayerFacts,
} from "../../diff/image-diff.ts";
import { humanSize } from "../human.ts";
import { collapseFolders, type FolderChange } from "./collapse-folders.ts";

const MARKS: Readonly<Record<ChangeKind, string>> = { added: "+", removed: "-", changed: "~" };

/** What two images have different, for people: a part for each kind of thing. `all`: a folder that is new or gone is not one line but all that is in it. */
export function imageDiffText(diff: ImageDiff, all: boolean): string {
  const { config = [], history = [], files = [], patches = [] } = diff;
  const parts = [
    `${imageLine("-", diff.before)}${imageLine("+", diff.after)}`,
    part("Configuration", config.map(configLine)),
    part("History", history.map(historyLine)),
    `Layers: ${layersText(diff.layers)}\n`,
    files.length > 0 && diff.counts
      ? part(
          `Files: ${countsText(diff.counts)}`,
          columns(all ? rowsOf(files) : alikeTogether(rowsOf(collapseFolders(files)))),
        )
      : "",
    ...patches.map(({ path, text, reason }) => text ?? `${printableName(path)}: ${reason}, not shown\n`),
    diff.differs ? "" : "No differences.\n",
  ];
  return parts.filter((text) => text !== "").join("\n");
}

function part(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function imageLine(mark: string, { name, id, platform, size }: ImageFacts): string {
  return `${mark} ${name}   ${id.slice(0, 19)}   ${platform}   ${humanSize(size)}\n`;
}

function configLine({ kind, field, key, before, after }: ConfigChange): string {
  const place = printableName(key === undefined ? field : `${field} ${key}`);
  // Ports and volumes have nothing but their names.
  const values = [before, after].filter((value) => value !== undefined).map((value) => JSON.stringify(value));
  const told = values.every((value) => value === "{}") ? "" : `: ${values.join(" -> ")}`;
  return `${MARKS[kind]} ${place}${told}`;
}

const LONGEST_STEP = 100;

function historyLine({ kind, createdBy, comment, size }: HistoryChange): string {
  const text = printableName((createdBy || comment) ?? "").trim() || "(a layer without an entry)";
  const short = text.length > LONGEST_STEP ? `${text.slice(0, LONGEST_STEP - 1)}…` : text;
  return `${MARKS[kind]} ${short}${size === undefined ? "" : `   ${humanSize(size)}`}`;
}

function layersText({ before, after }: ImageDiff["layers"]): string {
  const told = (word: string, layers: readonly LayerFacts[]) =>
    layers.length === 0
      ? []
      : [`${layers.length} ${word} (${humanSize(layers.reduce((sum, { size }) => sum + size, 0))})`];
  const own = (layers: readonly LayerFacts[]) => layers.filter(({ isShared }) => !isShared);
  const shared = after.filter(({ isShared }) => isShared);
  const parts = [...told("shared", shared), ...told("removed", own(before)), ...told("added", own(after))];
  return parts.join(", ") || "none";
}

function countsText(counts: NonNullable<ImageDiff["counts"]>): string {
  const { added, removed, changed } = counts;
  return [
    ...(added.paths > 0 ? [`${added.paths} added (${humanSize(added.after)})`] : []),
    ...(removed.paths > 0 ? [`${removed.paths} removed (${humanSize(removed.before)})`] : []),
    ...(changed.paths > 0
      ? [`${changed.paths} changed (${humanSize(changed.before)} -> ${humanSize(changed.after)})`]
      : []),
  ].join(", ");
}

interface Row {
  readonly kind: ChangeKind;
  readonly path: string;
  readonly facts: string;
}

function rowsOf(changes: readonly (FileChange | FolderChange)[]): readonly Row[] {
  return changes.map((change) => {
    const path = printableName(change.path) + ("within" in change ? "/" : "");
    return { kind: change.kind, path, facts: factsText(change) };
  });
}

/** So many lines in a row may say the same. */
const MOST_ALIKE = 3;

/** Neighbours in one folder that changed in the same way (an owner, a mode) are one line. */
function alikeTogether(rows: readonly Row[]): readonly Row[] {
  const shown: Row[] = [];
  for (let i = 0; i < rows.length; ) {
    const first = rows[i]!;
    let end = i + 1;
    while (end < rows.length && isAlike(first, rows[end]!)) end++;
    const count = end - i;
    if (count <= MOST_ALIKE) shown.push(...rows.slice(i, end));
    else
      shown.push({
        ...first,
        path: `${first.path} … ${rows[end - 1]!.path.replace(/.*\//, "")} (${count} paths)`,
      });
    i = end;
  }
  return shown;
}

function isAlike(a: Row, b: Row): boolean {
  const folder = (path: string) => path.slice(0, path.lastIndexOf("/"));
  return (
    a.kind === "changed" && b.kind === "changed" && a.facts === b.facts && folder(a.path) === folder(b.path)
  );
}

const LONGEST_COLUMN = 60;

function columns(rows: readonly Row[]): readonly string[] {
  const marked = rows.map(({ kind, path, facts }) => [`${MARKS[kind]} ${path}`, facts] as const);
  const longest = marked.reduce((most, [path]) => Math.max(most, path.length), 0);
  const width = Math.min(LONGEST_COLUMN, longest);
  return marked.map(([path, facts]) => `${path.padEnd(width)}   ${facts}`.trimEnd());
}

function factsText(change: FileChange | FolderChange): string {
  if ("within" in change) return `${change.within} paths, ${humanSize(change.bytes)}`;
  const { before, after, fields } = change;
  if (before && after) return fields.map((field) => fieldText(field, before, after)).join(", ");
  const facts = (before ?? after)!;
  const special = Number.parseInt(facts.mode, 8) >= 0o1000 ? [`mode ${facts.mode}`] : [];
  return [sizeText(facts), ...special, ...(facts.capabilities ? [facts.capabilities] : [])].join(", ");
}

function sizeText({ type, size, linkTarget, device }: FileFacts): string {
  if (type === "file") return humanSize(size);
  if (type === "symlink") return `-> ${printableName(linkTarget ?? "")}`;
  return device === undefined ? type : `${type} ${device}`;
}

function fieldText(field: FileField, was: FileFacts, is: FileFacts): string {
  const told = (old: string, now: string) => `${printableName(old)} -> ${printableName(now)}`;
  switch (field) {
    case "type":
      return told(was.type, is.type);
    case "mode":
      return `mode ${told(was.mode, is.mode)}`;
    case "owner":
      return `owner ${told(`${was.uid}:${was.gid}`, `${is.uid}:${is.gid}`)}`;
    case "content":
      if (was.size === is.size) return `content (${humanSize(is.size)})`;
      return `content ${told(sizePrecisely(was, is), sizePrecisely(is, was))}`;
    case "linkTarget":
      return `link ${told(was.linkTarget ?? "", is.linkTarget ?? "")}`;
    case "device":
      return `device ${told(was.device ?? "", is.device ?? "")}`;
    case "capabilities":
      return `capabilities ${told(was.capabilities ?? "none", is.capabilities ?? "none")}`;
    case "xattrs":
      return `attributes ${told(namesOf(was), namesOf(is))}`;
    case "mtime":
      return `time ${told(timeText(was), timeText(is))}`;
    default:
      return field satisfies never;
  }
}

/** In bytes where the usual form would not show the difference. */
function sizePrecisely({ size }: FileFacts, other: FileFacts): string {
  return humanSize(size) === humanSize(other.size) ? `${size}B` : humanSize(size);
}

function namesOf({ xattrs = {} }: FileFacts): string {
  return Object.keys(xattrs).join(",") || "none";
}

/** Archives can hold times that no calendar has. */
function timeText({ mtime = 0 }: FileFacts): string {
  const date = new Date(mtime * 1000);
  return Number.isNaN(date.getTime()) ? String(mtime) : date.toISOString().replace(".000Z", "Z");
}
