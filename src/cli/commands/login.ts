import { login, logout } from "../../api/login.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";

type Handler = (context: CliContext) => Promise<number>;

interface LoginFlags {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

/** `slipway login`: checks the credentials with the registry before they are kept. */
export function loginCommand(server: string | undefined, flags: LoginFlags): Handler {
  return async ({ environment, stdin, stdout, signal }) => {
    if (!flags.username)
      throw new SlipwayError("USAGE", "a user name is needed", { hint: "give it with --username" });
    const password = flags.passwordStdin ? await readLine(stdin) : flags.password;
    if (!password)
      throw new SlipwayError("USAGE", "a password is needed", { hint: "pipe it in with --password-stdin" });
    await login({ server: server ?? "docker.io", username: flags.username, password, signal }, environment);
    stdout.write("Login Succeeded\n");
    return EXIT.ok;
  };
}

export function logoutCommand(server: string | undefined): Handler {
  return async ({ environment, stdout }) => {
    const host = server ?? "docker.io";
    const known = await logout(host, environment);
    stdout.write(known ? `Removed the credentials for ${host}\n` : `Not logged in to ${host}\n`);
    return EXIT.ok;
  };
}

async function readLine(stdin: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
