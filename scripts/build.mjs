#!/usr/bin/env node
// Makes dist/ from src/: the command, the library, the worker, and the library's type declarations.
//
//   node scripts/build.mjs            JavaScript and declarations
//   node scripts/build.mjs --js       JavaScript only (well under a second)
//   node scripts/build.mjs --release  from an empty dist/, and type errors are fatal (what `npm pack` runs)
//
// The command is one CommonJS file (program.js), which cli.js, namespace.js and monitor.js load with a compile cache; CommonJS starts faster
// than modules do, and Node 20 caches nothing of its own. The library is modules, so that an importer loads only what it
// uses. Files are renamed into place, so that a command that starts during a build never reads half a file. All of them lie
// beside each other: `new URL("./worker.js", import.meta.url)` finds the worker from any of them.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".built");
const ONE_HOUR = 3_600_000;

/** CommonJS packages in an ESM bundle expect these names. */
const COMMONJS_NAMES = [
  `import { createRequire as __createRequire } from "node:module";`,
  `import { fileURLToPath as __fileURLToPath } from "node:url";`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __fileURLToPath(import.meta.url);`,
  `const __dirname = __fileURLToPath(new URL(".", import.meta.url));`,
].join(" ");

const COMMON = {
  absWorkingDir: ROOT,
  outdir: DIST,
  bundle: true,
  write: false,
  platform: "node",
  target: "node20",
  external: ["koffi", "lmdb"],
  legalComments: "eof",
  logLevel: "silent",
};

/** The parts of the HTTP client that are used, in the place of the whole. */
const HTTP_CLIENT = join(ROOT, "scripts/http-client.cjs");
const USED_PARTS = {
  name: "used-parts",
  setup: (build) => build.onResolve({ filter: /^undici$/ }, () => ({ path: HTTP_CLIENT })),
};

/** The library: modules, in chunks. */
const MODULES = {
  ...COMMON,
  entryPoints: { index: "src/index.ts" },
  splitting: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunk-[name]-[hash]",
  banner: { js: COMMONJS_NAMES },
  plugins: [USED_PARTS],
};

/** Programs: one CommonJS file each. What they import at need is evaluated at need, all the same. */
const SCRIPTS = {
  ...COMMON,
  format: "cjs",
  // Code from the compile cache cannot import by itself.
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "__moduleUrl" },
  banner: { js: `const __moduleUrl = require("node:url").pathToFileURL(__filename).href;` },
};

/** Most commands do without the HTTP client. */
const OWN_FILE = {
  name: "own-file",
  setup: (build) => build.onResolve({ filter: /^undici$/ }, () => ({ path: "./undici.js", external: true })),
};

/** Parts of Node that take time to load, and that a command with nothing to do has no use for. */
const AT_NEED = ["child_process", "net", "perf_hooks", "tls", "worker_threads"];

/** Loads them when one of their names is used, not when the file that imports them is. */
const BUILTINS_AT_NEED = {
  name: "builtins-at-need",
  setup: (build) => {
    const filter = new RegExp(`^node:(${AT_NEED.join("|")})$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: "at-need" }));
    build.onLoad({ filter: /./, namespace: "at-need" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).filter((name) => /^[A-Za-z_]\w*$/.test(name));
      const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
      const module = JSON.stringify(path);
      const contents = `const load = () => process.getBuiltinModule(${module}); module.exports = { ${getters.join(", ")} };`;
      return { contents, loader: "js" };
    });
  },
};

/** @returns {Promise<string[]>} names of the files written to dist/ */
export async function buildJavaScript() {
  mkdirSync(DIST, { recursive: true });
  const started = Date.now();
  const bundles = await Promise.all([
    bundle(MODULES),
    bundle({ ...SCRIPTS, entryPoints: { worker: "src/layer/worker.ts" } }),
    bundle({ ...SCRIPTS, entryPoints: { undici: HTTP_CLIENT } }),
    bundle({
      ...SCRIPTS,
      entryPoints: { program: "src/cli/program-parts.ts" },
      plugins: [OWN_FILE, BUILTINS_AT_NEED],
    }),
  ]);
  const files = [...bundles.flat(), ...(await launchers(bundles.at(-1)[0].text))];
  files.push({ name: "package.json", text: '{ "type": "commonjs" }\n' });
  for (const { name, text } of files) replaceFile(name, text);
  const written = [...files.map(({ name }) => name), ...copyWasm()];
  removeOldChunks(written);
  writeFileSync(STAMP, "");
  utimesSync(STAMP, started / 1000, started / 1000);
  return written;
}

