import { describe, expect, it } from "vitest";
import { parseAnnotation } from "../../src/output/annotations.ts";
import { outputOf, parseOutput } from "../../src/output/output-spec.ts";

describe("--output", () => {
  it("8.1: a plain path is a local folder, - is a tar on standard output", () => {
    expect(parseOutput("out")).toMatchObject({ type: "local", dest: "out" });
    expect(parseOutput("-")).toMatchObject({ type: "tar", dest: "-" });
  });
  it("8.1: archives without a destination go to standard output, type=docker stays in the store", () => {
    expect(parseOutput("type=tar").dest).toBe("-");
    expect(parseOutput("type=oci").dest).toBe("-");
    expect(parseOutput("type=docker").dest).toBeUndefined();
    expect(parseOutput("type=oci,dest=a.tar").dest).toBe("a.tar");
  });
  it("6.5: types have their defaults", () => {
    expect(parseOutput("type=registry")).toMatchObject({
      push: true,
      ociMediaTypes: true,
      compression: "gzip",
    });
    expect(parseOutput("type=docker,dest=a.tar")).toMatchObject({ ociMediaTypes: false, tar: true });
    expect(parseOutput("type=oci,dest=d,tar=false")).toMatchObject({ tar: false });
  });
  it("XP-01: an empty boolean is true", () => {
    expect(parseOutput("type=image,push=").push).toBe(true);
    expect(parseOutput("type=image,push=false").push).toBe(false);
    expect(() => parseOutput("type=image,push=maybe")).toThrow(
      'output option push is true or false, not "maybe"',
    );
  });
  it("XP-01: every option that is true or false refuses other values by name, those without a meaning here, too", () => {
    for (const name of [
      "oci-mediatypes",
      "force-compression",
      "prefer-nondist-layers",
      "unpack",
      "oci-artifact",
    ])
      expect(() => parseOutput(`type=image,${name}=maybe`)).toThrow(
        `output option ${name} is true or false, not "maybe"`,
      );
  });
  it("reads compression, levels, names and annotations", () => {
    const spec = parseOutput(
      'type=image,"name=a,b",compression=zstd,compression-level=9,annotation.k=v,annotation-index.x=y',
    );
    expect(spec).toMatchObject({ names: ["a", "b"], compression: "zstd", compressionLevel: 9 });
    expect(spec.annotations).toEqual([
      { target: "manifest", key: "k", value: "v" },
      { target: "index", key: "x", value: "y" },
    ]);
  });
  it("LT-09: eStargz needs the media types that have annotations", () => {
    expect(parseOutput("type=docker,dest=a,compression=estargz")).toMatchObject({ ociMediaTypes: true });
    expect(() => parseOutput("type=oci,compression=estargz,compression-level=10")).toThrow(
      "estargz has no compression level 10",
    );
  });
  it("MF-04: annotations that no image could have are refused at once", () => {
    expect(() => parseOutput("type=oci,annotation-foo.a=1")).toThrow('unknown annotation type "foo"');
    expect(() => parseOutput("type=docker,dest=a,annotation.a=1")).toThrow(
      'cannot export annotations with "oci-mediatypes=false"',
    );
    expect(() => parseAnnotation("foo:a=b")).toThrow('unknown annotation type "foo"');
    expect(() => parseAnnotation("manifest[linux/amd64:a=b")).toThrow("unknown annotation type");
    expect(() => parseAnnotation("foo")).toThrow('invalid annotation "foo", expected key=value');
    expect(parseAnnotation("index,manifest[linux/amd64]:a=b:c=d")).toEqual([
      { target: "index", key: "a", value: "b:c=d" },
      { target: "manifest[linux/amd64]", key: "a", value: "b:c=d" },
    ]);
  });
  it("LT-09: levels are those of the compression", () => {
    expect(parseOutput("type=image,compression-level=0").compressionLevel).toBe(0);
    expect(parseOutput("type=image,compression=zstd,compression-level=22").compressionLevel).toBe(22);
    expect(parseOutput("type=image,compression=uncompressed,compression-level=50").compressionLevel).toBe(50);
  });
  it("EP-05: an empty source-date-epoch switches it off", () => {
    expect(parseOutput("type=image,source-date-epoch=").sourceDateEpoch).toBeNull();
    expect(parseOutput("type=image,source-date-epoch=5").sourceDateEpoch).toBe(5);
  });
  it.each([
    ["type=lokal,dest=x", 'unknown output type "lokal"'],
    ["dest=x", "the output has no type"],
    ["type=local", "output type local needs a destination"],
    ["type=oci,tar=false", "output type oci with tar=false needs a destination"],
    ["type=docker,tar=false", "output type docker with tar=false needs a destination"],
    ["type=oci,tar=false,dest=-", "dest must be a folder for type=oci"],
    ["type=local,dest=-", "dest must be a folder for type=local"],
    ["type=oci,dets=x", 'unknown output option "dets"'],
    ["type=image,compression=lzma", 'compression "lzma" is not known'],
    ["type=image,compression-level=high", "output option compression-level is a whole number"],
    ["type=image,compression-level=10", "gzip has no compression level 10"],
    ["type=image,compression=zstd,compression-level=23", "zstd has no compression level 23"],
    ["type=oci,rewrite-timestamp=true,unpack=true", "cannot go together"],
    ['type=image,"name=a', 'a " that is not closed'],
  ])("refuses %s", (text, message) => {
    expect(() => parseOutput(text)).toThrow(message);
  });
  it("suggests the nearest type", () => {
    expect(() => parseOutput("type=dokcer")).toThrow(
      expect.objectContaining({ hint: "did you mean type=docker?" }),
    );
  });
  it("is frozen", () => {
    expect(Object.isFrozen(outputOf("image"))).toBe(true);
  });
});
