import { parseUrlChecksum } from "../context/url-checksum.ts";
import { isIndexType } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import { SlipwayError } from "../core/errors.ts";
import { formatPlatform, normalizePlatform, type Platform } from "../core/platform.ts";
import { decodeIndex } from "../image/index-document.ts";
import { parseReference, storedName, withDigest } from "../image/reference.ts";
import { isAttestation } from "../image/select-platform.ts";
import {
  type GitEntry,
  type ImageEntry,
  type LockEntries,
  type UrlEntry,
  urlEntry,
} from "../lock/lock-entries.ts";
import type { SourceLock } from "../lock/source-lock.ts";
import { gitName, imageName, urlName } from "../lock/source-names.ts";
import type { ImageResolver, ResolvedImage } from "../plan/graph.ts";
import type { DockerfileSession } from "./dockerfile-session.ts";
import { findAddedGit, findGit, type GitFetch } from "./git-access.ts";
import type { FoundImage, StoreImageResolver } from "./image-resolver.ts";
import type { RemoteSource } from "./planned-sources.ts";
import { secretReader } from "./secrets.ts";
import { currentUrl } from "./url-cache.ts";

export interface CollectorOptions {
  readonly session: DockerfileSession;
  readonly images: StoreImageResolver;
  /** What these entries name is as they say; the rest is asked for. */
  readonly kept: SourceLock;
  /** What the lock says so far, updated or not. */
  readonly before: LockEntries;
  /** Nothing of what is found will be written. */
  readonly isTrial: boolean;
  readonly warn: (message: string) => void;
}

/** Gathers the entries of a lock: images as plans ask for them, the rest as it is told. Each is looked at once. */
export class LockCollector implements ImageResolver {
  readonly #options: CollectorOptions;
  readonly #images = new Map<string, ImageEntry>();
  readonly #urls = new Map<string, UrlEntry>();
  readonly #git = new Map<string, GitEntry>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  async resolve(text: string, platform: Platform): Promise<ResolvedImage> {
    const { images, kept, warn, session, isTrial } = this.#options;
    const found = await images.find(text, platform);
    if (text.startsWith("oci-layout:")) return found.image;
    const reference = parseReference(text);
    const name = kept.conceal(imageName(reference));
    if (found.isOwn && !this.#images.has(name))
      warn(
        `no registry is known to have ${name}: it is locked as this machine's store has it, and another machine may not find it`,
      );
    if (!this.#images.has(name))
      this.#images.set(name, kept.image(reference) ?? (await this.#entryOf(found)));
    // The build that comes next finds it under the name that the lock then gives it.
    const pinned = storedName(withDigest(reference, found.root.digest));
    if (!isTrial) await session.session.store.images.tag(pinned, found.root);
    return found.image;
  }

  /** Looks at what a plan takes from elsewhere. Errors have the place of the instruction. */
  async add(sources: readonly RemoteSource[]): Promise<void> {
    for (const one of sources) {
      try {
        if (one.kind === "git") await this.#addGit(one);
        else await this.#addUrl(one);
      } catch (error) {
        throw error instanceof SlipwayError && one.at ? error.at(one.at) : error;
      }
    }
  }

  entries(): LockEntries {
    return {
      images: Object.fromEntries(this.#images),
      urls: Object.fromEntries(this.#urls),
      git: Object.fromEntries(this.#git),
    };
  }

  async #entryOf({ root, image, platform }: FoundImage): Promise<ImageEntry> {
    if (!isIndexType(root.mediaType))
      return { digest: root.digest, platforms: { [platform]: image.manifest } };
    const { manifests } = decodeIndex(await this.#options.session.content.document(root), root.mediaType);
    const platforms: Record<string, Digest> = {};
    for (const entry of manifests) {
      if (isAttestation(entry)) continue;
      const name = entry.platform ? formatPlatform(normalizePlatform(entry.platform)) : platform;
      // Several versions of an operating system share a name: as where one is chosen, the first counts.
      platforms[name] ??= entry.digest;
    }
    return { digest: root.digest, platforms };
  }

  async #addUrl({ url, checksum }: Extract<RemoteSource, { kind: "url" }>): Promise<void> {
    const { kept } = this.#options;
    const name = kept.conceal(urlName(url));
    if (this.#urls.has(name)) return;
    const known = kept.url(url, true);
    const isOutdated = checksum?.startsWith("sha256:") && checksum !== known?.checksum;
    if (known && !isOutdated) return void this.#urls.set(name, known);
    const promised = checksum === undefined ? {} : { checksum: parseUrlChecksum(checksum) };
    const { lock: _, ...fetch } = this.#fetch();
    const { digest, size, lastModified } = await currentUrl({ ...fetch, url, ...promised, keep: true });
    const { urls } = this.#options.before;
    const was = Object.hasOwn(urls, name) ? urls[name] : undefined;
    // The same bytes with another time are no news.
    this.#urls.set(name, was?.checksum === digest ? was : urlEntry(digest, size, lastModified));
  }

  async #addGit({ source, isAdded }: Extract<RemoteSource, { kind: "git" }>): Promise<void> {
    const name = this.#options.kept.conceal(gitName(source));
    if (this.#git.has(name)) return;
    const fetch = this.#fetch();
    const { resolved } = await (isAdded ? findAddedGit(source, fetch) : findGit(source, fetch));
    const { commit, ref, tagObject } = resolved;
    this.#git.set(name, {
      commit,
      ...(ref === undefined ? {} : { ref }),
      ...(tagObject === undefined ? {} : { tag: tagObject }),
    });
  }

  #fetch(): GitFetch {
    const { session, kept } = this.#options;
    const { secrets = {}, ssh = {} } = session.options;
    return {
      session: session.session,
      readSecret: secretReader(secrets, session.session.environment, session.signal),
      ssh,
      scope: session.scope,
      lock: async () => kept,
      signal: session.signal,
    };
  }
}
