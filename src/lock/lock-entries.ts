import type { Digest } from "../core/digest.ts";
import { LOCK_VERSION } from "./lock-schema.ts";

export interface ImageEntry {
  /** Of the index, or of the manifest where the image is for one platform. */
  readonly digest: Digest;
  /** `os/arch[/variant]` → digest of its manifest. */
  readonly platforms: Readonly<Record<string, Digest>>;
}

export interface UrlEntry {
  readonly checksum: Digest;
  readonly size: number;
  /** Last-Modified, RFC 3339 in UTC; absent where the server does not say. */
  readonly modified?: string;
}

export interface GitEntry {
  readonly commit: string;
  readonly ref?: string;
  readonly tag?: string;
}

/** Seconds since the epoch that a download's time is; 0 where the server does not say. */
export function modifiedSeconds({ modified }: UrlEntry): number {
  return modified === undefined ? 0 : Math.floor(Date.parse(modified) / 1000) || 0;
}

/** A download's entry; `lastModified` in seconds since the epoch, 0 where the server did not say. */
export function urlEntry(digest: Digest, size: number, lastModified: number): UrlEntry {
  const modified = new Date(lastModified * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return { checksum: digest, size, ...(lastModified > 0 ? { modified } : {}) };
}

/** What a lock holds, each kind by the names of `source-names.ts`. */
export interface LockEntries {
  readonly images: Readonly<Record<string, ImageEntry>>;
  readonly urls: Readonly<Record<string, UrlEntry>>;
  readonly git: Readonly<Record<string, GitEntry>>;
}

export type LockSection = keyof LockEntries;
export const LOCK_SECTIONS: readonly LockSection[] = ["images", "urls", "git"];

export const NO_ENTRIES: LockEntries = { images: {}, urls: {}, git: {} };

/** The text of a lock: the same entries give the same bytes. Names are sorted, sections without entries left out. */
export function encodeLock(entries: LockEntries): string {
  const sections = LOCK_SECTIONS.filter((section) => Object.keys(entries[section]).length > 0).map(
    (section) => [section, sorted(entries[section], LAYOUTS[section])] as const,
  );
  return `${JSON.stringify({ lockVersion: LOCK_VERSION, ...Object.fromEntries(sections) }, null, 2)}\n`;
}

/** The order of an entry's members, where it is not that of their names. */
const LAYOUTS: Readonly<Record<LockSection, readonly string[]>> = {
  images: ["digest", "platforms"],
  urls: ["checksum", "size", "modified"],
  git: ["commit", "ref", "tag"],
};

function sorted(section: object, layout: readonly string[]): Record<string, unknown> {
  return byName(section, (entry) =>
    Object.fromEntries(
      layout.flatMap((member) => {
        const value = (entry as Readonly<Record<string, unknown>>)[member];
        if (value === undefined) return [];
        return [[member, typeof value === "object" ? byName(value as object, (one) => one) : value]];
      }),
    ),
  );
}

function byName(table: object, form: (value: unknown) => unknown): Record<string, unknown> {
  const names = Object.keys(table).sort();
  return Object.fromEntries(
    names.map((name) => [name, form((table as Readonly<Record<string, unknown>>)[name])]),
  );
}
