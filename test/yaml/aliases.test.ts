import { describe, expect, it } from "vitest";
import { Alias, type Node, parseDocument, visit } from "yaml";
import { aliasTargets } from "../../src/yaml/alias-targets.ts";
import { listOf, mapping, text } from "../../src/yaml/decode.ts";
import { MarkedDocument } from "../../src/yaml/marked-value.ts";

const open = (written: string) => new MarkedDocument("f", written, { code: "POLICY_INVALID", hint: "h" });

describe("aliases", () => {
  it.each([
    "- &a 1\n- *a\n- &a 2\n- *a\n",
    "&r [*r, &a [*a, *b], &b 1, *b, *nothing]\n",
    "a: &a {k: &k v, l: *k, *k : w}\nb: {<<: *a, c: *a}\n",
  ])("stand for what the library says, one by one: %j", (written) => {
    const document = parseDocument(written);
    const expected = new Map<Alias, Node>();
    visit(document, {
      Alias: (_, alias) => {
        const target = alias.resolve(document);
        if (target) expected.set(alias, target);
      },
    });
    expect([...aliasTargets(document)]).toEqual([...expected]);
    for (const [alias, target] of aliasTargets(document)) expect(expected.get(alias)).toBe(target);
  });

  it("are all found in one walk over the document", () => {
    const { resolve } = Alias.prototype;
    let walks = 0;
    Alias.prototype.resolve = function (...args) {
      walks++;
      return resolve.apply(this, args);
    };
    try {
      const document = open(`a: &a b\nlist:\n${"- *a\n".repeat(500)}`);
      const decoded = mapping({ a: text, list: listOf(text) })(document.root);
      document.check();
      expect(decoded?.list).toEqual(new Array(500).fill("b"));
    } finally {
      Alias.prototype.resolve = resolve;
    }
    expect(walks).toBe(0);
  });

  it("that make too many values of a few lines are refused, with their place", () => {
    const items = (item: string) => new Array(2000).fill(item).join(", ");
    const document = open(`names: &n [${items("a")}]\ngroups: [${items("*n")}]\n`);
    let decoded = 0;
    const counted = (value: Parameters<typeof text>[0]) => {
      decoded++;
      return text(value);
    };
    mapping({ names: listOf(counted), groups: listOf(listOf(counted)) })(document.root);
    expect(() => document.check()).toThrow(
      expect.objectContaining({
        code: "POLICY_INVALID",
        message: expect.stringMatching(/^f:2:\d+: the aliases make too many values$/),
      }),
    );
    expect(decoded).toBeLessThanOrEqual(1 << 20);
  });
});
