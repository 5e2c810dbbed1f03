import { describe, expect, it } from "vitest";
import { formatRows } from "../../src/cli/format-rows.ts";
import { humanAge, humanSize } from "../../src/cli/human.ts";
import { parseBytes } from "../../src/cli/parse-bytes.ts";
import { formatTable } from "../../src/cli/table.ts";

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

describe("rows of lists", () => {
  const rows = [
    { ID: "1", Size: "5MB" },
    { ID: "22", Size: "6MB" },
  ];
  const shape = { headers: { ID: "IMAGE ID", Size: "SIZE" }, columns: ["ID"] };
  it.each([
    ["table", "IMAGE ID\n1\n22\n"],
    ["json", '{"ID":"1","Size":"5MB"}\n{"ID":"22","Size":"6MB"}\n'],
    ["{{.ID}}\\t{{.Size}}", "1\t5MB\n22\t6MB\n"],
    ["table {{.Size}}\\t{{.ID}}", "SIZE   IMAGE ID\n5MB    1\n6MB    22\n"],
    ["table {{.Size | lower}}", "SIZE\n5mb\n6mb\n"],
  ])("--format %s", (format, text) => {
    expect(formatRows(rows, { ...shape, format })).toBe(text);
  });
  it("JSON may be of its own", () => {
    expect(formatRows(rows, { ...shape, format: "json", documents: [{ a: 1 }] })).toBe('{"a":1}\n');
  });
});
