import type { ContainerRecord } from "./container-record.ts";

const NOTHING = `sha256:${"0".repeat(64)}` as const;

/** What `ps` shows as the image of a container whose record cannot be read. */
export const DAMAGED_IMAGE = "(damaged record)";

/**
 * Stands in for a record that a loss of power cut short: the container can be listed and removed, and other containers do
 * not suffer. It cannot be started, since nobody knows what it was.
 */
export function damagedRecord(id: string): ContainerRecord {
  return {
    id,
    name: id.slice(0, 12),
    created: new Date(0).toISOString(),
    image: {
      name: DAMAGED_IMAGE,
      id: NOTHING,
      manifest: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: NOTHING, size: 0 },
      config: {},
    },
    cwd: "/",
    options: { image: DAMAGED_IMAGE },
    mounts: [],
  };
}

/** The record in these bytes, or what stands in for it. */
export function readRecord(id: string, bytes: Buffer): ContainerRecord {
  try {
    const record = JSON.parse(bytes.toString("utf8")) as ContainerRecord;
    if (record.id === id && record.image !== undefined) return record;
  } catch {
    // Below.
  }
  return damagedRecord(id);
}
