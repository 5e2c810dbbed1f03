import type { ContainerConfig, ImageConfig } from "./config.ts";
import { readHealthcheck } from "./decode-config.ts";
import { healthMembers } from "./encode-config.ts";
import { JsonReader } from "./json-reader.ts";
import type { Manifest } from "./manifest.ts";
import { writeJson } from "./ordered-json.ts";

/** HEALTHCHECK is not in the OCI image format, and tools that write a config anew leave it out; of a manifest they keep the annotations. */
export const HEALTH_ANNOTATION = "dev.slipway.healthcheck";

type Annotations = Readonly<Record<string, string>>;

/** The annotation for the manifest of an image with a health check; undefined for all others. */
export function healthAnnotation(config: ContainerConfig): Annotations | undefined {
  const { Healthcheck } = config;
  return Healthcheck && { [HEALTH_ANNOTATION]: writeJson(healthMembers(Healthcheck)) };
}

/** The config, with the health check of the annotation where it has lost its own. Throws `IMAGE_INVALID` for one that cannot be read. */
export function withAnnotatedHealth(config: ImageConfig, { annotations }: Manifest): ImageConfig {
  const text = annotations?.[HEALTH_ANNOTATION];
  if (text === undefined || config.config.Healthcheck) return config;
  const reader = JsonReader.parse(Buffer.from(text), `the annotation ${HEALTH_ANNOTATION}`);
  return { ...config, config: { ...config.config, Healthcheck: readHealthcheck(reader) } };
}

/** Docker's media types have no place for annotations. */
export function withoutHealthAnnotation(annotations: Annotations | undefined): Annotations | undefined {
  if (annotations?.[HEALTH_ANNOTATION] === undefined) return annotations;
  const { [HEALTH_ANNOTATION]: _, ...others } = annotations;
  return Object.keys(others).length > 0 ? others : undefined;
}
