import { isSlipwayError, SlipwayError } from "../core/errors.ts";

/** Does some work; errors about damaged content say of which image or archive, since somebody may compare two. */
export async function namingDamage<R>(name: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!isSlipwayError(error, "LAYER_INVALID", "IMAGE_INVALID", "DIGEST_MISMATCH", "BLOB_NOT_FOUND"))
      throw error;
    const { code, message, cause, facts, hint } = error;
    throw new SlipwayError(code, `${name}: ${message}`, { cause, facts, ...(hint ? { hint } : {}) });
  }
}
