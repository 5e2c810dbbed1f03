import { type Compression, compressionOf, type Descriptor, MEDIA } from "../core/descriptor.ts";

/** The two sets of media types that registries serve. */
export type MediaFamily = "oci" | "docker";

const LAYERS: Readonly<Record<MediaFamily, Readonly<Record<Compression, string>>>> = {
  oci: { none: MEDIA.ociLayer, gzip: MEDIA.ociLayerGzip, zstd: MEDIA.ociLayerZstd },
  docker: { none: MEDIA.dockerLayer, gzip: MEDIA.dockerLayerGzip, zstd: MEDIA.dockerLayerZstd },
};

/** Layers that a registry need not hold (OCI image-spec v1.1, "non-distributable"; Docker "foreign"). */
const EXTERNAL =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1|docker\.image\.rootfs\.foreign\.diff)\.tar/;
const FORMS: readonly (readonly [MediaFamily, RegExp])[] = [
  ["oci", /^application\/vnd\.oci\./],
  ["docker", /^application\/vnd\.docker\./],
];

export function layerType(family: MediaFamily, compression: Compression): string {
  return LAYERS[family][compression];
}

export function manifestType(family: MediaFamily): string {
  return family === "oci" ? MEDIA.ociManifest : MEDIA.dockerManifest;
}

export function indexType(family: MediaFamily): string {
  return family === "oci" ? MEDIA.ociIndex : MEDIA.dockerIndex;
}

export function configType(family: MediaFamily): string {
  return family === "oci" ? MEDIA.ociConfig : MEDIA.dockerConfig;
}

/** The family that a media type belongs to; undefined for types of neither. */
export function familyOf(mediaType: string): MediaFamily | undefined {
  return FORMS.find(([, shape]) => shape.test(mediaType))?.[0];
}

export function isExternalLayer(mediaType: string): boolean {
  return EXTERNAL.test(mediaType);
}

export interface ConvertOptions {
  /** External layers stay so, instead of becoming ordinary ones. */
  readonly keepExternal?: boolean;
}

/** The media type's counterpart in `family`, external layers as ordinary ones; a type without one stays (SPEC LT-10). */
export function convertMediaType(
  mediaType: string,
  family: MediaFamily,
  { keepExternal = false }: ConvertOptions = {},
): string {
  if (mediaType === MEDIA.ociConfig || mediaType === MEDIA.dockerConfig) return configType(family);
  if (mediaType === MEDIA.ociManifest || mediaType === MEDIA.dockerManifest) return manifestType(family);
  if (mediaType === MEDIA.ociIndex || mediaType === MEDIA.dockerIndex) return indexType(family);
  const compression = compressionOf(distributable(mediaType));
  if (compression === undefined) return mediaType;
  const ordinary = layerType(family, compression);
  return keepExternal && isExternalLayer(mediaType) ? external(ordinary) : ordinary;
}

/** The descriptor in `family`; Docker's schema has no annotations, so there they are dropped (SPEC LT-11, MF-02). */
export function convertDescriptor(
  descriptor: Descriptor,
  family: MediaFamily,
  options?: ConvertOptions,
): Descriptor {
  const { annotations, ...rest } = descriptor;
  const mediaType = convertMediaType(descriptor.mediaType, family, options);
  const kept = family === "oci" ? publicAnnotations(annotations) : [];
  return { ...rest, mediaType, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) };
}

/** Without those by which builders and stores remember things about a layer (SPEC LT-11). */
function publicAnnotations(annotations: Descriptor["annotations"]): readonly (readonly [string, string])[] {
  return Object.entries(annotations ?? {}).filter(([key]) => !INTERNAL.test(key));
}

const INTERNAL =
  /^(containerd\.io\/uncompressed|buildkit\/createdat|containerd\.io\/distribution\.source\..*)$/;

function external(mediaType: string): string {
  return mediaType
    .replace(".layer.v1.", ".layer.nondistributable.v1.")
    .replace(".rootfs.diff.", ".rootfs.foreign.diff.");
}

function distributable(mediaType: string): string {
  return mediaType.replace(".nondistributable.v1.", ".v1.").replace(".foreign.diff.", ".diff.");
}
