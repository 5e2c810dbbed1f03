// The bases of the cases: a minimal Debian from a package mirror, and what is built upon it by conformance/real/bases/.
import { join } from "node:path";
import { REAL, readBases } from "./case-file.mjs";
import { npmFlags } from "./npm-settings.mjs";
import { Slipway } from "./slipway.mjs";

/** Makes the bases that `cases` name, and those that these stand on; `onMade` is told name and seconds of each. */
export async function makeBases(cases, { home, folder, onMade }) {
  const slipway = new Slipway(home, join(REAL, "bases"));
  const bases = readBases();
  const wanted = new Set(cases.flatMap((subject) => subject.bases));
  for (const name of wanted)
    if (!bases[name]) throw new Error(`no base ${name} in conformance/real/bases/bases.json`);
  for (const [name, base] of Object.entries(bases)) {
    const isRoot = base.bootstrap !== undefined;
    if (!isRoot && !wanted.has(name)) continue;
    if (isRoot && (await slipway.run(["inspect", name])).code === 0) continue;
    const { seconds } = await slipway.succeed(isRoot ? bootstrap(name, base) : build(name, base, folder));
    onMade(name, seconds);
  }
}

function bootstrap(name, { bootstrap, include }) {
  return ["bootstrap", bootstrap, "-t", name, "--include", include.join(",")];
}

function build(name, { build, needs = [] }, folder) {
  const npm = needs.includes("npm") ? npmFlags(folder).args : [];
  return ["build", "--progress=plain", "-t", name, ...npm, build];
}
