import { describe, expect, it } from "vitest";
import { callRequest } from "../../src/cli/commands/call-request.ts";

const plain = { json: false, ignoreStatus: false };

describe("the value of --call", () => {
  it("8.1: a method, and what the answer should be like", () => {
    expect(callRequest(["check"])).toEqual({ method: "check", ...plain });
    expect(callRequest(["lint,format=json"])).toEqual({ method: "check", json: true, ignoreStatus: false });
    expect(callRequest(["format=json,outline"])).toEqual({ method: "outline", ...plain, json: true });
    expect(callRequest(["targets,ignorestatus=1,format="])).toEqual({
      method: "targets",
      json: false,
      ignoreStatus: true,
    });
    expect(callRequest(["subrequests.describe"])?.method).toBe("subrequests.describe");
  });

  it("8.1: the last one counts; build and nothing mean a build", () => {
    expect(callRequest(["check", "outline"])?.method).toBe("outline");
    for (const values of [[], [""], ["build"], ["build,format=json"], ["check", "build"]])
      expect(callRequest(values)).toBeUndefined();
  });

  it.each([
    ["foo", "unsupported request frontend.foo"],
    ["frontend.lint", "unsupported request frontend.frontend.lint"],
    ["Check", "unsupported request frontend.Check"],
    ["format=json", "unsupported request frontend."],
    ["check,foo=1", "invalid print field: foo=1"],
    ["check=1", "invalid print field: check=1"],
    ["check,outline", "invalid print value: check,outline"],
    ["check,ignorestatus=maybe", "invalid ignorestatus print value: maybe"],
    ["check,format=xml", "invalid print format: xml"],
  ])("8.1: %s is refused", (value, message) => {
    expect(() => callRequest([value])).toThrow(
      expect.objectContaining({ code: "USAGE", message: `--call: ${message}` }),
    );
  });
});
