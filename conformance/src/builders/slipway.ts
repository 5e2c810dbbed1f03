import type { Builder, Task } from "./builder.ts";
import { observe } from "./observe.ts";

/** The built command of this checkout, with a store of the run's own. */
export function slipway(cli: string, home: string): Builder {
  return {
    name: "slipway",
    build: (task) =>
      observe(
        {
          name: "slipway",
          command: [process.execPath, "--", cli, "build", ...leaksAllowed(task)],
          env: { SLIPWAY_HOME: home, CONTAINERS_REGISTRIES_CONF: "/dev/null", DOCKER_CONFIG: home },
          causeOf,
        },
        task,
      ),
  };
}

/** Cases show what a secret is by writing it into the image, which Slipway alone refuses (SL-SECRETS). */
function leaksAllowed({ spec }: Task): readonly string[] {
  const { args = [] } = spec;
  const specs = args.flatMap((word, i) =>
    args[i - 1] === "--secret" ? [word] : (/^--secret=(.*)/s.exec(word)?.[1] ?? []),
  );
  const ids = specs.flatMap((text) => /(?:^|,)id=([^,]+)/.exec(text)?.[1] ?? []);
  return ids.flatMap((id) => ["--allow-secret-leak", id]);
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
