import { X509Certificate } from "node:crypto";
import type { Entry } from "../../core/file-tree.ts";
import { type Finding, finding, type Origin } from "../finding.ts";
import { shownPath } from "./path-text.ts";

const NAMES = /\.(?:crt|cer|pem|cert)$/i;
const BLOCK =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END (?:TRUSTED )?CERTIFICATE-----/g;
/** Certificates of authorities, which distributions collect and keep. */
const AUTHORITIES =
  /^(?:etc\/(?:ssl|pki|ca-certificates)|usr\/(?:share|local\/share)\/(?:ca-certificates|pki)|usr\/lib\/ssl)\//;
export const LARGEST_CERTIFICATES = 4 * 1024 * 1024;

export function mayHoldCertificates({ path, type, size }: Entry): boolean {
  return type === "file" && size > 0 && size <= LARGEST_CERTIFICATES && NAMES.test(path);
}

/** A file with certificates that are no longer valid at `now`. What cannot be read as a certificate is passed over. */
export function certificateFinding(
  entry: Entry,
  text: string,
  now: number,
  origin: Origin,
): Finding | undefined {
  const expired = (text.match(BLOCK) ?? []).flatMap((block) => {
    const certificate = parse(block);
    return certificate && Date.parse(certificate.validTo) < now ? [certificate] : [];
  });
  const [first] = expired;
  if (!first) return undefined;
  const path = `/${entry.path}`;
  const named = `${subjectOf(first)}, until ${new Date(Date.parse(first.validTo)).toISOString().slice(0, 10)}`;
  return finding("ExpiredCertificate", {
    severity: AUTHORITIES.test(entry.path) ? "low" : "medium",
    subject: path,
    message: `${shownPath(path)} holds ${expired.length === 1 ? "a certificate" : `${expired.length} certificates`} that expired: ${named}`,
    fix: "renew it, or update the package that it comes from",
    origin,
    facts: { path, expired: expired.map((one) => ({ subject: subjectOf(one), validTo: one.validTo })) },
  });
}

function parse(block: string): X509Certificate | undefined {
  try {
    return new X509Certificate(block);
  } catch {
    return undefined;
  }
}

function subjectOf({ subject }: X509Certificate): string {
  return (subject ?? "").split("\n").at(-1) ?? "";
}
