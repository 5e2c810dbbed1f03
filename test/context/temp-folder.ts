import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

/** What a folder is to hold: text of a file, `{ link }`, or null for an empty folder; parents are made. */
export type Layout = Readonly<Record<string, string | Uint8Array | { readonly link: string } | null>>;

const made: string[] = [];
// Registered while the file is read: within a running test it would come too late.
afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

/** A new folder with that content, removed after the test file. */
export function tempFolder(layout: Layout = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "slipway-context-")));
  made.push(root);
  fill(root, layout);
  return root;
}

export function fill(root: string, layout: Layout): void {
  for (const [path, content] of Object.entries(layout)) {
    const full = join(root, path);
    mkdirSync(content === null ? full : dirname(full), { recursive: true });
    if (content === null) continue;
    if (typeof content === "object" && "link" in content) symlinkSync(content.link, full);
    else writeFileSync(full, content);
  }
}
