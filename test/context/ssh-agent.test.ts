import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "../../src/context/ssh-agent.ts";
import { readSshKey } from "../../src/context/ssh-key.ts";
import { requireTool, runOrFail } from "../support/tools.ts";
import { tempFolder } from "./temp-folder.ts";

const folder = tempFolder();
const KINDS = [
  ["ed25519", ["-t", "ed25519"]],
  ["rsa", ["-t", "rsa", "-b", "2048"]],
  ["rsa-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
  ["ecdsa-256", ["-t", "ecdsa", "-b", "256"]],
  ["ecdsa-384", ["-t", "ecdsa", "-b", "384"]],
  ["ecdsa-521", ["-t", "ecdsa", "-b", "521"]],
  ["ecdsa-pem", ["-t", "ecdsa", "-b", "256", "-m", "PEM"]],
] as const;
const keyFile = (name: string) => join(folder, name);
const server = createAgent([]);
const socket = join(folder, "agent");

function keygen(name: string, kind: readonly string[], passphrase = ""): void {
  const args = ["-q", ...kind, "-N", passphrase, "-C", `${name} of a test`, "-f", keyFile(name)];
  execFileSync(requireTool("ssh-keygen"), args);
}

beforeAll(async () => {
  for (const [name, kind] of KINDS) keygen(name, kind);
  const keys = KINDS.map(([name]) => readSshKey(readFileSync(keyFile(name), "utf8"), name));
  server.removeAllListeners("connection");
  server.on("connection", (client) => createAgent(keys).emit("connection", client));
  await new Promise<void>((ready) => void server.listen(socket, ready));
});
afterAll(() => {
  server.close();
});

const withAgent = { env: { PATH: process.env.PATH ?? "", SSH_AUTH_SOCK: socket } };

describe("keys and their agent", () => {
  it("8.1: offers every kind of key as ssh-keygen wrote it", async () => {
    const listed = await runOrFail(requireTool("ssh-add"), ["-L"], withAgent);
    const keys = KINDS.map(([name]) =>
      readFileSync(`${keyFile(name)}.pub`, "utf8")
        .trim()
        .split(" "),
    );
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 2)),
    ).toEqual(keys.map((words) => words.slice(0, 2)));
    expect(listed).toContain(" ed25519 of a test");
  });

  it.each(KINDS.map(([name]) => name))("8.1: signs with a key of kind %s", async (name) => {
    const text = keyFile(`${name}.text`);
    writeFileSync(text, "to be signed\n");
    const program = requireTool("ssh-keygen");
    const publicKey = `${keyFile(name)}.pub`;
    await runOrFail(program, ["-Y", "sign", "-q", "-n", "test", "-f", publicKey, text], withAgent);
    const allowed = keyFile(`${name}.allowed`);
    writeFileSync(allowed, `me ${readFileSync(publicKey, "utf8")}`);
    const verify = ["-Y", "verify", "-f", allowed, "-I", "me", "-n", "test", "-s", `${text}.sig`];
    execFileSync(program, verify, { input: readFileSync(text), stdio: ["pipe", "ignore", "pipe"] });
  });

  it("refuses what it does not know, and ends a conversation that is none", async () => {
    const client = connect(socket);
    const answers: Buffer[] = [];
    client.on("data", (chunk: Buffer) => answers.push(chunk));
    const closed = new Promise<void>((done) => client.once("close", () => done()));
    // Unknown, a request to sign that ends too early, and one for a key that is not there.
    client.write(Buffer.from([0, 0, 0, 1, 17, 0, 0, 0, 2, 13, 0]));
    client.write(Buffer.from([0, 0, 0, 13, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    client.write(Buffer.from([0xff, 0, 0, 0]));
    await closed;
    expect(Buffer.concat(answers)).toEqual(Buffer.from([0, 0, 0, 1, 5, 0, 0, 0, 1, 5, 0, 0, 0, 1, 5]));
  });
});

describe("keys that cannot be used", () => {
  const failure = (name: string) => () => readSshKey(readFileSync(keyFile(name), "utf8"), name);

  it("8.1: a passphrase is for an agent to ask for", () => {
    keygen("locked", ["-t", "ed25519"], "secret words");
    keygen("locked-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"], "secret words");
    expect(failure("locked")).toThrow("the key locked has a passphrase");
    expect(failure("locked-pem")).toThrow("the key locked-pem has a passphrase");
  });

  it("8.1: the public half, other texts and cut off keys are none", () => {
    expect(failure("ed25519.pub")).toThrow("ed25519.pub is not a private key for ssh");
    expect(() => readSshKey("", "empty")).toThrow("empty is not a private key");
    const whole = readFileSync(keyFile("ed25519"), "utf8").split("\n");
    const cut = [...whole.slice(0, 3), ...whole.slice(-2)].join("\n");
    expect(() => readSshKey(cut, "cut")).toThrow("cut is not a private key");
  });
});
