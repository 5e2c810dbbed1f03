import { describe, expect, it } from "vitest";
import { humanAge, humanSize } from "../../src/cli/human.ts";
import { parseBytes } from "../../src/cli/parse-bytes.ts";
import { formatTable } from "../../src/cli/table.ts";
import { formatTemplate } from "../../src/cli/template.ts";

describe("what people read", () => {
  it.each([
    [0, "0B"],
    [999, "999B"],
    [1000, "1kB"],
    [1234, "1.23kB"],
    [45_600_000, "45.6MB"],
    [7_654_321_000, "7.65GB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });
  it("DK-03: ages count in the largest whole unit, times up to 2000 are none", () => {
    const now = Date.parse("2026-01-02T00:00:00Z");
    expect(humanAge("2026-01-01T23:59:58Z", now)).toBe("2 seconds ago");
    expect(humanAge("2026-01-01T22:59:00Z", now)).toBe("1 hour ago");
    expect(humanAge("2025-12-01T00:00:00Z", now)).toBe("1 month ago");
    expect(humanAge("2000-01-01T00:00:00Z", now)).toBe("N/A");
    expect(humanAge(undefined, now)).toBe("N/A");
  });
  it("tables align and escape control characters", () => {
    expect(
      formatTable(
        ["A", "B"],
        [
          ["x\u001b[1m", "1"],
          ["y", ""],
        ],
      ),
    ).toBe("A            B\nx\\u001b[1m   1\ny\n");
  });
  it.each([
    ["64m", 64 * 1024 ** 2],
    ["1g", 1024 ** 3],
    ["512", 512],
    ["1.5k", 1536],
    ["2GiB", 2 * 1024 ** 3],
  ])("%s is a size", (text, bytes) => {
    expect(parseBytes("--shm-size", text)).toBe(bytes);
  });
  it.each(["", "m", "1x", "-1", "1 2"])("%j is no size", (text) => {
    expect(() => parseBytes("--shm-size", text)).toThrow("--shm-size: invalid size");
  });
});

describe("templates", () => {
  const data = { Id: "sha256:1", Config: { Env: ["A=1", "B=2"], Labels: { k: "v" }, User: "" } };
  it.each([
    ["{{.Id}}", "sha256:1"],
    ["id={{.Id}}!", "id=sha256:1!"],
    ["{{.Config.Env}}", "[A=1 B=2]"],
    ["{{json .Config.Env}}", '["A=1","B=2"]'],
    ["{{.Config.Labels}}", "map[k:v]"],
    ['{{index .Config.Labels "k"}}', "v"],
  ])("%s", (template, text) => {
    expect(formatTemplate(template, data)).toBe(text);
  });
  it("refuses what it does not know instead of printing something", () => {
    expect(() => formatTemplate("{{range .Config.Env}}", data)).toThrow("is not supported");
    expect(() => formatTemplate("{{.Nope}}", data)).toThrow("there is no member .Nope");
  });
});
