import { type Reference, referenceIfValid } from "../../image/reference.ts";
import { type Finding, finding } from "../finding.ts";
import { withoutSecrets } from "../secret-text.ts";
import type { AuditedDockerfile, AuditedInstruction } from "./audited-dockerfile.ts";

/** Images that COPY --from and RUN --mount take files from, without a digest: what they bring is in the image, too, or makes what is. Names of stages are none. */
export function copiedImageFindings({ stages, isPinned }: AuditedDockerfile): Finding[] {
  const found: Finding[] = [];
  const names = new Set<string>();
  for (const { parsed, steps } of stages) {
    for (const { written } of steps)
      for (const image of imagesOf(written)) {
        const isStage = names.has(image.toLowerCase()) || /^\d+$/.test(image) || image === "scratch";
        const reference = isStage ? undefined : referenceIfValid(image, { addLatest: false });
        if (reference && !isPinned({ kind: "image", text: image, checksum: undefined }))
          found.push(unpinned(image, reference, written));
      }
    if (parsed.from.stageName !== undefined) names.add(parsed.from.stageName);
  }
  return found;
}

function imagesOf(written: AuditedInstruction["written"]): readonly string[] {
  if (written.kind === "COPY") return written.from === undefined ? [] : [written.from];
  return written.kind === "RUN" ? written.mounts.flatMap(({ from }) => from ?? []) : [];
}

function unpinned(
  image: string,
  { tag }: Reference,
  { kind, text, source }: AuditedInstruction["written"],
): Finding {
  const isLatest = tag === undefined || tag === "latest";
  return finding(isLatest ? "LatestBase" : "UnpinnedBase", {
    subject: image,
    message: `${kind} takes files from ${image}, which has no ${isLatest ? "version" : "digest"}`,
    fix: "add the digest, as in name:tag@sha256:…; or run slipway lock",
    origin: { instruction: withoutSecrets(text), source },
  });
}
