import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { atEpoch, type BuiltImage } from "./assemble.ts";
import type { ExportedBuild, ExportRequest } from "./export-request.ts";
import type { OutputSpec } from "./output-spec.ts";
import { rewriteTimestamps } from "./rewrite-timestamps.ts";
import { storeImage } from "./store-image.ts";

/** The image as one output wants it, with its epoch and its times, kept in the store without a name (SPEC EP-05, EP-07). */
export async function outputImage(request: ExportRequest, output: OutputSpec): Promise<Descriptor> {
  const images: BuiltImage[] = [];
  for (const build of request.builds) images.push(await imageOf(request, output, build));
  return storeImage(request.store, images, request.isIndex);
}

/** The epoch that counts for an output: its own, where it has one or switches it off, else the build's (SPEC EP-05). */
export function epochOf(output: OutputSpec, build: ExportedBuild): number | undefined {
  return output.sourceDateEpoch === undefined ? build.epoch : (output.sourceDateEpoch ?? undefined);
}

async function imageOf(
  request: ExportRequest,
  output: OutputSpec,
  build: ExportedBuild,
): Promise<BuiltImage> {
  const epoch = epochOf(output, build);
  if (!output.rewriteTimestamp) return atEpoch(build.image, epoch);
  if (epoch === undefined) {
    request.warn("rewrite-timestamp has no effect: there is no SOURCE_DATE_EPOCH");
    return atEpoch(build.image, epoch);
  }
  const chain = await rewriteTimestamps(request, output, build, epoch);
  const diffIds = chain.layers.map((layer): Digest => layer.diffId);
  return atEpoch({ ...build.image, recorded: { ...build.image.recorded, diffIds }, chain }, epoch);
}
