import type { Observation, ObservedImage } from "../observation.ts";
import { summary } from "./entries.ts";

/** A result as text, one line for each fact: what `expected.txt` holds and `--show` prints. */
export function listObservation(observation: Observation): string {
  const lines = [
    ...(observation.failure ? [`failure: ${observation.failure.cause}`] : []),
    ...(observation.answer === undefined ? [] : [JSON.stringify(observation.answer, undefined, 2)]),
    ...(observation.files ?? []).map((entry) => summary(entry)),
    ...(observation.images ?? []).flatMap(listImage),
  ];
  return `${lines.join("\n")}\n`;
}

function listImage(image: ObservedImage): readonly string[] {
  return [
    `image ${image.platform}`,
    `config ${JSON.stringify(image.config.config ?? {})}`,
    ...image.history.map((item) => `history ${(item as { created_by?: string }).created_by ?? ""}`),
    ...image.layers.flatMap(({ entries }) => [
      "layer",
      ...(entries ?? []).map((each) => `  ${summary(each)}`),
    ]),
  ];
}
