import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../src/api/environment.ts";

const USER = { uid: 1000, homeDirectory: "/home/u", cwd: "/work" };
const ROOT = { uid: 0, homeDirectory: "/root", cwd: "/" };

describe("the environment", () => {
  it("DESIGN: state lives in SLIPWAY_HOME, else /var/lib/slipway for root, else below XDG_DATA_HOME", () => {
    expect(readEnvironment({ SLIPWAY_HOME: "rel" }, USER).home).toBe("/work/rel");
    expect(readEnvironment({}, ROOT).home).toBe("/var/lib/slipway");
    expect(readEnvironment({}, USER).home).toBe("/home/u/.local/share/slipway");
    expect(readEnvironment({ XDG_DATA_HOME: "/d" }, USER).home).toBe("/d/slipway");
  });
  it("credentials are Docker's, registries.conf is the user's before the system's", () => {
    expect(readEnvironment({ DOCKER_CONFIG: "/c" }, USER).dockerConfig).toBe("/c/config.json");
    const { files, folders, override } = readEnvironment({}, USER).registriesConf;
    expect(files).toEqual(["/home/u/.config/containers/registries.conf", "/etc/containers/registries.conf"]);
    expect(folders.at(-1)).toBe("/home/u/.config/containers/registries.conf.d");
    expect(override).toBeUndefined();
    expect(readEnvironment({ CONTAINERS_REGISTRIES_CONF: "/x" }, ROOT).registriesConf.override).toBe("/x");
  });
});
