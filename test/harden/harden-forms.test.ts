import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorkshop, type Workshop } from "../api/workshop.ts";
import { buildImage, lendingArchive, modesOf } from "./images.ts";

const root = useWorkshop();
const rootless = useWorkshop({ rootless: true });

const COUNT = 80;
const MANY = Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [`many/${i}`, `file ${i}\n`]));

/** What the store keeps of its layers. */
function formsIn(shop: Workshop): string[] {
  const layers = join(shop.home, "layers");
  return readdirSync(layers).flatMap((layer) =>
    readdirSync(join(layers, layer)).map((name) => name.split("-")[0]!),
  );
}

describe("layers that are made anew", () => {
  it("stay archives where they were kept as archives, with the bytes of every file", async () => {
    const Dockerfile = "FROM scratch\nCOPY --chmod=4755 many /many/\nUSER 5\n";
    const image = await buildImage(root.it, root.it.context({ Dockerfile, ...MANY }), "--harden");
    const files = image.layers[0]!.filter(({ type }) => type === "file");
    expect(files).toHaveLength(COUNT);
    for (const { name, mode, bytes } of files) expect([mode, bytes.toString()]).toEqual([0o755, MANY[name]]);
    expect(formsIn(root.it).filter((form) => form === "archive")).toHaveLength(2);
  });

  it("are the same for an ordinary user as for root, digest for digest", async () => {
    const Dockerfile = [
      "FROM lending",
      "ARG SOURCE_DATE_EPOCH",
      "COPY --chown=33:33 --chmod=6755 tool /app/",
      "COPY --from=busybox /bin/busybox /bin/busybox",
      'RUN ["/bin/busybox", "sh", "-c", "cd /app && /bin/busybox ln tool also && /bin/busybox chmod 4700 also && /bin/busybox touch -d @5 tool ."]',
    ].join("\n");
    const flags = ["--harden", "--reproducible"];
    const diffIds: (readonly string[])[] = [];
    for (const { it: shop } of [root, rootless]) {
      await shop.succeed(["import", "-", "lending"], { input: lendingArchive() });
      const image = await buildImage(shop, shop.context({ Dockerfile, tool: "tool" }), ...flags);
      expect(modesOf(image.layers[1]!)).toEqual(["app/tool 0755"]);
      expect(modesOf(image.layers[3]!)).toEqual(["app/also 0700", "app/tool -> app/also"]);
      diffIds.push(image.diffIds);
    }
    expect(diffIds[1]).toEqual(diffIds[0]);
  });
});
