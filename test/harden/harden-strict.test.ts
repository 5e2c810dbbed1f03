import { beforeAll, describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { writeArchive } from "../layer/archives.ts";
import { buildImage, fileEntry, folderEntry, modesOf } from "./images.ts";

const shop = useWorkshop();
const SCRIPTS = {
  "opt/ping": "#!/opt/pong\n",
  "opt/pong": "#! /opt/ping\n",
  "opt/self": "#!/opt/self\n",
  "opt/split": "#!/usr/bin/env -S sh -eu\nexec serve\n",
  "opt/start": "#!/usr/bin/env sh\nexec serve\n",
};

/** Programs in the folders for them, as a Debian with merged folders has them. */
function programs(): Buffer {
  const link = (path: string, linkTarget: string) => ({
    ...fileEntry(path),
    type: "symlink" as const,
    linkTarget,
  });
  const entries = [
    link("bin", "usr/bin"),
    folderEntry("opt"),
    ...Object.keys(SCRIPTS).map((path) => fileEntry(path)),
    folderEntry("usr"),
    folderEntry("usr/bin"),
    fileEntry("usr/bin/apt-cache"),
    fileEntry("usr/bin/dash"),
    fileEntry("usr/bin/dpkg"),
    fileEntry("usr/bin/dpkg-too", { hardLink: "usr/bin/dpkg" }),
    fileEntry("usr/bin/env"),
    fileEntry("usr/bin/launch"),
    fileEntry("usr/bin/nice"),
    link("usr/bin/posix", "sh"),
    fileEntry("usr/bin/serve"),
    link("usr/bin/sh", "dash"),
    fileEntry("usr/bin/sudo", { mode: 0o4755 }),
    fileEntry("usr/bin/tini"),
  ];
  const bytes = Object.entries(SCRIPTS).map(([path, text]) => [path, Buffer.from(text)] as const);
  return writeArchive(entries, Object.fromEntries(bytes));
}

beforeAll(async () => {
  await shop.it.succeed(["import", "-", "programs"], { input: programs() });
});

const HEALTHY = 'HEALTHCHECK CMD ["serve", "--check"]\n';
const build = (Dockerfile: string, ...flags: string[]) =>
  buildImage(shop.it, shop.it.context({ Dockerfile }), "--harden=strict", ...flags);
const refusal = async (Dockerfile: string, ...flags: string[]) =>
  (await shop.it.run(["build", "--harden=strict", ...flags, shop.it.context({ Dockerfile })])).stderr;

describe("build --harden=strict", () => {
  it("deletes shells, package managers and what lends rights, with other names of these and links to them", async () => {
    const image = await build(`FROM programs\nUSER 5\nCMD ["serve"]\n${HEALTHY}`);
    expect(modesOf(image.layers[1]!)).toEqual([
      "usr/bin/.wh.apt-cache 0000",
      "usr/bin/.wh.dash 0000",
      "usr/bin/.wh.dpkg 0000",
      "usr/bin/.wh.dpkg-too 0000",
      "usr/bin/.wh.posix 0000",
      "usr/bin/.wh.sh 0000",
      "usr/bin/.wh.sudo 0000",
    ]);
    expect(image.report[0]!.changes.find(({ path }) => path === "/usr/bin/posix")).toMatchObject({
      action: "remove",
      what: "another name of dash",
    });
  });

  it("keeps a shell that is named, by the name and what it stands for", async () => {
    const image = await build(`FROM programs\nUSER 5\nCMD serve\n${HEALTHY}`, "--harden-keep=/bin/sh");
    const removed = modesOf(image.layers[1]!).join("\n");
    expect(removed).not.toMatch(/\.wh\.(?:sh|dash|posix) /);
    expect(removed).toContain("usr/bin/.wh.dpkg ");
    expect(
      image.report[0]!.changes.filter(({ action }) => action === "keep").map(({ path }) => path),
    ).toEqual(["/usr/bin/dash", "/usr/bin/sh"]);
  });

  it.each([
    ["a command in shell form", "CMD serve", "CMD needs /usr/bin/dash"],
    ["a shell as the command", 'CMD ["sh"]', "CMD needs /usr/bin/dash"],
    ["a start script", 'ENTRYPOINT ["/opt/start"]', "ENTRYPOINT (/opt/start) needs /usr/bin/dash"],
    ["what env splits", 'CMD ["/opt/split"]', "CMD (/opt/split) needs /usr/bin/dash"],
    [
      "a start script behind an init",
      'ENTRYPOINT ["tini", "-p", "KILL", "--"]\nCMD ["/opt/start"]',
      "CMD (/opt/start) needs /usr/bin/dash",
    ],
    [
      "a shell behind wrappers",
      'ENTRYPOINT ["nice", "-n", "5", "env", "A=b", "sh"]',
      "ENTRYPOINT needs /usr/bin/dash",
    ],
    [
      "a script that a program that nobody knows is told",
      'CMD ["launch", "/opt/start"]',
      "CMD (/opt/start) needs /usr/bin/dash",
    ],
    [
      "a health check behind a wrapper",
      'CMD ["serve"]\nHEALTHCHECK CMD ["nice", "/opt/split"]',
      "HEALTHCHECK (/opt/split) needs /usr/bin/dash",
    ],
    [
      "a health check in shell form",
      'CMD ["serve"]\nHEALTHCHECK CMD serve',
      "HEALTHCHECK needs /usr/bin/dash",
    ],
  ])("refuses %s, and says what needs what", async (_, lines, told) => {
    expect(await refusal(`FROM programs\n${lines}\n`)).toContain(told);
  });

  it.each(["self", "ping"])(
    "comes to an end with scripts that are their own interpreters (%s)",
    async (name) => {
      const image = await build(`FROM programs\nUSER 5\nENTRYPOINT ["/opt/${name}"]\n${HEALTHY}`);
      expect(modesOf(image.layers[1]!)).toContain("usr/bin/.wh.dash 0000");
    },
  );

  it("takes BusyBox for a shell: its links go, too, and what stays still starts", async () => {
    const Dockerfile =
      'FROM busybox\nRUN mkdir /opt && cp /bin/busybox /opt/busybox && ln -sf /opt/busybox /bin/echo\nENTRYPOINT ["/opt/busybox", "echo", "up"]\n';
    const context = shop.it.context({
      Dockerfile: `${Dockerfile}HEALTHCHECK CMD ["/opt/busybox", "true"]\n`,
    });
    await shop.it.succeed(["build", "-t", "bare", "--harden=strict", context]);
    expect((await shop.it.succeed(["run", "--rm", "bare"])).stdout).toBe("up\n");
    const left = await shop.it.succeed(["run", "--rm", "--entrypoint", "/opt/busybox", "bare", "ls", "/bin"]);
    expect(left.stdout).toBe("echo\n");
    expect((await shop.it.run(["run", "--rm", "--entrypoint", "/bin/sh", "bare"])).exitCode).toBe(127);
  });
});
