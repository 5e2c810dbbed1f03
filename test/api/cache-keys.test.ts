import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** Builds a context and gives the states of the steps whose names contain these texts. */
async function states(context: string, names: readonly string[], ...flags: string[]) {
  const { stderr } = await shop.it.succeed(["build", "--progress=plain", ...flags, context]);
  return names.map((name) => stateOf(stderr, name));
}

/** A context whose steps are built once already. */
async function built(files: Readonly<Record<string, string>>, ...flags: string[]): Promise<string> {
  const context = shop.it.context(files);
  await shop.it.succeed(["build", ...flags, context]);
  return context;
}

function write(context: string, name: string, text: string): void {
  writeFileSync(join(context, name), text);
}

describe("cache keys", () => {
  it("CK-01: other names of stages, another order of independent ones and an equal base keep every hit", async () => {
    const stage = (name: string, text: string) => `FROM busybox AS ${name}\nRUN echo ${text} > /${text}\n`;
    const end = (a: string, b: string) =>
      `FROM busybox\nCOPY --from=${a} /one /\nCOPY --from=${b} /two /\nRUN true\n`;
    await built({ Dockerfile: stage("a", "one") + stage("b", "two") + end("a", "b") });
    const context = shop.it.context({ Dockerfile: stage("x", "two") + stage("y", "one") + end("y", "x") });
    expect(
      await states(context, ["RUN echo one", "RUN echo two", "COPY --from=y", "COPY --from=x", "RUN true"]),
    ).toEqual(Array(5).fill("CACHED"));
  });

  it("CK-03, MT-09: a mount counts with what is below its source only", async () => {
    const context = await built({
      Dockerfile:
        "FROM busybox\nRUN --mount=source=src,target=/s,rw cat /s/a\nRUN --mount=source=src/a,target=/a cat /a\n",
      "src/a": "1",
      "src/b": "1",
      other: "1",
    });
    write(context, "other", "2");
    utimesSync(join(context, "src/a"), 1, 1);
    expect(await states(context, ["target=/s", "target=/a"])).toEqual(["CACHED", "CACHED"]);
    write(context, "src/b", "2");
    // The second one's parent has run again, with the same result: the chain is the same.
    expect(await states(context, ["target=/s", "target=/a"])).toEqual(["DONE", "CACHED"]);
    write(context, "src/a", "2");
    expect(await states(context, ["target=/s", "target=/a"])).toEqual(["DONE", "DONE"]);
  });

  it("CK-03: a mount from a stage counts with its content, not with how that came about", async () => {
    const Dockerfile = (how: string) =>
      `FROM busybox AS made\nRUN ${how}\nFROM busybox\nRUN --mount=from=made,source=/d,target=/m cat /m/f\n`;
    const context = await built({ Dockerfile: Dockerfile("mkdir /d && echo x > /d/f") });
    write(context, "Dockerfile", Dockerfile("echo other > /o && mkdir /d && echo x > /d/f"));
    expect(await states(context, ["echo other", "target=/m"])).toEqual(["DONE", "CACHED"]);
  });

  it.each(["bind", "cache"])("CK-03, MT-09: which %s mount a source belongs to counts", async (type) => {
    const Dockerfile = (a: string, b: string) =>
      [
        "FROM scratch AS x",
        "COPY f /f",
        "FROM busybox AS test",
        `RUN --mount=type=${type},target=/a,from=${a} --mount=type=${type},target=/b,from=${b} (echo a: $(ls /a); echo b: $(ls /b)) > /o`,
        "FROM scratch",
        "COPY --from=test /o /",
        "",
      ].join("\n");
    const context = shop.it.context({ Dockerfile: Dockerfile("x", "scratch"), f: type });
    const result = async () => {
      await shop.it.succeed(["build", "-o", join(context, "out"), context]);
      return readFileSync(join(context, "out/o"), "utf8");
    };
    expect(await result()).toBe("a: f\nb:\n");
    write(context, "Dockerfile", Dockerfile("scratch", "x"));
    expect(await result()).toBe("a:\nb: f\n");
  });

  it("CK-05: the directory itself does not count where its name ends in a slash", async () => {
    const context = await built({ Dockerfile: "FROM scratch\nCOPY d/ /slash/\nCOPY d /plain\n", "d/f": "1" });
    chmodSync(join(context, "d"), 0o700);
    expect(await states(context, ["COPY d/ /slash", "COPY d /plain"])).toEqual(["CACHED", "DONE"]);
    chmodSync(join(context, "d/f"), 0o600);
    expect(await states(context, ["COPY d/ /slash"])).toEqual(["DONE"]);
  });

  it("CK-06: a renamed match counts, a file that does not match does not", async () => {
    const context = await built({ Dockerfile: "FROM scratch\nCOPY *.txt /d/\n", "a.txt": "1", "b.txt": "2" });
    write(context, "c.md", "3");
    expect(await states(context, ["COPY"])).toEqual(["CACHED"]);
    renameSync(join(context, "b.txt"), join(context, "c.txt"));
    expect(await states(context, ["COPY"])).toEqual(["DONE"]);
    write(context, "d.txt", "4");
    expect(await states(context, ["COPY"])).toEqual(["DONE"]);
  });

  it("CK-06: no match is an input, too", async () => {
    const context = await built({ Dockerfile: "FROM scratch\nCOPY *.txt /d/\n", "a.md": "1" });
    write(context, "b.md", "2");
    expect(await states(context, ["COPY"])).toEqual(["CACHED"]);
    write(context, "a.txt", "1");
    expect(await states(context, ["COPY"])).toEqual(["DONE"]);
  });

  it("CK-08: WORKDIR counts with path, user and epoch", async () => {
    const Dockerfile = (path: string, user = "") => `FROM busybox\n${user}WORKDIR ${path}\n`;
    const context = await built({ Dockerfile: Dockerfile("/w") });
    expect(await states(context, ["WORKDIR"])).toEqual(["CACHED"]);
    expect(await states(context, ["WORKDIR"], "--build-arg=SOURCE_DATE_EPOCH=7")).toEqual(["DONE"]);
    write(context, "Dockerfile", Dockerfile("/w", "USER 5\n"));
    expect(await states(context, ["WORKDIR"])).toEqual(["DONE"]);
    write(context, "Dockerfile", Dockerfile("/x"));
    expect(await states(context, ["WORKDIR"])).toEqual(["DONE"]);
  });

  it("CK-08: a heredoc counts with name, mode and content after expansion", async () => {
    const Dockerfile = (flags: string, name: string, body: string) =>
      `FROM scratch\nARG V\nCOPY ${flags} <<${name} /d/\n${body}\n${name}\n`;
    const context = await built({ Dockerfile: Dockerfile("", "A", "$V") }, "--build-arg=V=1");
    const again = (text: string, value: string) => {
      write(context, "Dockerfile", text);
      return states(context, ["COPY"], `--build-arg=V=${value}`);
    };
    expect(await again(Dockerfile("", "A", "1"), "9")).toEqual(["CACHED"]);
    expect(await again(Dockerfile("", "A", "$V"), "2")).toEqual(["DONE"]);
    expect(await again(Dockerfile("--chmod=600", "A", "1"), "1")).toEqual(["DONE"]);
    expect(await again(Dockerfile("", "B", "1"), "1")).toEqual(["DONE"]);
  });

  it("CK-10: comments, blank lines, case, names and the order of flags never count", async () => {
    const context = await built({
      Dockerfile: [
        "FROM busybox AS base",
        "ENV A=1 B=2",
        "COPY --chown=1:2 --chmod=644 f /f",
        "WORKDIR /w",
        "RUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c,id=i --network=none echo run",
        "FROM base",
        "COPY --from=base --chown=3 /f /g",
        "",
      ].join("\n"),
      f: "1",
    });
    write(
      context,
      "Dockerfile",
      [
        "# a comment",
        "from busybox as other",
        "",
        "env A=1 \\",
        "  # another one",
        "  B=2",
        "copy --chmod=644 --chown=1:2 f /f",
        "workdir /w",
        "run --network=none --mount=target=/c,id=i,type=cache --mount=target=/t,type=tmpfs echo run",
        "from other",
        "copy --chown=3 --from=other /f /g",
        "",
      ].join("\n"),
    );
    expect(await states(context, ["COPY --chmod", "WORKDIR", "echo run", "COPY --chown=3"])).toEqual(
      Array(4).fill("CACHED"),
    );
  });
});

