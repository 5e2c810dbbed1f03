import { expect, it } from "vitest";
import { MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import { dockerInspect } from "../../src/image/inspect.ts";

const manifest = { mediaType: MEDIA.ociManifest, digest: digestOf("m"), size: 7 };

it("DK-02: the fields of docker image inspect", () => {
  const view = dockerInspect({
    id: digestOf("id"),
    config: {
      platform: { os: "linux", architecture: "arm", variant: "v7" },
      author: "me",
      created: "2024-01-01T00:00:00Z",
      config: { Cmd: ["sh"], Env: [], ExposedPorts: { "80/tcp": {} } },
      history: [{ comment: "buildkit.dockerfile.v0" }],
      diffIds: [digestOf("layer")],
    },
    manifest,
    tags: ["app:1"],
    repoDigests: [`app@${digestOf("m")}`],
    size: 42,
  });
  expect(view).toEqual({
    Id: digestOf("id"),
    RepoTags: ["app:1"],
    RepoDigests: [`app@${digestOf("m")}`],
    Comment: "buildkit.dockerfile.v0",
    Created: "2024-01-01T00:00:00Z",
    Author: "me",
    Config: { ExposedPorts: { "80/tcp": {} }, Cmd: ["sh"] },
    Architecture: "arm",
    Variant: "v7",
    Os: "linux",
    Size: 42,
    GraphDriver: { Data: null, Name: "overlayfs" },
    RootFS: { Type: "layers", Layers: [digestOf("layer")] },
    Metadata: { LastTagTime: "0001-01-01T00:00:00Z" },
    Descriptor: manifest,
  });
});
