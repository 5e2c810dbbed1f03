import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

describe("RUN --mount", () => {
  it("MT-04, MT-09: bind shows the context without ignored files; writes are discarded and never reach the host", async () => {
    const built = await shop.it.build(
      {
        Dockerfile:
          "FROM busybox\nRUN --mount=target=/ctx,rw ls /ctx > /names && touch /ctx/new && rm /ctx/a\nRUN --mount=target=/ctx cat /ctx/a > /a\nRUN --mount=target=/ctx ! touch /ctx/x\n",
        ".dockerignore": "secret\n",
        a: "1\n",
        secret: "no",
      },
      "-t",
      "bind",
    );
    expect(built.exitCode).toBe(0);
    expect(await shop.it.shell("bind", "cat /names /a; ls -d /ctx 2>&1; true")).toBe(
      "Dockerfile\na\n1\nls: /ctx: No such file or directory\n",
    );
    const { readdirSync } = await import("node:fs");
    expect(readdirSync(built.context).sort()).toEqual([".dockerignore", "Dockerfile", "a", "secret"]);
  });

  it("CP-10: bind shows a socket of the context as an empty file", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nRUN --mount=target=/m,source=app stat -c '%F %n' /m/* > /kinds\n",
      "app/a": "1\n",
    });
    const server = createServer();
    await new Promise<void>((ready) => server.listen(join(context, "app/s.sock"), ready));
    try {
      await shop.it.succeed(["build", "-t", "sockets", context]);
    } finally {
      server.close();
    }
    expect(await shop.it.shell("sockets", "cat /kinds")).toBe(
      "regular file /m/a\nregular empty file /m/s.sock\n",
    );
  });

  it("MT-07: bind from a stage and from an image", async () => {
    const Dockerfile =
      "FROM busybox AS made\nRUN mkdir /d && echo s > /d/f\nFROM busybox\nRUN --mount=from=made,source=/d,target=/m cp /m/f /f\nRUN --mount=from=busybox,source=/etc/passwd,target=/p cp /p /q\n";
    expect((await shop.it.build({ Dockerfile }, "-t", "binds")).exitCode).toBe(0);
    expect(await shop.it.shell("binds", "cat /f; head -1 /q | cut -d: -f1")).toBe("s\nroot\n");
  });

  it("CVE-2024-1753: a link in a mount's source stays inside what it comes from", async () => {
    const Dockerfile =
      "FROM busybox AS evil\nRUN ln -s / /link && ln -s ../../../.. /up\nFROM busybox\nRUN --mount=from=evil,source=/link,target=/m ls /m > /names; ls /m/etc/passwd\nRUN --mount=from=evil,source=/up,target=/m test -e /m/link\n";
    const built = await shop.it.build({ Dockerfile }, "-t", "confined");
    expect(built.exitCode).toBe(0);
    // The host has folders that the image lacks.
    expect(await shop.it.shell("confined", "cat /names")).not.toMatch(/^(boot|lib64|srv)$/m);
  });

  it("MT-04, RN-09: a tmpfs may be read-only; what a step mounts hides the builder's own files", async () => {
    const Dockerfile =
      "FROM busybox\nRUN --mount=type=tmpfs,target=/t,ro ! touch /t/x\nRUN --mount=target=/etc,source=d ls /etc > /out\nRUN --mount=target=/etc/hosts,source=d/only cat /etc/hosts >> /out\n";
    expect((await shop.it.build({ Dockerfile, "d/only": "mine\n" }, "-t", "over")).exitCode).toBe(0);
    expect(await shop.it.shell("over", "cat /out")).toBe("only\nmine\n");
  });

  it("RN-02: a script lies where nothing can be put beside it, and leaves nothing behind", async () => {
    const Dockerfile =
      "FROM busybox\nRUN <<one\n#!/bin/sh\necho $0 > /out\ntouch /dev/pipes/two || ls /dev/pipes >> /out\none\n";
    expect((await shop.it.build({ Dockerfile }, "-t", "script")).exitCode).toBe(0);
    expect(await shop.it.shell("script", "cat /out; ls -d /dev/pipes 2>&1; true")).toBe(
      "/dev/pipes/one\none\nls: /dev/pipes: No such file or directory\n",
    );
  });

  it("MT-10: a cache keeps its content from build to build, and is in no layer", async () => {
    const Dockerfile =
      "FROM busybox\nARG N\nRUN --mount=type=cache,target=/cache echo $N >> /cache/log; cp /cache/log /log\n";
    const context = shop.it.context({ Dockerfile });
    await shop.it.succeed(["build", "--build-arg", "N=1", context]);
    await shop.it.succeed(["build", "--build-arg", "N=2", "-t", "cached", context]);
    expect(await shop.it.shell("cached", "cat /log; ls /cache 2>/dev/null; true")).toBe("1\n2\n");
  });

  it("MT-10: a cache with from begins as what that names, and is one of its own", async () => {
    const context = shop.it.context({
      Dockerfile: [
        "FROM busybox AS base",
        "RUN mkdir -p /src/sub && echo base > /src/sub/f && chown 5:6 /src/sub",
        "FROM busybox",
        "ARG N",
        "RUN --mount=type=cache,id=a,target=/c echo own >> /c/f",
        "RUN --mount=type=cache,id=a,from=base,source=/src/sub,target=/c echo $N >> /c/f && cat /c/f > /log && stat -c %u:%g /c >> /log",
        "RUN --mount=type=cache,id=a,target=/c cat /c/f > /own",
        "",
      ].join("\n"),
    });
    await shop.it.succeed(["build", "--build-arg", "N=1", context]);
    await shop.it.succeed(["build", "--build-arg", "N=2", "-t", "based", context]);
    expect(await shop.it.shell("based", "cat /log /own")).toBe("base\n1\n2\n5:6\nown\nown\n");
  });

  it("MT-11: an owner or a mode makes a cache of its own, which has them", async () => {
    const mounts = ["", ",mode=750", ",uid=7", ",uid=7,gid=8,mode=700"];
    const Dockerfile = [
      "FROM busybox",
      ...mounts.map((mount) => `RUN --mount=type=cache,id=o${mount},target=/c touch "/c/${mount}"`),
      ...mounts.map(
        (mount) =>
          `RUN --mount=type=cache,id=o${mount},target=/c stat -c "%a %u:%g" /c >> /log; ls /c >> /log`,
      ),
      "",
    ].join("\n");
    expect((await shop.it.build({ Dockerfile }, "-t", "owned")).exitCode).toBe(0);
    expect(await shop.it.shell("owned", "cat /log")).toBe(
      ["755 0:0", "", "750 0:0", ",mode=750", "755 7:0", ",uid=7", "700 7:8", ",uid=7,gid=8,mode=700", ""]
        .filter((line, at, all) => line !== "" || at === all.length - 1)
        .join("\n"),
    );
  });

  it("MT-11, CK-09: without cache a step's caches begin anew, once in a build", async () => {
    const step = (mount: string) =>
      `RUN --mount=type=cache,${mount},target=/m echo $N >> /m/f && cat /m/f > /`;
    const context = shop.it.context({
      Dockerfile: `FROM busybox AS s\nARG N\n${step("id=n")}a\n${step("id=n")}b\n${step("id=n,uid=3")}c\n${step("id=n,sharing=private")}d\n`,
    });
    const log = async (n: number, ...flags: string[]) => {
      await shop.it.succeed(["build", ...flags, "--build-arg", `N=${n}`, "-t", "anew", context]);
      return (await shop.it.shell("anew", "for f in a b c d; do cat /$f | xargs; done")).trim().split("\n");
    };
    expect(await log(1)).toEqual(["1", "1 1", "1", "1 1 1"]);
    expect(await log(2, "--no-cache")).toEqual(["2", "2 2", "2", "2 2 2"]);
    expect(await log(3, "--no-cache-filter=s")).toEqual(["3", "3 3", "3", "3 3 3"]);
    expect(await log(4)).toEqual(["3 3 3 4", "3 3 3 4 4", "3 4", "3 3 3 4 4 4"]);
  });

  it("MT-11: a cache that begins anew does not wait for, or take away, what another build still uses", async () => {
    const caches = join(shop.it.home, "cache-mounts");
    /** The folder that the first build's step has mounted, whatever it is called by now. */
    const mounted = () =>
      (existsSync(caches) ? readdirSync(caches) : [])
        .map((name) => join(caches, name))
        .find((path) => existsSync(join(path, "mark")));
    const mount = "--mount=type=cache,id=busy,target=/m";
    const steps = "echo old > /m/mark; until [ -e /m/go ]; do sleep 0.05; done; cat /m/mark > /kept";
    const user = shop.it.build({ Dockerfile: `FROM busybox\nRUN ${mount} ${steps}\n` }, "-t", "busy");
    while (!mounted()) await setTimeout(20);
    const anew = await shop.it.build(
      { Dockerfile: `FROM busybox\nRUN ${mount} ls /m > /list\n` },
      "--no-cache",
      "-t",
      "anew",
    );
    expect(anew.exitCode).toBe(0);
    writeFileSync(join(mounted()!, "go"), "");
    expect((await user).exitCode).toBe(0);
    expect(await shop.it.shell("anew", "cat /list")).toBe("");
    expect(await shop.it.shell("busy", "cat /kept")).toBe("old\n");
    await shop.it.succeed(["build", "--no-cache", anew.context]);
    expect(mounted()).toBeUndefined();
  });

  it("CVE-2024-9675: a cache id is no path", async () => {
    const Dockerfile =
      "FROM busybox\nRUN --mount=type=cache,id=../../../../../../evil-id,target=/c touch /c/x\n";
    expect((await shop.it.build({ Dockerfile })).exitCode).toBe(0);
    const { existsSync } = await import("node:fs");
    expect(existsSync("/evil-id")).toBe(false);
  });

  it("MT-12: a tmpfs is empty each time and in no layer", async () => {
    const Dockerfile =
      "FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m touch /t/x && df -k /t | tail -1 | awk '{print $2}' > /size\nRUN --mount=type=tmpfs,target=/t test -z \"$(ls /t)\"\n";
    expect((await shop.it.build({ Dockerfile }, "-t", "tmpfs")).exitCode).toBe(0);
    expect(await shop.it.shell("tmpfs", "cat /size")).toBe("1024\n");
  });

  it("MT-13, MT-14: secrets as files and variables, in no layer and in no key", async () => {
    const context = shop.it.context({
      Dockerfile: [
        "FROM busybox",
        "RUN --mount=type=secret,id=key cat /run/secrets/key | md5sum > /sum && stat -c %a:%u /run/secrets/key > /mode",
        'RUN --mount=type=secret,id=key,env=KEY echo "${#KEY}" > /length',
        "RUN --mount=type=secret,id=absent test ! -e /run/secrets/absent",
        "",
      ].join("\n"),
    });
    const file = join(shop.it.folder, "key");
    writeFileSync(file, "hunter2");
    await shop.it.succeed(["build", "-t", "secret", "--secret", `id=key,src=${file}`, context]);
    expect(
      await shop.it.shell(
        "secret",
        "cat /mode /length; find / -xdev -type f -exec grep -l hunter2 {} + ; ls /run/secrets 2>/dev/null; true",
      ),
    ).toBe("400:0\n7\n");
    writeFileSync(file, "another");
    const again = await shop.it.succeed([
      "build",
      "--progress=plain",
      "--secret",
      `id=key,src=${file}`,
      context,
    ]);
    expect(again.stderr).not.toContain(" MISS ");
  });

  it("MT-14: a required secret that was not given fails the build by name", async () => {
    const built = await shop.it.build({
      Dockerfile: "FROM busybox\nRUN --mount=type=secret,id=tok,required true\n",
    });
    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain("secret tok: not found");
  });

  it("MT-15: an ssh agent is reached through a socket of the step's own", async () => {
    const socket = join(shop.it.folder, "agent");
    const server = createServer((connection) => connection.end("agent here\n"));
    await new Promise<void>((ready) => server.listen(socket, ready));
    try {
      const Dockerfile =
        'FROM busybox\nRUN --mount=type=ssh echo "$SSH_AUTH_SOCK" > /s && stat -c %F "$SSH_AUTH_SOCK" >> /s\n';
      const built = await shop.it.build({ Dockerfile }, "-t", "ssh", "--ssh", `default=${socket}`);
      expect(built.exitCode).toBe(0);
      expect(await shop.it.shell("ssh", "cat /s")).toBe("/run/buildkit/ssh_agent.0\nsocket\n");
      // One id at two places, and ids that would make the same file name.
      const twice = await shop.it.build(
        {
          Dockerfile: `FROM busybox\nRUN ${["default,target=/a", "default,target=/b", "x.y,target=/c", "x_y,target=/d"].map((mount) => `--mount=type=ssh,id=${mount}`).join(" ")} test -S /a && test -S /b && test -S /c && test -S /d\n`,
        },
        ...["default", "x.y", "x_y"].flatMap((id) => ["--ssh", `${id}=${socket}`]),
      );
      expect([twice.exitCode, twice.stderr]).toEqual([0, expect.anything()]);
    } finally {
      server.close();
    }
  });

  it("8.1, MT-15: --ssh takes private keys; nothing of the agent that holds them is left", async () => {
    const [one, two] = ["one", "two"].map((name) => join(shop.it.folder, name));
    for (const file of [one!, two!])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    const Dockerfile = 'FROM busybox\nRUN --mount=type=ssh,id=k test -S "$SSH_AUTH_SOCK"\n';
    const TMPDIR = shop.it.context({ "of-others": "" });
    const context = shop.it.context({ Dockerfile });
    await shop.it.succeed(["build", "--ssh", `k=${one},${two}`, context], { env: { TMPDIR } });
    expect(readdirSync(TMPDIR)).toEqual(["of-others"]);
    const wrong = await shop.it.build({ Dockerfile }, "--ssh", `k=${one}.pub`);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("is not a private key") });
    const mixed = await shop.it.build({ Dockerfile }, "--ssh", `k=${one},/nonexistent`);
    expect(mixed.stderr).toContain("there is no /nonexistent");
  });

  it("RN-10: the places of mounts leave nothing in the layer", async () => {
    const Dockerfile =
      "FROM busybox\nRUN --mount=target=/deep/er/ctx --mount=type=cache,target=/deep/cache true\n";
    expect((await shop.it.build({ Dockerfile }, "-t", "stubless")).exitCode).toBe(0);
    expect(await shop.it.shell("stubless", "ls -d /deep 2>&1; true")).toBe(
      "ls: /deep: No such file or directory\n",
    );
  });
});
