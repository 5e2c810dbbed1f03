import type { Entry } from "../../core/file-tree.ts";
import { leakKind } from "../../secrets/leaked-files.ts";
import { type Finding, finding, type Origin } from "../finding.ts";
import { shownPath } from "./path-text.ts";

/** Test data and documentation of packages. */
const ELSEWHERE =
  /^(?:usr\/(?:share|lib|lib64|local\/lib|include)|etc\/(?:ssl|pki|skel)|var\/lib|proc|sys)\//;

/** A file that came where it should not, hidden by a later layer or not. */
export function leakFinding(entry: Entry, origin: Origin, isVisible: boolean): Finding | undefined {
  if ((entry.type !== "file" && entry.type !== "dir") || ELSEWHERE.test(entry.path)) return undefined;
  const kind = leakKind(entry.path, entry.type);
  if (!kind || (entry.type === "file" && entry.size === 0)) return undefined;
  const path = `/${entry.path}`;
  return finding("LeakedFile", {
    severity: kind.severity,
    subject: path,
    message: `${shownPath(path)} is ${kind.what}${isVisible ? "" : "; a later layer deletes it, and it stays in the image"}`,
    fix: "name it in .dockerignore, or copy only what the image needs",
    origin,
    facts: { path, isVisible, bytes: entry.size },
  });
}
