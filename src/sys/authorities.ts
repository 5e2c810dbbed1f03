import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";

/** Where the certificate authorities that a machine trusts stand. */
export interface AuthorityFiles {
  /** Bundles in PEM, the most telling first: the first that is there and not empty counts. */
  readonly bundles: readonly string[];
  /** A further bundle, trusted besides. */
  readonly extra?: string;
}

/** The bundles of the common distributions: Debian, Fedora, SUSE, Alpine. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** `SSL_CERT_FILE` replaces the system's bundle as OpenSSL and Go have it, `NODE_EXTRA_CA_CERTS` adds to it as Node has it. */
export function authorityFiles(variables: Readonly<Record<string, string>>): AuthorityFiles {
  const { SSL_CERT_FILE: bundle, NODE_EXTRA_CA_CERTS: extra } = variables;
  return { bundles: bundle ? [bundle] : SYSTEM_BUNDLES, ...(extra ? { extra } : {}) };
}

/**
 * The authorities to trust: those of the machine, so that what its administrator added or removed holds here too. Node itself
 * knows only those that were built into it, which are taken where the machine has none.
 */
export async function readAuthorities(files: AuthorityFiles): Promise<readonly string[]> {
  const extra = files.extra === undefined ? "" : await readBundle(files.extra);
  for (const file of files.bundles) {
    const bundle = await readBundle(file);
    if (bundle !== "") return extra === "" || extra === bundle ? [bundle] : [bundle, extra];
  }
  return extra === "" ? rootCertificates : [...rootCertificates, extra];
}

/** Empty where there is none that can be used: a missing bundle is for the next place to make up for. */
async function readBundle(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.includes("-----BEGIN") ? text : "";
}