describe("equal steps", () => {
  it("CK-07: are run by one of two builds that begin together; where it fails, by the other one, too", async () => {
    const log = "--mount=type=cache,id=runs,target=/runs";
    const both = async (end: string) => {
      const context = shop.it.context({
        Dockerfile: `FROM busybox\nRUN ${log} echo ${end} >> /runs/log; sleep 1; ${end}\nRUN true\n`,
      });
      const builds = [1, 2].map(() => shop.it.run(["build", "--progress=plain", context]));
      return (await Promise.all(builds)).map(({ exitCode }) => exitCode);
    };
    expect(await both("true")).toEqual([0, 0]);
    expect(await both("false")).toEqual([1, 1]);
    const shown = await shop.it.build({ Dockerfile: `FROM busybox\nRUN ${log} cat /runs/log\n` });
    expect(shown.stderr.match(/\d (true|false)$/gm)).toEqual([
      expect.stringMatching(/true$/),
      expect.stringMatching(/false$/),
      expect.stringMatching(/false$/),
    ]);
  });

  it("SG-07: are run once, whatever stage they are in", async () => {
    const stage = (name: string) => `FROM busybox AS ${name}\nRUN sleep 0.3 && date +%N > /when\n`;
    const { stderr } = await shop.it.build(
      {
        Dockerfile: `${stage("a")}${stage("b")}FROM busybox\nCOPY --from=a /when /a\nCOPY --from=b /when /b\nRUN cmp /a /b\n`,
      },
      "--no-cache",
    );
    expect(stateOf(stderr, "[stage-2 4/4] RUN cmp")).toBe("DONE");
    const ends = ["[a 2/2] RUN sleep", "[b 2/2] RUN sleep"].map((name) => stateOf(stderr, name));
    expect(ends.sort()).toEqual(["CACHED", "DONE"]);
  });
});