/** The programs that people start: they know which program they load. */
async function launchers(program) {
  const id = createHash("sha256").update(program).digest("hex").slice(0, 16);
  const launcher = async (part) => {
    const define = { ...SCRIPTS.define, PART: JSON.stringify(part), PROGRAM_ID: JSON.stringify(id) };
    const options = { ...SCRIPTS, banner: {}, entryPoints: { [part]: "src/cli/launch.ts" }, define };
    return bundle(options);
  };
  return (await Promise.all(["cli", "namespace", "monitor"].map(launcher))).flat();
}

/** Builds where a source is newer than the last build. Tells whether it had to. */
export async function buildIfStale() {
  const built = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
  const inputs = ["package-lock.json", "scripts/build.mjs"].map((name) => join(ROOT, name));
  const newest = Math.max(
    newestIn(join(ROOT, "src")),
    ...inputs.filter((file) => existsSync(file)).map((file) => statSync(file).mtimeMs),
  );
  if (newest <= built) return false;
  await buildJavaScript();
  return true;
}

/** @returns {Promise<{ name: string, text: string }[]>} */
async function bundle(options) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build(options);
  return outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
}

/** The zstd compressor's WebAssembly is read from beside the code that uses it. */
function copyWasm() {
  const source = join(ROOT, "node_modules/@bokuweb/zstd-wasm/dist/esm/zstd.wasm");
  if (!existsSync(source)) return [];
  const temporary = join(DIST, `.zstd.wasm.${process.pid}`);
  copyFileSync(source, temporary);
  chmodSync(temporary, 0o644);
  renameSync(temporary, join(DIST, "zstd.wasm"));
  return ["zstd.wasm"];
}

/**
 * A shell reads the second line, JavaScript only a string and a comment. Node 20 looks for its own `--env-file` among all words, also
 * those behind the program, and even takes NODE_OPTIONS from that file; behind `--` it does not. `env -S` is not everywhere.
 */
const COMMAND_HEAD = `#!/bin/sh\n':' //; exec node -- "$0" "$@"\n`;

function replaceFile(name, text) {
  const isCommand = name === "cli.js";
  const temporary = join(DIST, `.${name}.${process.pid}`);
  writeFileSync(temporary, isCommand ? `${COMMAND_HEAD}${text}` : text);
  chmodSync(temporary, isCommand ? 0o755 : 0o644);
  renameSync(temporary, join(DIST, name));
}

/** A process that started from the last build may still load its chunks, so they go an hour later. */
function removeOldChunks(current) {
  for (const name of readdirSync(DIST)) {
    if (!name.startsWith("chunk-") || current.includes(name)) continue;
    const file = join(DIST, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > ONE_HOUR) rmSync(file, { force: true });
  }
}

function newestIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .reduce((newest, entry) => {
      const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
      return Math.max(newest, found?.mtimeMs ?? 0);
    }, statSync(folder).mtimeMs);
}

/** Emits dist/types from src/index.ts; tells whether the types were sound. */
function buildDeclarations() {
  if (!existsSync(join(ROOT, "src/index.ts"))) return true;
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const run = spawnSync(process.execPath, [compiler, "-p", "scripts/tsconfig.types.json"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return run.status === 0;
}

async function main(flags) {
  if (flags.includes("--release")) rmSync(DIST, { recursive: true, force: true });
  const before = Date.now();
  const written = await buildJavaScript();
  process.stdout.write(`dist: ${written.length} files in ${Date.now() - before} ms\n`);
  if (flags.includes("--js")) return 0;
  const sound = buildDeclarations();
  return sound || !flags.includes("--release") ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      process.stderr.write(`build failed: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
