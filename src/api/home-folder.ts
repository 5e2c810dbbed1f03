import { join } from "node:path";

/** Where state lives: `SLIPWAY_HOME`, else /var/lib/slipway for root, else $XDG_DATA_HOME/slipway (DESIGN, "Where state lives"). */
export function homeFolder(
  variables: Readonly<Record<string, string | undefined>>,
  at: { readonly uid: number; readonly homeDirectory: string; readonly cwd: string },
): string {
  const data = variables.XDG_DATA_HOME || join(at.homeDirectory, ".local/share");
  const home = variables.SLIPWAY_HOME || (at.uid === 0 ? "/var/lib/slipway" : join(data, "slipway"));
  return home.startsWith("/") ? home : join(at.cwd, home);
}
