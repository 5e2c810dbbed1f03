import type { Builder } from "./builder.ts";
import { observe } from "./observe.ts";

/** The built command of this checkout, with a store of the run's own. */
export function slipway(cli: string, home: string): Builder {
  return {
    name: "slipway",
    build: (task) =>
      observe(
        {
          name: "slipway",
          command: [process.execPath, cli, "build"],
          env: { SLIPWAY_HOME: home, CONTAINERS_REGISTRIES_CONF: "/dev/null", DOCKER_CONFIG: home },
          causeOf,
        },
        task,
      ),
  };
}

/** The message and its causes, one a line, without the code and the hint. */
function causeOf(stderr: string): string {
  const lines = stderr.trimEnd().split("\n");
  const start = lines.findLastIndex((line) => line.startsWith("ERROR: "));
  if (start < 0) return stderr.trim();
  return lines
    .slice(start)
    .filter((line) => !line.startsWith("  hint: "))
    .map((line) =>
      line
        .replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?|^ {2}(?:because: )?/, "")
        .replace(/ \([A-Z_]+\)$/, ""),
    )
    .join("\n");
}