describe("keys of RUN", () => {
  const RUN = "FROM busybox\nRUN echo run\n";

  it("RN-12, CK-02: proxies, addresses of hosts and limits of processor and memory do not count", async () => {
    const context = await built({ Dockerfile: RUN }, "--add-host=h=1.1.1.1", "--build-arg=http_proxy=a");
    const flags = ["--add-host=h=2.2.2.2", "--build-arg=HTTPS_PROXY=b"];
    expect(await states(context, ["RUN"], ...flags, "--memory=1g", "--resource=cpu-shares=512")).toEqual([
      "CACHED",
    ]);
  });

  it.each([
    ["a host's name", ["--add-host=other=1.1.1.1"]],
    ["a limit of the process", ["--ulimit=nofile=77:88"]],
    ["the size of /dev/shm", ["--shm-size=1m"]],
    ["the host name", ["--build-arg=BUILDKIT_SANDBOX_HOSTNAME=box"]],
    ["the network", ["--network=none"]],
    ["the parent of the control group", ["--cgroup-parent=slipway-test"]],
  ])("RN-12, CK-02: %s does", async (_, flags) => {
    const context = await built({ Dockerfile: RUN }, "--add-host=h=1.1.1.1");
    expect(await states(context, ["RUN"], ...flags)).toEqual(["DONE"]);
  });

  it.each([
    ["target", "type=tmpfs,target=/a", "type=tmpfs,target=/b"],
    ["type", "type=tmpfs,target=/a", "type=cache,target=/a"],
    ["access", "type=cache,target=/a", "type=cache,target=/a,ro"],
    ["size", "type=tmpfs,target=/a,size=1m", "type=tmpfs,target=/a,size=2m"],
    ["secret", "type=secret,id=a,target=/a", "type=secret,id=b,target=/a"],
    ["variable of a secret", "type=secret,id=a,env=A", "type=secret,id=a,env=B"],
    ["owner", "type=secret,id=a,uid=1", "type=secret,id=a,uid=2"],
    ["group", "type=secret,id=a,gid=1", "type=secret,id=a,gid=2"],
    ["mode", "type=secret,id=a,mode=400", "type=secret,id=a,mode=440"],
    ["source", "target=/a,source=x", "target=/a,source=y"],
    ["owner of a cache", "type=cache,target=/a,uid=1", "type=cache,target=/a,uid=2"],
  ])("MT-16: the %s of a mount counts", async (_, one, other) => {
    const Dockerfile = (mount: string) => `FROM busybox\nRUN --mount=${mount} echo run\n`;
    const context = await built({ Dockerfile: Dockerfile(one), x: "x", y: "y" });
    write(context, "Dockerfile", Dockerfile(other));
    expect(await states(context, ["RUN"])).toEqual(["DONE"]);
  });

  it("MT-10, MT-16: ids of caches that have one, and how caches are shared, do not", async () => {
    const Dockerfile = (mount: string) =>
      `FROM busybox\nRUN --mount=type=cache,target=/a,${mount} echo shared\n`;
    const context = await built({ Dockerfile: Dockerfile("id=one") });
    for (const mount of ["id=two", "id=two,sharing=locked", "sharing=locked", "sharing=private"]) {
      write(context, "Dockerfile", Dockerfile(mount));
      expect(await states(context, ["RUN"]), mount).toEqual(["CACHED"]);
    }
    write(context, "Dockerfile", Dockerfile("sharing=shared"));
    expect(await states(context, ["RUN"])).toEqual(["DONE"]);
    const namespace = "--build-arg=BUILDKIT_CACHE_MOUNT_NS=other";
    expect(await states(context, ["RUN"], namespace)).toEqual(["DONE"]);
  });

  it("MT-10: a namespace keeps caches apart", async () => {
    const context = shop.it.context({
      Dockerfile:
        "FROM busybox\nARG N\nRUN --mount=type=cache,target=/ns echo $N >> /ns/f; cat /ns/f > /log\n",
    });
    const log = async (n: number, ...flags: string[]) => {
      await shop.it.succeed(["build", "-t", "ns", `--build-arg=N=${n}`, ...flags, context]);
      return shop.it.shell("ns", "xargs < /log");
    };
    await log(1);
    expect(await log(2, "--build-arg=BUILDKIT_CACHE_MOUNT_NS=mine")).toBe("2\n");
    expect(await log(3, "--build-arg=BUILDKIT_CACHE_MOUNT_NS=mine")).toBe("2 3\n");
    expect(await log(4)).toBe("1 4\n");
  });
});

