// How the caller's npm reaches its registry, for builds that use npm: as build argument and as secrets.
import { spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Flags for `build`. Only the registry, its authorities and the proxies are passed on, no credentials. */
export function npmFlags(folder) {
  const registry = setting("registry");
  const cafile = setting("cafile");
  const lines = [
    `registry=${registry}`,
    ...["proxy", "https-proxy", "noproxy"].flatMap((name) =>
      setting(name) ? [`${name}=${setting(name)}`] : [],
    ),
    ...(cafile ? ["cafile=/run/secrets/npm-ca"] : []),
    "update-notifier=false",
  ];
  // Copies, since a builder may run where the caller's files are not to be seen.
  const [npmrc, authorities] = [join(folder, "npmrc"), join(folder, "npm-ca")];
  if (cafile) copyFileSync(cafile, authorities);
  writeFileSync(npmrc, `${lines.join("\n")}\n`);
  return {
    secrets: [
      "--secret",
      `id=npmrc,src=${npmrc}`,
      ...(cafile ? ["--secret", `id=npm-ca,src=${authorities}`] : []),
    ],
    args: ["--build-arg", `NPM_REGISTRY=${registry}`],
  };
}

function setting(name) {
  const { stdout, status } = spawnSync("npm", ["config", "get", name], { encoding: "utf8" });
  const value = status === 0 ? stdout.trim() : "";
  return ["", "null", "undefined"].includes(value) ? undefined : value;
}
