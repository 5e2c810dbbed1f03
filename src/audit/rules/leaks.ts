import type { Entry } from "../../core/file-tree.ts";
import { type Finding, finding, type Origin } from "../finding.ts";
import type { Severity } from "../severity.ts";

interface LeakKind {
  readonly paths: RegExp;
  readonly type: "file" | "dir";
  readonly severity: Severity;
  readonly what: string;
}

/** What belongs to a working copy, a home folder or an operator, and to no image. */
const KINDS: readonly LeakKind[] = [
  {
    paths: /(?:^|\/)\.git$/,
    type: "dir",
    severity: "medium",
    what: "a git repository, with all that was ever in it",
  },
  { paths: /(?:^|\/)\.(?:svn|hg)$/, type: "dir", severity: "medium", what: "a working copy's own data" },
  {
    paths: /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[\w.-]+)?$/,
    type: "file",
    severity: "high",
    what: "a file of variables, which tends to hold secrets",
  },
  {
    paths: /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/,
    type: "file",
    severity: "high",
    what: "a private ssh key",
  },
  {
    paths: /(?:^|\/)\.(?:netrc|pgpass|my\.cnf|git-credentials|htpasswd|vault-token)$/,
    type: "file",
    severity: "high",
    what: "a file of credentials",
  },
  {
    paths:
      /(?:^|\/)\.(?:aws\/credentials|docker\/config\.json|dockercfg|kube\/config|config\/gh\/hosts\.yml)$/,
    type: "file",
    severity: "high",
    what: "credentials of a home folder",
  },
  { paths: /(?:^|\/)\.gnupg$/, type: "dir", severity: "medium", what: "a GnuPG keyring" },
  {
    paths: /\.(?:kdbx?|jks|p12|pfx|ppk)$/,
    type: "file",
    severity: "medium",
    what: "a store of keys or passwords",
  },
  {
    paths: /(?:^|\/)[\w.-]+\.tfstate(?:\.backup)?$/,
    type: "file",
    severity: "high",
    what: "the state of terraform, which holds secrets as they are",
  },
  {
    paths: /(?:^|\/)\.(?:bash|zsh|sh|python|mysql|psql|node_repl)_history$/,
    type: "file",
    severity: "medium",
    what: "the history of a shell",
  },
];
/** Test data and documentation of packages. */
const ELSEWHERE =
  /^(?:usr\/(?:share|lib|lib64|local\/lib|include)|etc\/(?:ssl|pki|skel)|var\/lib|proc|sys)\//;

/** A file that came where it should not, hidden by a later layer or not. */
export function leakFinding(entry: Entry, origin: Origin, isVisible: boolean): Finding | undefined {
  if ((entry.type !== "file" && entry.type !== "dir") || ELSEWHERE.test(entry.path)) return undefined;
  const kind = KINDS.find(({ paths, type }) => type === entry.type && paths.test(entry.path));
  if (!kind || (entry.type === "file" && entry.size === 0)) return undefined;
  const path = `/${entry.path}`;
  return finding("LeakedFile", {
    severity: kind.severity,
    subject: path,
    message: `${path} is ${kind.what}${isVisible ? "" : "; a later layer deletes it, and it stays in the image"}`,
    fix: "name it in .dockerignore, or copy only what the image needs",
    origin,
    facts: { path, isVisible, bytes: entry.size },
  });
}
