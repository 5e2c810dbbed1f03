import type { Entry } from "../../core/file-tree.ts";
import { storedSize } from "../../layer/tar-writer.ts";
import type { AuditedImage } from "../audited-image.ts";
import { type Finding, finding } from "../finding.ts";

interface CacheKind {
  readonly name: string;
  readonly paths: RegExp;
  readonly fix: string;
}

/** Where package managers keep what they need again only when they run again. */
const KINDS: readonly CacheKind[] = [
  {
    name: "apt lists",
    paths: /^var\/lib\/apt\/lists\/(?!lock$|partial$|auxfiles$)./,
    fix: "end the RUN that has apt-get update with && rm -rf /var/lib/apt/lists/*, or mount a cache there",
  },
  {
    name: "apt archives",
    paths: /^var\/cache\/apt\/(?:archives\/.*\.deb|[^/]*\.bin)$/,
    fix: "end the RUN with && apt-get clean, or use --mount=type=cache,target=/var/cache/apt",
  },
  { name: "apk", paths: /^(?:var\/cache\/apk|etc\/apk\/cache)\/./, fix: "use apk add --no-cache" },
  { name: "dnf", paths: /^var\/cache\/(?:dnf|yum|libdnf5)\/./, fix: "end the RUN with && dnf clean all" },
  { name: "zypper", paths: /^var\/cache\/zypp\/./, fix: "end the RUN with && zypper clean --all" },
  {
    name: "pacman",
    paths: /^var\/cache\/pacman\/pkg\/./,
    fix: "end the RUN with && pacman -Scc --noconfirm",
  },
  { name: "pip", paths: /^(?:root|home\/[^/]+)\/\.cache\/pip\/./, fix: "use pip install --no-cache-dir" },
  {
    name: "npm",
    paths: /^(?:root|home\/[^/]+)\/\.npm\/_cacache\/./,
    fix: "end the RUN with && npm cache clean --force",
  },
  {
    name: "yarn",
    paths: /^(?:usr\/local\/share\/\.cache\/yarn|(?:root|home\/[^/]+)\/\.cache\/yarn)\/./,
    fix: "end the RUN with && yarn cache clean",
  },
  {
    name: "cargo",
    paths: /^(?:root|home\/[^/]+|usr\/local)\/\.?cargo\/registry\/cache\/./,
    fix: "mount a cache for cargo's registry",
  },
  {
    name: "go",
    paths: /^(?:root|home\/[^/]+)\/\.cache\/go-build\/./,
    fix: "use --mount=type=cache,target=/root/.cache/go-build",
  },
  {
    name: "maven",
    paths: /^(?:root|home\/[^/]+)\/\.m2\/repository\/./,
    fix: "use --mount=type=cache,target=/root/.m2",
  },
  {
    name: "gradle",
    paths: /^(?:root|home\/[^/]+)\/\.gradle\/caches\/./,
    fix: "use --mount=type=cache,target=/root/.gradle",
  },
  {
    name: "composer",
    paths: /^(?:root|home\/[^/]+)\/\.(?:cache\/)?composer\/(?:cache\/)?files\/./,
    fix: "use composer install --no-cache",
  },
];

/** Package caches that containers see, by kind and layer. */
export class PackageCaches {
  readonly #image: AuditedImage;
  readonly #found = new Map<
    string,
    { readonly kind: CacheKind; readonly layer: number; bytes: number; files: number }
  >();

  constructor(image: AuditedImage) {
    this.#image = image;
  }

  add(entry: Entry, layer: number): void {
    const bytes = storedSize(entry);
    if (bytes === 0) return;
    const kind = KINDS.find(({ paths }) => paths.test(entry.path));
    if (!kind) return;
    const key = `${kind.name} ${layer}`;
    const found = this.#found.get(key) ?? { kind, layer, bytes: 0, files: 0 };
    found.bytes += bytes;
    found.files += 1;
    this.#found.set(key, found);
  }

  findings(): Finding[] {
    return [...this.#found.values()].map(({ kind, layer, bytes, files }) =>
      finding("PackageCache", {
        subject: `${kind.name} in layer ${layer + 1}`,
        message: `${files} ${files === 1 ? "file" : "files"} of the cache of ${kind.name}, ${bytes} bytes`,
        fix: kind.fix,
        origin: this.#image.layers[layer]!.origin,
        facts: { bytes, files, cache: kind.name },
      }),
    );
  }
}
