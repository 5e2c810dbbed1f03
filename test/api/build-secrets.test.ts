import { describe, expect, it } from "vitest";
import { BuildSecrets } from "../../src/api/build-secrets.ts";
import type { BuildEvent } from "../../src/core/events.ts";

const VALUE = "tok_a8F3/k29+dkq01zzQ";

function told(...events: readonly BuildEvent[]): string {
  const secrets = new BuildSecrets([{ id: "t", kind: "secret", value: Buffer.from(VALUE) }], []);
  return events
    .flatMap((event) => secrets.events(event))
    .map((event) =>
      event.type === "step.log" ? `${event.id}:${Buffer.from(event.data).toString()}` : event.type,
    )
    .join("|");
}

const log = (id: string, text: string, stream: "stdout" | "stderr" = "stdout"): BuildEvent => ({
  type: "step.log",
  time: 0,
  id,
  stream,
  data: Buffer.from(text),
});
const done = (id: string): BuildEvent => ({ type: "step.done", time: 0, id, duration: 0 });

describe("what a build tells, without secrets", () => {
  it("holds none that is spread over pieces of the output of one step, wherever it is cut", () => {
    for (let at = 1; at < VALUE.length; at++) {
      const [head, tail] = [VALUE.slice(0, at), VALUE.slice(at)];
      const shown = told(log("a", `<${head}`), log("b", "other"), log("a", `${tail}>`), done("a"));
      expect(shown).toBe("a:<|b:other|a:[secret t]>|step.done");
    }
  });

  it("keeps nothing back for longer than a step writes, and mixes neither steps nor streams", () => {
    const head = VALUE.slice(0, 9);
    expect(told(log("a", `x${head}`), log("b", VALUE.slice(9)), done("b"), done("a"))).toBe(
      `a:x|b:${VALUE.slice(9)}|step.done|a:${head}|step.done`,
    );
    const error = told(log("a", head), log("a", head, "stderr"), {
      type: "build.error",
      time: 0,
      code: "RUN_FAILED",
      message: VALUE,
    });
    expect(error).toBe(`a:${head}|a:${head}|build.error`);
  });
});