describe("what is read", () => {
  it("PO-01, DI-11: Dockerfile and ignore files are read though they are ignored, and cannot be copied", async () => {
    const context = await built({
      Dockerfile: "FROM busybox\nCOPY . /d\nRUN ls -A /d > /names\n",
      ".dockerignore": "*\n!a\n",
      a: "1",
      b: "1",
    });
    await shop.it.succeed(["build", "-t", "ignored", context]);
    expect(await shop.it.shell("ignored", "cat /names")).toBe("a\n");
    write(context, ".dockerignore", "Dockerfile\n.dockerignore\n");
    await shop.it.succeed(["build", "-t", "ignored", context]);
    expect(await shop.it.shell("ignored", "cat /names")).toBe("a\nb\n");
  });

  it("PO-01, DI-01: a Dockerfile from elsewhere brings its ignore file along", async () => {
    const context = shop.it.context({ a: "1", b: "1", ".dockerignore": "a\n" });
    const elsewhere = shop.it.context({
      "my.Dockerfile": "FROM busybox\nCOPY . /d\nRUN ls /d > /names\n",
      "my.Dockerfile.dockerignore": "b\n.dockerignore\n",
    });
    await shop.it.succeed(["build", "-t", "elsewhere", "-f", join(elsewhere, "my.Dockerfile"), context]);
    expect(await shop.it.shell("elsewhere", "cat /names")).toBe("a\n");
  });

  it("DI-02: a named context of this machine has its own ignore file", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nCOPY --from=other . /d\nRUN ls -A /d > /names\n",
      ".dockerignore": "a\n",
    });
    const other = shop.it.context({ a: "1", b: "1", ".dockerignore": "b\n" });
    await shop.it.succeed(["build", "-t", "named-ignore", "--build-context", `other=${other}`, context]);
    expect(await shop.it.shell("named-ignore", "cat /names")).toBe(".dockerignore\na\n");
  });

  it("DI-13, SG-12: what no step selects is not read, and a build does not notice that it changes", async () => {
    const files = { Dockerfile: "FROM scratch\nCOPY a /\nCOPY --from=other x /\n", a: "1", "big/b": "1" };
    const context = shop.it.context(files);
    const other = shop.it.context({ x: "1", y: "1" });
    const build = () =>
      shop.it.succeed(["build", "--progress=json", "--build-context", `other=${other}`, context]);
    await build();
    appendFileSync(join(context, "big/b"), "2");
    appendFileSync(join(other, "y"), "2");
    mkdirSync(join(context, "new"));
    const { stderr } = await build();
    const events = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === "step.miss")).toEqual([]);
  });

  it("SG-06: a stage is read as it ended, whoever goes on from it", async () => {
    const Dockerfile = [
      "FROM busybox AS a",
      "RUN echo a > /f",
      "FROM a AS b",
      "RUN echo b > /f && echo x > /only-b",
      "FROM a AS c",
      "RUN echo c >> /f",
      "FROM busybox",
      "COPY --from=a /f /a",
      "COPY --from=b /f /b",
      "COPY --from=c /f /c",
      "COPY --from=a /only-b* /d/",
      "",
    ].join("\n");
    expect((await shop.it.build({ Dockerfile }, "-t", "ends")).exitCode).toBe(0);
    expect(await shop.it.shell("ends", "cat /a /b /c; ls -d /d 2>/dev/null; true")).toBe("a\nb\na\nc\n");
  });
});
