import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { copyLiveTree } from "../../src/snapshot/copy-live-tree.ts";
import { libc } from "../../src/sys/libc.ts";
import { temporaryFolder } from "../support/folders.ts";

it("copies owners, modes, times, attributes, hard links, devices, holes, whiteouts and names that are no text", () => {
  const folder = temporaryFolder();
  const script = `mkdir -p from/d && cd from && echo a > d/a && ln d/a b && ln -s /nowhere l && chmod 6751 d/a && chmod 2700 d
    mkfifo p && truncate -s 5M hole && printf x >> hole && : > "$(printf 'x\\377')" && touch -h -d @1.5 l && touch -d @2.25 d/a d`;
  execFileSync("sh", ["-c", script], { cwd: folder });
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  libc().setXattr(join(from, "d/a"), "user.test", Buffer.from("value"));
  libc().setXattr(join(from, "d"), "user.overlay.opaque", Buffer.from("y"));
  libc().makeDevice(join(from, "white"), "char", { mode: 0, major: 0, minor: 0 });
  copyLiveTree(from, to);
  const look = (root: string) =>
    execFileSync("sh", ["-c", "find . | sort | xargs -d '\\n' stat -c '%n %F %a %u:%g %s %h %.Y %t:%T %N'"], {
      cwd: root,
      encoding: "latin1",
    });
  expect(look(to)).toBe(look(from));
  expect(statSync(join(to, "b")).ino).toBe(statSync(join(to, "d/a")).ino);
  expect(libc().getXattr(join(to, "d/a"), "user.test")?.toString()).toBe("value");
  expect(libc().getXattr(join(to, "d"), "user.overlay.opaque")?.toString()).toBe("y");
  expect(statSync(join(to, "hole")).blocks).toBeLessThan(4096);
});

it("makes a whiteout of a socket", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "from"));
  const server = createServer();
  const closed = once(server, "close");
  server.listen(join(folder, "from/s"));
  await once(server, "listening");
  copyLiveTree(join(folder, "from"), join(folder, "to"));
  expect(statSync(join(folder, "to/s")).isCharacterDevice()).toBe(true);
  server.close();
  await closed;
});

/** Puts a link where a folder was, and back, as fast as it can. */
const EXCHANGE = `
const fs = require("node:fs");
for (let i = 0; ; i++) {
  if (i === 1) process.stdout.write("on");
  fs.renameSync("a", "b"); fs.renameSync("l", "a");
  fs.renameSync("a", "l"); fs.renameSync("b", "a");
}`;

it("follows no link that takes a folder's place while it copies", async () => {
  const folder = temporaryFolder();
  const [secret, from] = [join(folder, "secret"), join(folder, "from")];
  for (const [place, text] of [
    [secret, "of the machine"],
    [join(from, "a"), "of the container"],
  ] as const) {
    mkdirSync(place, { recursive: true });
    for (let i = 0; i < 30; i++) writeFileSync(join(place, `f${i}`), text);
  }
  symlinkSync(secret, join(from, "l"));
  const exchanging = spawn(process.execPath, ["-e", EXCHANGE], {
    cwd: from,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void exchanging.kill("SIGKILL"));
  await once(exchanging.stdout, "data");
  let seen = 0;
  for (let i = 0; i < 60; i++) {
    const to = join(folder, `to${i}`);
    copyLiveTree(from, to);
    for (const name of ["a", "b"].filter((name) =>
      lstatSync(join(to, name), { throwIfNoEntry: false })?.isDirectory(),
    ))
      for (const file of readdirSync(join(to, name))) {
        expect(readFileSync(join(to, name, file), "utf8")).toBe("of the container");
        seen += 1;
      }
  }
  expect(seen).toBeGreaterThan(0);
});
