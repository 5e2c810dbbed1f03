import { redactCredentials } from "../../core/redact-credentials.ts";
import { classifySource } from "../../plan/copy-sources.ts";
import { type Finding, finding } from "../finding.ts";
import { withoutSecrets } from "../secret-text.ts";
import type { AuditedDockerfile, AuditedInstruction } from "./audited-dockerfile.ts";

/** ADD of URLs and repositories of which nothing says what they have to be. Sources with variables that are not known are not judged. */
export function remoteSourceFindings({ stages, isPinned }: AuditedDockerfile): Finding[] {
  return stages.flatMap(({ steps }) => steps.flatMap((step) => judge(step, isPinned)));
}

function judge({ written, sources }: AuditedInstruction, isPinned: AuditedDockerfile["isPinned"]): Finding[] {
  if (written.kind !== "ADD") return [];
  const { checksum, source, text } = written;
  return sources.flatMap((address) => {
    const kind = address === undefined ? "path" : classifySource(address);
    if (address === undefined || kind === "path" || isPinned({ kind, text: address, checksum })) return [];
    const shown = redactCredentials(address);
    const origin = { instruction: withoutSecrets(redactCredentials(text)), source };
    return [kind === "url" ? uncheckedDownload(shown, origin) : unpinnedRepository(shown, origin)];
  });
}

function uncheckedDownload(subject: string, origin: Finding["origin"]): Finding {
  return finding("UncheckedDownload", {
    subject,
    message: `${subject} may be something else tomorrow: ADD takes what comes`,
    fix: "add --checksum=sha256:…, or run slipway lock",
    origin,
  });
}

function unpinnedRepository(subject: string, origin: Finding["origin"]): Finding {
  return finding("UnpinnedRepository", {
    subject,
    message: `${subject} names no commit: a branch or tag can be moved`,
    fix: "write the commit behind the #, or run slipway lock",
    origin,
  });
}
