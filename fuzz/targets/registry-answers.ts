import { Readable } from "node:stream";
import { parseChallenges } from "../../src/registry/challenge.ts";
import { responseError } from "../../src/registry/response-errors.ts";
import { retryAfter } from "../../src/registry/retry.ts";
import { fetchToken } from "../../src/registry/token.ts";
import type { HttpResponse, Transport } from "../../src/registry/transport.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { text, word } from "../grammar/text.ts";
import { checkShown } from "./shown-error.ts";

/** What registries and token services answer: status, headers, a body of JSON that may be anything. */
export const registryAnswersTarget: Target = {
  name: "registry-answers",
  about: "challenges, token answers, error documents, Retry-After",
  seeds: [
    [
      "401",
      'Bearer realm="https://a.b/token",service="s",scope="repository:x:pull,push", Basic realm="q\\"x"',
      '{"token":"t","expires_in":60}',
    ],
    [
      "429",
      "Negotiate abc==, Basic",
      '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow \\u001b[31m down"}]}',
    ],
    ["200", "", '{"access_token":"t"}'],
  ].map(joinParts),
  dictionary: [
    "Bearer ",
    "Basic ",
    "realm=",
    '"',
    "\\",
    ",",
    " ",
    "=",
    "token68==",
    '{"errors":',
    '{"token":',
    "null",
    "\u001b]0;x\u0007",
  ],
  generate: (random) => {
    const parameter = () =>
      `${word(random)}${random.pick(["=", " = ", ""])}${random.pick([`"${text(random)}"`, word(random), '"open'])}`;
    const challenge = () =>
      `${random.pick(["Bearer", "Basic", "Negotiate", word(random)])} ${random.several(0, 4, parameter).join(random.pick([",", ", ", " "]))}`;
    const body = random.pick([
      '{"token":"x"}',
      '{"errors":[{"code":"A","message":"m"}]}',
      "[]",
      "null",
      text(random),
      `{"errors":${text(random)}}`,
    ]);
    return joinParts([
      String(random.pick([200, 301, 400, 401, 403, 404, 413, 429, 500])),
      random.several(1, 3, challenge).join(", "),
      body,
    ]);
  },
  run: async (input) => {
    const [status = "", header = "", body = ""] = splitParts(input);
    parseChallenges(header);
    const wait = retryAfter(header, 0);
    must(wait === undefined || wait >= 0, () => "a pause of less than nothing");
    const error = await responseError(answer(Number.parseInt(status, 10) || 500, header, body), {
      host: "h",
      subject: "s",
      upload: false,
    });
    checkShown(error);
    const transport = { send: async () => answer(200, header, body) } as unknown as Transport;
    await fetchToken(transport, {
      host: "h",
      realm: "https://a.b/token",
      service: "s",
      scopes: [],
      credentials: undefined,
      insecure: false,
    });
  },
};

function answer(status: number, header: string, body: string): HttpResponse {
  return {
    status,
    headers: { "www-authenticate": header, "retry-after": header, "content-type": "application/json" },
    body: Readable.from([Buffer.from(body)]) as unknown as HttpResponse["body"],
    url: new URL("https://h/"),
  };
}
