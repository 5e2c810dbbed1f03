import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findTool } from "../../src/sys/find-tool.ts";
import { hasTool } from "../support/tools.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** Limits that are below any machine's own, and no network. */
const RUN = ["run", "--rm", "--ulimit=nofile=256:256", "--ulimit=nproc=4096:4096", "--network=none"];

/** Why podman cannot run even an image that it made itself; undefined where it can. */
function reasonAgainst(): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  const missing = ["podman", "runc"].filter((tool) => !hasTool(tool));
  if (missing.length > 0) return `${missing.join(", ")} is missing`;
  try {
    const root = join(shop.it.folder, "podman-base");
    mkdirSync(join(root, "bin"), { recursive: true });
    copyFileSync(findTool("busybox", process.env.PATH ?? "")!, join(root, "bin/busybox"));
    execFileSync("tar", ["-C", root, "-cf", `${root}.tar`, "."]);
    podman("import", `${root}.tar`, "probe");
    podman(...RUN, "probe", "/bin/busybox", "true");
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function podman(...args: readonly string[]): string {
  const at = (name: string): string => join(shop.it.folder, "podman", name);
  const storage = ["--root", at("root"), "--runroot", at("run"), "--tmpdir", at("tmp")];
  const options = [
    ...storage,
    "--storage-driver=vfs",
    "--events-backend=file",
    "--cgroup-manager=cgroupfs",
    "--runtime=runc",
  ];
  return execFileSync("podman", [...options, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

it("XP-02: podman loads an OCI archive and runs what is in it", async () => {
  const reason = reasonAgainst();
  if (reason) return console.warn(`no comparison with podman: ${reason}`);
  const context = shop.it.context({
    Dockerfile: `FROM busybox
RUN echo one > /f && chown 5:6 /f && chmod 640 /f && ln /f /g && ln -s f /l && rm /bin/wget
COPY --chown=7:8 a /d/
ENV GREETING="hello there"
WORKDIR /d
USER 7:8
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo $GREETING; pwd; id -u; stat -c '%n %u:%g %a %h' /f /g a; readlink /l; test -e /bin/wget || echo gone"]
`,
    a: "content\n",
  });
  const file = join(shop.it.folder, "oci.tar");
  await shop.it.succeed(["build", "-t", "ship:1", "-o", `type=oci,dest=${file}`, context]);
  await shop.it.succeed(["build", "-t", "ship:1", context]);
  podman("load", "-i", file);
  const ours = await shop.it.succeed(["run", "--rm", "--network=none", "ship:1"]);
  expect(podman(...RUN, "docker.io/library/ship:1")).toBe(ours.stdout);
  expect(ours.stdout).toBe("hello there\n/d\n7\n/f 5:6 640 2\n/g 5:6 640 2\na 7:8 644 1\nf\ngone\n");
});
