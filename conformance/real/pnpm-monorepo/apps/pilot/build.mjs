import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

mkdirSync("dist", { recursive: true });
writeFileSync("dist/main.mjs", readFileSync("main.mjs", "utf8").replace("@VERSION@", process.version.split(".")[0]));
