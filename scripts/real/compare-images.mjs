// Two images that were built from the same Dockerfile at different times: what of them has to be equal, and is not.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { build } from "esbuild";
import { ROOT } from "../setup.mjs";

/** Content that says when, or by which run, it was made. Paths are compared all the same. */
const VOLATILE = [
  /^var\/(log|cache)\//,
  /^var\/lib\/(apt|dpkg|systemd|ucf|postgresql)\//,
  /^etc\/(passwd-|group-|shadow-?|gshadow-?|subuid-?|subgid-?|ld\.so\.cache|machine-id)$/,
  /\.(jar|jsa|phar|pyc)$/,
  /^root\/\.|^tmp\//,
  /(^|\/)(\.ninja_(deps|log)|CTestCostData\.txt)$|\.log$/,
];
/** What docs/compatibility.md explains: BK-STUBS and BK-GITDIR. */
const DOCUMENTED = [/^(dev|proc|sys)\/$/, /(^|\/)\.git\//];

/** Lines about members of the config, history, the number of layers, and every path's type, mode, owner, target and content. */
export async function compareImages({ buildkit, slipway }) {
  const { readLayout } = await suite();
  const context = { started: Date.now() / 1000, known: new Set() };
  const [theirs, ours] = [readLayout(buildkit, context), readLayout(slipway, context)];
  if (theirs.length !== ours.length)
    return [`number of images: BuildKit ${theirs.length}, slipway ${ours.length}`];
  return theirs.flatMap((image, at) => compareImage(image, ours[at]));
}

function compareImage(theirs, ours) {
  const where = theirs.platform;
  const layers = theirs.layers.flatMap((layer, at) =>
    compareLayer(`${where} layer ${at}`, layer, ours.layers[at]),
  );
  return [
    ...compareValues(`${where} config`, theirs.config, ours.config),
    ...compareValues(`${where} history`, theirs.history, ours.history),
    ...compareValues(`${where} layers`, theirs.layers.length, ours.layers.length),
    ...layers,
  ];
}

function compareValues(where, theirs, ours) {
  if (isDeepStrictEqual(theirs, ours)) return [];
  if (isObject(theirs) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    return keys.flatMap((key) => compareValues(`${where}.${key}`, theirs[key], ours[key]));
  }
  return [`${where}: BuildKit ${JSON.stringify(theirs)}, slipway ${JSON.stringify(ours)}`];
}

function isObject(value) {
  return value !== null && typeof value === "object";
}

function compareLayer(where, theirs, ours) {
  if (!ours || theirs.diffId === ours.diffId) return [];
  const [left, right] = [theirs, ours].map(
    ({ entries }) => new Map(entries.map((entry) => [entry.path, entry])),
  );
  const all = [...new Set([...left.keys(), ...right.keys()])].sort();
  const paths = all.filter((path) => !DOCUMENTED.some((pattern) => pattern.test(path)));
  return paths.flatMap((path) =>
    compareValues(`${where} ${path}`, seen(left.get(path)), seen(right.get(path))),
  );
}

/** Of hard links it depends on the order which path is the file. */
function seen(entry) {
  if (!entry) return undefined;
  const { path, type, mode, uid, gid, target, sha256 } = entry;
  const content = type === "file" && !VOLATILE.some((pattern) => pattern.test(path)) ? { sha256 } : {};
  return {
    type,
    mode: mode.toString(8),
    owner: `${uid}:${gid}`,
    ...(target === undefined ? {} : { target }),
    ...content,
  };
}

/** The readers of the differential suite, which is written in TypeScript. */
let loaded;
function suite() {
  loaded ??= loadSuite();
  return loaded;
}

async function loadSuite() {
  const file = join(ROOT, "node_modules/.cache/slipway-conformance", `layouts-${process.pid}.mjs`);
  mkdirSync(join(file, ".."), { recursive: true });
  process.once("exit", () => rmSync(file, { force: true }));
  await build({
    entryPoints: [join(ROOT, "conformance/src/observe/oci-layout.ts")],
    outfile: file,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  return import(pathToFileURL(file).href);
}
