// What a case of conformance/real/ is: conformance/real/README.md has the meaning of every member.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../setup.mjs";

export const REAL = join(ROOT, "conformance/real");

/** The cases by name; `only` limits them to these names, of which each has to exist. */
export function readCases(only = []) {
  const names = readdirSync(REAL).filter((name) => existsSync(join(REAL, name, "case.json")));
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(", ")} in conformance/real; there are ${names.join(", ")}`);
  return names.filter((name) => only.length === 0 || only.includes(name)).map(readCase);
}

function readCase(name) {
  const folder = join(REAL, name);
  const text = readFileSync(join(folder, "case.json"), "utf8");
  const { builds = [{}], needs = [], ...rest } = JSON.parse(text);
  return { name, folder, needs, builds: builds.map((build) => readBuild(name, build)), ...rest };
}

/** Every build has an image name of its own. */
function readBuild(name, { tag, context = ".", flags = [], env = {}, fails, image = true }) {
  return { image: imageName(name, tag), keepsImage: image && !fails, context, flags, env, fails };
}

export function imageName(name, tag = "latest") {
  return `real/${name}:${tag}`;
}

/** The bases that are made here, by image name, each after those that it is made from. */
export function readBases() {
  return JSON.parse(readFileSync(join(REAL, "bases/bases.json"), "utf8"));
}

/** `${NAME}` in texts of a case, at any depth, from `values`. A name that is not among them stays, since Dockerfiles have such texts. */
export function fillIn(value, values) {
  if (typeof value === "string")
    return value.replace(/\$\{([A-Z][A-Z0-9_]*(?::\w+)?)\}/g, (whole, name) => values[name] ?? whole);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, values));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, values)]));
}
