import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const CHECK = { Test: ["CMD-SHELL", "test -e /ok"], Retries: 2 };
type Descriptor = { digest: string; size: number };

/** Exports an image with a health check and writes its config anew as tools do that know the OCI format only: annotations stay. */
async function withoutCheckInConfig(): Promise<string> {
  const layout = join(shop.it.folder, "layout");
  const context = shop.it.context({ Dockerfile: "FROM busybox\nHEALTHCHECK --retries=2 CMD test -e /ok\n" });
  await shop.it.succeed(["build", "-o", `type=oci,tar=false,dest=${layout}`, context]);
  const pathOf = ({ digest }: Descriptor) => join(layout, "blobs/sha256", digest.slice(7));
  const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
  const rewrite = (value: unknown, descriptor: Descriptor) => {
    const bytes = Buffer.from(JSON.stringify(value));
    Object.assign(descriptor, { digest: digestOf(bytes), size: bytes.length });
    writeFileSync(pathOf(descriptor), bytes);
  };
  const index = read(join(layout, "index.json"));
  const [entry] = index.manifests;
  const manifest = read(pathOf(entry));
  const config = read(pathOf(manifest.config));
  delete config.config.Healthcheck;
  rewrite(config, manifest.config);
  rewrite(manifest, entry);
  entry.annotations = { "io.containerd.image.name": "docker.io/library/rewritten:1" };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  const file = join(shop.it.folder, "rewritten.tar");
  execFileSync("tar", ["-cf", file, "-C", layout, "."]);
  return file;
}

async function checkOf(image: string): Promise<unknown> {
  const { stdout } = await shop.it.succeed(["inspect", "--type=image", image]);
  return JSON.parse(stdout)[0].Config.Healthcheck;
}

beforeAll(async () => {
  await shop.it.succeed(["load", "-i", await withoutCheckInConfig()]);
});

it("an image whose config has lost its health check has that of its annotation", async () => {
  expect(await checkOf("rewritten:1")).toEqual(CHECK);
});

it.each([
  ["inherit it", "LABEL a=b", CHECK],
  ["can take it away", "HEALTHCHECK NONE", { Test: ["NONE"] }],
])("images that are built from it %s", async (name, instruction, expected) => {
  const tag = `above:${name.replaceAll(" ", "-")}`;
  await shop.it.succeed([
    "build",
    "-t",
    tag,
    shop.it.context({ Dockerfile: `FROM rewritten:1\n${instruction}\n` }),
  ]);
  expect(await checkOf(tag)).toEqual(expected);
});
