import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Members } from "../../src/container/network/members.ts";
import { currentOwner } from "../../src/store/owner.ts";
import { findTool } from "../../src/sys/process.ts";
import { useWorkshop, type Workshop } from "../api/workshop.ts";
import { temporaryFolder } from "../support/folders.ts";
import { leftBehind } from "./left-behind.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };
const PRIVATE = ["-p", "127.0.0.1::80"];

const real = (tool: string): string => findTool(tool, process.env.PATH!)!;

/** Stages of a start, in their order, and programs that fail there: scripts that take the place of those of the machine. */
const STAGES: Readonly<
  Record<string, { readonly tools: Readonly<Record<string, string>>; readonly says: RegExp }>
> = {
  "the way to the outside": { tools: { pasta: "echo no way >&2; exit 1" }, says: /no way/ },
  "the bridge, which gives an address and then fails": {
    tools: {
      nsenter: `[ "$CNI_COMMAND" != ADD ] || { ${real("nsenter")} "$@" >/dev/null; echo broken; exit 1; }; exec ${real("nsenter")} "$@"`,
    },
    says: /broken/,
  },
  "the mounts": { tools: { mount: "echo cannot mount >&2; exit 1" }, says: /cannot mount/ },
  "the runtime": {
    tools: {
      crun: `while [ "$1" != --log ]; do shift; done; echo '{"level":"error","msg":"no luck"}' >"$2"; exit 1`,
    },
    says: /no luck/,
  },
};

/** A PATH on which these programs come first. */
function pathWith(shop: Workshop, tools: Readonly<Record<string, string>>): string {
  const folder = join(shop.folder, `tools-${Object.keys(tools).join("-")}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}:${process.env.PATH}`;
}

const listed = (...path: string[]): string[] => (existsSync(join(...path)) ? readdirSync(join(...path)) : []);

/** What a start that failed may not leave, besides processes and mounts. */
function filesLeft(home: string): string[] {
  const containers = listed(home, "containers").filter((name) => /^[0-9a-f]{64}$/.test(name));
  const network = join(home, "networks/private");
  return [
    ...containers.filter((id) => existsSync(join(home, "containers", id, "run"))).map((id) => `${id}/run`),
    ...listed(network, "leases/private").filter((name) => /^\d+\./.test(name)),
    ...listed(network, "members"),
    ...listed(home, "locks").filter((name) => name.startsWith("container-")),
    ...listed(home, "tmp").filter((name) => name !== "partial"),
  ];
}

async function expectNothingLeft(home: string): Promise<void> {
  await expect.poll(() => leftBehind(home, []), { timeout: 30_000 }).toEqual([]);
  expect(filesLeft(home)).toEqual([]);
}

describe.each(Object.entries(shops))("a start that fails leaves nothing, for %s", (_, shop) => {
  it.each(Object.entries(STAGES))("at %s", async (_stage, { tools, says }) => {
    const env = { PATH: pathWith(shop.it, tools), STORE: shop.it.home };
    const mode = shop === shops.root ? "--rm" : "-d";
    const flags = [mode, "--name", "fails", "-e", "STORE", ...PRIVATE];
    const end = await shop.it.run(["run", ...flags, "busybox", "sleep", "1000"], { env });
    expect(end).toMatchObject({ exitCode: 125, stderr: expect.stringMatching(says) });
    await expectNothingLeft(shop.it.home);
    if (mode === "-d") await shop.it.succeed(["rm", "fails"]);
    expect((await shop.it.succeed(["ps", "-aq"])).stdout).toBe("");
  });

  it("at names that another container cannot be told", async () => {
    const members = join(shop.it.home, "networks/private/members");
    const args = ["run", "--name", "fails", ...PRIVATE, "busybox", "true"];
    // The bridge is new, and forgets its members, where nobody else is on it.
    await shop.it.succeed([
      "run",
      "-d",
      "--name",
      "stays",
      "--network",
      "private",
      "busybox",
      "sleep",
      "1000",
    ]);
    const before = filesLeft(shop.it.home).filter((name) => /^\d+\./.test(name));
    const bad = {
      id: "bad",
      address: "10.0.0.1",
      names: ["bad"],
      owner: currentOwner(),
      hosts: members,
      text: "",
    };
    writeFileSync(join(members, "bad"), JSON.stringify(bad));
    expect(await shop.it.run(args)).toMatchObject({ exitCode: 125 });
    rmSync(join(members, "bad"));
    expect(filesLeft(shop.it.home).filter((name) => /^\d+\./.test(name))).toEqual(before);
    expect(readdirSync(members)).toHaveLength(1);
    await shop.it.succeed(["rm", "-f", "stays", "fails"]);
    await expectNothingLeft(shop.it.home);
  });

  it("at the user and at a mount whose source has gone", async () => {
    const source = join(shop.it.folder, "goes");
    mkdirSync(source, { recursive: true });
    const mount = ["--mount", `type=bind,source=${source},target=/x`];
    await shop.it.succeed(["create", "--name", "mount", ...PRIVATE, ...mount, "busybox", "true"]);
    await shop.it.succeed(["create", "--name", "user", ...PRIVATE, "-u", "nosuch", "busybox", "true"]);
    rmSync(source, { recursive: true });
    for (const name of ["mount", "user"]) expect((await shop.it.run(["start", name])).exitCode).not.toBe(0);
    await expectNothingLeft(shop.it.home);
    await shop.it.succeed(["rm", "mount", "user"]);
  });
});

describe("members of a network", () => {
  it("are told the names of others even where one of them cannot be", () => {
    const folder = temporaryFolder();
    const members = new Members(join(folder, "members"));
    const hosts = join(folder, "hosts");
    writeFileSync(hosts, "");
    const member = { address: "10.0.0.1", owner: currentOwner(), text: "own\n" };
    members.add({ ...member, id: "1", names: ["one"], hosts: folder });
    members.add({ ...member, id: "2", names: ["two"], hosts });
    expect(() => members.tellNames()).toThrow();
    expect(readFileSync(hosts, "utf8")).toBe("own\n10.0.0.1\tone\n10.0.0.1\ttwo\n");
  });
});
