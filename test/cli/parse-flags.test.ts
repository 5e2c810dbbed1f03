import { describe, expect, it } from "vitest";
import { collectCsv } from "../../src/cli/collect.ts";
import { parseHost, parseUlimits } from "../../src/cli/parse-flags.ts";

describe("--add-host", () => {
  it.each([
    ["h=1.2.3.4", [["h", "1.2.3.4"]]],
    ["h:1.2.3.4", [["h", "1.2.3.4"]]],
    ["UP=[::1]", [["up", "::1"]]],
    ["h:::2", [["h", "::2"]]],
    ["h=2001:DB8:0:0:0:0:0:1", [["h", "2001:db8::1"]]],
    ["h=::ffff:1.2.3.4", [["h", "1.2.3.4"]]],
    [
      "h=1.2.3.4,[::5]",
      [
        ["h", "1.2.3.4"],
        ["h", "::5"],
      ],
    ],
    ["gw=host-gateway", [["gw", "host-gateway"]]],
  ])("8.1: %s", (text, entries) => {
    expect(parseHost(text)).toEqual(entries.map(([host, ip]) => ({ host, ip })));
  });

  it.each([
    "bad",
    "x=foo",
    "=1.2.3.4",
    "h=",
    "h=1.2.3.4,host-gateway",
    "h=1.2.3",
    "h=fe80::1%eth0",
    "h=1.2.3.4,",
  ])("8.1: %s is an invalid host", (text) => {
    expect(() => parseHost(text)).toThrow(
      expect.objectContaining({ code: "USAGE", message: `invalid host ${text}` }),
    );
  });

  it("8.1: commas separate hosts, inside quotes they separate addresses", () => {
    expect(collectCsv('a=1.1.1.1,"m=1.2.3.4,5.6.7.8"', ["z=0.0.0.0"])).toEqual([
      "z=0.0.0.0",
      "a=1.1.1.1",
      "m=1.2.3.4,5.6.7.8",
    ]);
  });
});

describe("--ulimit", () => {
  it("8.1: soft and hard, unlimited, the last one of a name counts", () => {
    expect(parseUlimits(["nofile=100:200", "core=-1", "nofile=120", "memlock=5:-1"])).toEqual([
      { name: "nofile", soft: 120, hard: 120 },
      { name: "core", soft: -1, hard: -1 },
      { name: "memlock", soft: 5, hard: -1 },
    ]);
  });

  it.each([
    ["foo=1", "invalid ulimit type: foo"],
    ["nofile=200:100", "ulimit soft limit must be less than or equal to hard limit: 200 > 100"],
    ["nofile=-1:100", "ulimit soft limit must be less than or equal to hard limit: -1 > 100"],
    ["nofile=a", 'invalid ulimit "nofile=a"'],
    ["nofile=1:2:3", 'invalid ulimit "nofile=1:2:3"'],
    ["nofile", 'invalid ulimit "nofile"'],
  ])("8.1: %s is refused", (text, message) => {
    expect(() => parseUlimits([text])).toThrow(expect.objectContaining({ code: "USAGE", message }));
  });
});
