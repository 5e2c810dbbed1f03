import { resolve } from "node:path";
import type { Descriptor } from "../core/descriptor.ts";
import { parseDigest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { loadLayoutImage } from "./load.ts";
import type { Session } from "./session.ts";

/** Resolves an `oci-layout://PATH[:TAG]@DIGEST` context (SPEC SG-10). */
export async function loadLayoutContext(session: Session, specifier: string): Promise<Descriptor> {
  const text = specifier.replace(/^oci-layout:(\/\/)?/, "");
  const [place = "", digest] = text.split("@");
  if (!digest) throw new SlipwayError("STAGE_INVALID", `oci-layout reference "${text}" has no digest`);
  const folder = resolve(session.environment.cwd, place.replace(/:[A-Za-z0-9_][\w.-]{0,127}$/, ""));
  return loadLayoutImage(session, folder, parseDigest(digest));
}
