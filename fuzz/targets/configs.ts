import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SlipwayError } from "../../src/core/errors.ts";
import { DockerCredentials } from "../../src/registry/credentials.ts";
import { readDockerConfig } from "../../src/registry/docker-config.ts";
import { parseRegistriesToml } from "../../src/registry/registries-toml.ts";
import { mutateLines } from "../engine/mutate.ts";
import { must, type Target } from "../engine/target.ts";
import { growingJson, mutateJson } from "../grammar/json.ts";
import { text, word } from "../grammar/text.ts";
import { checkShown } from "./shown-error.ts";

/** Files of the user: registries.conf. */
export const registriesConfTarget: Target = {
  name: "registries-conf",
  about: "registries.conf",
  seeds: [
    'unqualified-search-registries = ["docker.io"]\n[[registry]]\nprefix = "*.example.com"\nlocation = "a.b/c"\ninsecure = true\n[[registry.mirror]]\nlocation = "m:5000"\npull-from-mirror = "digest-only"\n',
  ].map((file) => Buffer.from(file)),
  dictionary: [
    "[[registry]]",
    "[[registry.mirror]]",
    "location = ",
    "prefix = ",
    "insecure = true",
    "blocked = ",
    '"""',
    "'''",
    "[",
    "]",
    "{",
    "}",
    "=",
    "1979-05-27T07:32:00Z",
    "inf",
    "0x",
    "\\u0000",
    "#",
  ],
  generate: (random) => Buffer.from(random.several(1, 8, () => tomlLine(random)).join("\n")),
  mutators: [mutateLines],
  run: (input) => {
    const file = Buffer.from(input).toString("utf8");
    try {
      parseRegistriesToml(file, "registries.conf");
    } catch (error) {
      if (error instanceof SlipwayError && error.code !== "INTERNAL")
        checkShown(error, new Map([["registries.conf", file]]));
      throw error;
    }
  },
};

function tomlLine(random: Parameters<Target["generate"]>[0]): string {
  return random.pick([
    "[[registry]]",
    "[[registry.mirror]]",
    "[registry]",
    `${random.pick(["location", "prefix", "insecure", "blocked", "pull-from-mirror", "mirror-by-digest-only", word(random)])} = ${random.pick(["true", '"a.b/c"', `"${word(random)}"`, "1", "[]", "{}", `'${text(random)}'`])}`,
    text(random),
  ]);
}

const CONFIGS = [
  {
    auths: { "https://index.docker.io/v1/": { auth: "dTpw" }, "x.y": { username: "u", password: "p" } },
    credHelpers: { "gcr.io": "gcloud" },
    HttpHeaders: {},
  },
  { auths: { h: { identitytoken: "t" }, a: { registrytoken: "r" } } },
];

/** Docker's config.json. */
export const dockerConfigTarget: Target = {
  name: "docker-config",
  about: "Docker's config.json and the credentials in it",
  seeds: CONFIGS.map((config) => Buffer.from(JSON.stringify(config))),
  dictionary: ["null", "{}", "[]", '"auths":', '"auth":', '"dTpw"', "credsStore"],
  generate: (random) =>
    mutateJson(Buffer.from(JSON.stringify(random.pick(CONFIGS))), {
      random,
      other: Buffer.alloc(0),
      words: [],
    }),
  grow: (random) => growingJson(random.pick(CONFIGS), random),
  mutators: [mutateJson, mutateJson, mutateJson, mutateJson],
  run: async (input) => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-fuzz-config-"));
    try {
      const file = join(folder, "config.json");
      writeFileSync(file, input);
      const { auths } = await readDockerConfig(file);
      // No PATH: a helper that the file names is not found instead of run.
      const credentials = new DockerCredentials({ configPath: file, environment: { PATH: "/nonexistent" } });
      for (const host of [...Object.keys(auths).slice(0, 5), "docker.io", "x.y"])
        await look(credentials, host);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function look(credentials: DockerCredentials, host: string): Promise<void> {
  try {
    await credentials.lookup(host, "library/x");
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
    must(!error.message.includes("dTpw"), () => "an error tells a secret");
    checkShown(error);
  }
}
