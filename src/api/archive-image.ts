import { CleanupScope } from "../core/cleanup-scope.ts";
import type { Descriptor } from "../core/descriptor.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { type LoadedImage, loadImages } from "./load.ts";
import { namingDamage } from "./name-damage.ts";
import type { Session } from "./session.ts";
import { temporaryFiles } from "./user-namespace.ts";

/**
 * Opens the image of an archive (`docker save`, OCI) or of a folder with an OCI layout for the time of one piece of work, in a store of its own that is gone
 * afterwards: nothing gets a name, and nothing is left. Throws what `loadImages` throws, `USAGE` where there are several images.
 */
export async function withArchiveImage<R>(
  { source, signal }: { readonly source: string; readonly signal?: AbortSignal | undefined },
  environment: Environment,
  work: (session: Session, image: Descriptor) => Promise<R>,
): Promise<R> {
  const temp = temporaryFiles(environment.home);
  const scope = new CleanupScope();
  scope.defer(() => temp.close());
  return scope.around(async () => {
    const home = temp.directory("archive");
    scope.defer(() => temp.remove(home));
    const inside = { ...environment, home };
    const options = { source, ...(signal ? { signal } : {}) };
    const loaded = await namingDamage(source, () => loadImages(options, inside));
    const image = onlyOne(loaded, source);
    return withSession(inside, (session) => work(session, image));
  });
}

/** An image may have several names. */
function onlyOne(loaded: readonly LoadedImage[], source: string): Descriptor {
  const [first] = loaded;
  if (!first) throw new SlipwayError("IMAGE_NOT_FOUND", `there is no image in ${source}`);
  if (loaded.every(({ descriptor }) => descriptor.digest === first.descriptor.digest))
    return first.descriptor;
  const names = loaded.map(({ name, descriptor }) => name ?? descriptor.digest);
  throw new SlipwayError("USAGE", `there are ${loaded.length} images in ${source}: ${names.join(", ")}`, {
    hint: `take them into the store (slipway load -i ${source}), and name one`,
  });
}
