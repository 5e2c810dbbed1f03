import { describe, expect, it } from "vitest";
import type { RunMount } from "../../src/plan/graph.ts";
import { failure, KnownImages, PATH, runsOf } from "./planning.ts";

/** The mounts of `RUN --mount=<each>`, in a stage whose directory is /w. */
async function mounts(...flags: string[]): Promise<readonly RunMount[]> {
  const text = `FROM scratch AS files\nFROM scratch\nWORKDIR /w\nENV T=/t KIND=tmpfs\nRUN ${flags.map((flag) => `--mount=${flag} `).join("")}x`;
  const [run] = await runsOf(text, { resolver: new KnownImages({ img: {}, "0": {} }) });
  return run!.mounts;
}

async function refusal(flag: string): Promise<string> {
  const { message, line } = await failure(`FROM scratch\nRUN --mount=${flag} x`);
  expect(line).toBe(2);
  return message;
}

describe("RUN --mount: fields", () => {
  it("MT-01: every spelling of a key; keys in any case; quoted fields", async () => {
    const same = { type: "bind", target: "/t", source: "/s", from: { kind: "context" }, readOnly: true };
    for (const flag of [
      "target=/t,source=/s",
      "dst=/t,src=/s,ro",
      "destination=/t,SOURCE=/s,ReadOnly=true",
      "type=BIND,dst=/t,src=s,rw=false",
    ])
      expect(await mounts(flag)).toEqual([same]);
    expect(await mounts('\\"target=/a,b\\",src=/s')).toMatchObject([{ target: "/a,b" }]);
  });

  it("MT-01: unknown keys and lone words are refused", async () => {
    expect(await refusal("type=cache,targe=/x")).toBe(
      "unexpected key 'targe' in 'targe=/x' (did you mean target?)",
    );
    expect(await refusal("zzzzzz=/x")).toBe("unexpected key 'zzzzzz' in 'zzzzzz=/x'");
    expect(await refusal("target")).toBe("invalid field 'target' must be a key=value pair");
    expect(await refusal("__proto__=1")).toBe("unexpected key '__proto__' in '__proto__=1'");
  });

  it("MT-02: unknown types are refused; the type comes before what depends on it", async () => {
    expect(await refusal("type=bnd,target=/x")).toBe('unsupported mount type "bnd" (did you mean bind?)');
    expect(await refusal("size=1m,type=tmpfs,target=/x")).toBe("unexpected key 'size' for mount type 'bind'");
    expect(await refusal("required,type=secret,id=a")).toBe(
      "unexpected key 'required' for mount type 'bind'",
    );
    expect(await mounts("type=tmpfs,size=1m,target=/x")).toEqual([
      { type: "tmpfs", target: "/x", size: 1048576 },
    ]);
    expect(await mounts("type=tmpfs,ro,target=/x")).toEqual([
      { type: "tmpfs", target: "/x", readOnly: true },
    ]);
  });

  it("MT-03: values are expanded with the stage's variables, inherited ones too", async () => {
    expect(await mounts("type=$KIND,target=${T}/a")).toEqual([{ type: "tmpfs", target: "/t/a" }]);
    const text =
      "FROM scratch AS a\nARG KIND=cache\nENV ID=i\nFROM a\nRUN --mount=type=$KIND,id=$ID,target=/c x";
    expect((await runsOf(text))[0]!.mounts).toMatchObject([{ type: "cache", id: "i" }]);
  });

  it("MT-04: bind is read-only by default, cache is not; rw and ro change that", async () => {
    const flags = [
      "target=/a",
      "target=/b,rw",
      "target=/c,ro=false",
      "type=cache,target=/d",
      "type=cache,target=/e,ro",
    ];
    expect((await mounts(...flags)).map((mount) => "readOnly" in mount && mount.readOnly)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    expect(await refusal("target=/a,ro=zz")).toBe("invalid value for ro: zz");
  });

  it("MT-05: mode, uid and gid belong to cache, secret and ssh; sharing to cache", async () => {
    expect(await mounts("type=cache,target=/c,mode=0750,uid=1000,gid=10,sharing=LOCKED")).toMatchObject([
      { mode: 0o750, uid: 1000, gid: 10, sharing: "locked" },
    ]);
    expect(await refusal("target=/c,mode=0700")).toBe('mode not allowed for "bind" type mounts');
    expect(await refusal("type=tmpfs,target=/c,uid=1")).toBe('uid not allowed for "tmpfs" type mounts');
    expect(await refusal("type=cache,target=/c,mode=99")).toBe("invalid value 99 for mode");
    expect(await refusal("type=cache,target=/c,uid=-1")).toBe("invalid value -1 for uid");
    expect(await refusal("type=cache,target=/c,gid=4294967296")).toBe("invalid value 4294967296 for gid");
    expect(await refusal("target=/c,sharing=locked")).toBe("invalid cache sharing set for bind mount");
    expect(await refusal("type=cache,target=/c,sharing=lock")).toBe(
      'unsupported sharing value "lock" (did you mean locked?)',
    );
  });

  it("MT-05: sizes have binary suffixes", async () => {
    const size = async (text: string) => (await mounts(`type=tmpfs,target=/t,size=${text}`))[0];
    expect(await size("100m")).toMatchObject({ size: 104857600 });
    expect(await size("1.5KiB")).toMatchObject({ size: 1536 });
    expect(await size("2GB")).toMatchObject({ size: 2147483648 });
    expect(await size("12")).toMatchObject({ size: 12 });
    expect(await refusal("type=tmpfs,target=/t,size=9x")).toBe("invalid value for size: 9x");
  });
});

describe("RUN --mount: targets and sources", () => {
  it("MT-06: a relative target is seen from the current directory; the root cannot be one", async () => {
    expect(await mounts("target=a/../b")).toMatchObject([{ target: "/w/b" }]);
    expect(await mounts("type=tmpfs")).toMatchObject([{ target: "/w" }]);
    expect(await refusal("type=tmpfs")).toBe('invalid mount target "/"');
    expect(await refusal("target=/x/..")).toBe('invalid mount target "/"');
  });

  it("MT-06: parents come before children, whatever the order of flags", async () => {
    const order = (await mounts("target=/b/c", "type=tmpfs,target=/b", "type=cache,target=/a")).map(
      ({ target }) => target,
    );
    expect(order).toEqual(["/a", "/b", "/b/c"]);
  });

  it("MT-07: from is a stage in any case, or an image, and never a number", async () => {
    const flags = [
      "from=FILES,target=/a",
      "from=img,target=/b",
      "from=0,target=/c",
      "type=cache,target=/d",
      "type=cache,from=files,target=/e",
    ];
    expect(await mounts(...flags)).toMatchObject([
      { from: { kind: "stage", stage: 0 } },
      { from: { kind: "image", image: { reference: "img" } } },
      { from: { kind: "image", image: { reference: "0" } } },
      { from: { kind: "scratch" } },
      { from: { kind: "stage", stage: 0 } },
    ]);
  });

  it("MT-07: a later stage cannot be mounted", async () => {
    const text =
      "FROM scratch\nRUN --mount=from=late,target=/m x\nFROM scratch AS late\nFROM scratch\nCOPY --from=0 a /";
    expect(await failure(text)).toEqual({
      code: "STAGE_INVALID",
      message: 'cannot mount from stage "late" to "/m", stage needs to be defined before current command',
      line: 2,
    });
  });

  it("EX-17: from cannot have variables; a dollar sign at its end is none", async () => {
    expect(await refusal("from=$X,target=/m")).toBe(
      "dockerfile parse error on line 2: 'from' doesn't support variable expansion, define alias stage instead",
    );
    expect((await failure("FROM scratch\nRUN --mount=from=a$,target=/m x")).code).toBe("REFERENCE_INVALID");
  });

  it("MT-08: source is rooted in its file system", async () => {
    expect(await mounts("target=/a,source=../../x/y/")).toMatchObject([{ source: "/x/y" }]);
    expect(await mounts("target=/a")).toMatchObject([{ source: "/" }]);
  });

  it("MT-10: a cache is called like its target as written, cleaned, unless it has an id", async () => {
    expect(await mounts("type=cache,target=${T}/c/../d/")).toMatchObject([
      { id: "/t/d", hasExplicitId: false },
    ]);
    expect(await mounts("type=cache,target=rel")).toMatchObject([
      { id: "rel", target: "/w/rel", hasExplicitId: false },
    ]);
    expect(await mounts("type=cache,id=my,target=/c")).toMatchObject([
      { id: "my", hasExplicitId: true, sharing: "shared" },
    ]);
  });
});

describe("RUN --mount: secrets and ssh", () => {
  it("MT-13: id, source or the target's name; a file in /run/secrets unless there is a target or only env", async () => {
    const rest = { required: false, mode: 0o400, uid: 0, gid: 0 };
    expect(await mounts("type=secret,id=a/b")).toEqual([
      { type: "secret", id: "a/b", target: "/run/secrets/b", ...rest },
    ]);
    expect(await mounts("type=secret,source=s")).toMatchObject([{ id: "s", target: "/run/secrets/s" }]);
    expect(await mounts("type=secret,target=/x/name")).toMatchObject([{ id: "name", target: "/x/name" }]);
    expect(await mounts("type=secret,id=a,env=TOKEN")).toEqual([
      { type: "secret", id: "a", env: "TOKEN", ...rest },
    ]);
    expect(await mounts("type=secret,id=a,env=")).toMatchObject([{ id: "a", env: "a" }]);
    expect(await mounts("type=secret,id=a,env=B,target=/f,required,mode=0440,uid=1,gid=2")).toEqual([
      { type: "secret", id: "a", target: "/f", env: "B", required: true, mode: 0o440, uid: 1, gid: 2 },
    ]);
  });

  it("MT-13: what a secret cannot have", async () => {
    expect(await refusal("type=secret,id=a,source=b")).toBe("both source and id can't be set");
    expect(await refusal("type=secret")).toBe("invalid secret mount. one of source, target required");
    expect(await refusal("type=secret,id=a,sharing=locked")).toBe("secret mount should not define sharing");
    expect((await failure("FROM scratch\nRUN --mount=type=secret,id=a,from=busybox x")).message).toBe(
      "secret mount should not have a from",
    );
  });

  it("MT-15: ssh has an id and a socket; the first one is told to ssh, unless the stage does", async () => {
    const text =
      "FROM scratch\nRUN --mount=type=ssh --mount=type=ssh,id=b,required,mode=0741,uid=100,gid=102 x";
    const [run] = await runsOf(text);
    expect(run!.mounts).toEqual([
      {
        type: "ssh",
        id: "default",
        target: "/run/buildkit/ssh_agent.0",
        required: false,
        mode: 0o600,
        uid: 0,
        gid: 0,
      },
      {
        type: "ssh",
        id: "b",
        target: "/run/buildkit/ssh_agent.1",
        required: true,
        mode: 0o741,
        uid: 100,
        gid: 102,
      },
    ]);
    expect(run!.env).toEqual([PATH, "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0"]);
    const [own] = await runsOf("FROM scratch\nENV SSH_AUTH_SOCK=/mine\nRUN --mount=type=ssh,target=/s x");
    expect(own!.env).toEqual([PATH, "SSH_AUTH_SOCK=/mine"]);
    expect(await refusal("type=ssh,source=x")).toBe("ssh does not support source");
  });
});
