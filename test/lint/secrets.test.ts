import { describe, expect, it } from "vitest";
import { adviceOf, rulesOf } from "./rules-of.ts";

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;
const of = (...lines: string[]) => rulesOf(`${[PINNED, ...lines].join("\n")}\n`);
const TOKEN = `ghp_${"a1B2c3D4".repeat(5)}`;

describe("SecretInText", () => {
  it.each([
    "RUN git clone https://deploy:s3cr3tpass@git.corp/app.git",
    "ADD https://deploy:s3cr3tpass@files.corp/app.conf /",
    `RUN git clone https://${TOKEN}@git.corp/app.git`,
    `LABEL note=${TOKEN}`,
    `ENV URL=https://git.corp/?t=${TOKEN}`,
    "ENV DB_PWD=hunter22",
    "ARG DB_PWD='hunter22'",
    "RUN export API_KEY=abcd1234efgh && setup",
    "RUN DB_PASSWORD=hunter22 setup",
    "RUN login --password hunter22",
    "RUN login --api-key=abcd1234",
    "RUN curl -u deploy:hunter22 https://files.corp/",
    `RUN <<E\necho ${TOKEN} >/x\nE`,
    `COPY <<E /x\n${TOKEN}\nE`,
  ])("%s", (line) => expect(of(line)).toEqual(["SecretInText"]));

  it.each([
    `ENV API_TOKEN=${TOKEN}`,
    "ENV DB_PWD=$PWD_FROM_BASE",
    "ENV DB_PWD_FILE=/run/secrets/pwd",
    "RUN git clone https://user:password@git.corp/app.git",
    'RUN git clone "https://user:$PASS@git.corp/app.git"',
    "RUN API_KEY=$(cat /run/secrets/key) setup",
    "RUN login --password-stdin registry.corp",
    "RUN login --token-file /run/secrets/token --password=$P",
    "RUN curl -u deploy https://files.corp/",
    "RUN echo 'the password is in the safe'",
  ])("is not said of %s", (line) => expect(of(line)).toEqual([]));

  it("shows no secret", () => {
    const advice = adviceOf(
      `${PINNED}\nRUN git clone https://deploy:s3cr3tpass@git.corp/a && export K_TOKEN=${TOKEN}\n`,
    );
    expect(advice.length).toBeGreaterThan(0);
    for (const { message } of advice) expect(message).not.toMatch(/s3cr3tpass|a1B2c3D4a1B2/);
  });

  it("also looks ahead of the first FROM", () =>
    expect(rulesOf(`ARG URL=https://a:s3cr3tpass@b.corp/\n${PINNED}\n`)).toEqual(["SecretInText"]));
});

describe("SecretInBuildArg", () => {
  it.each([
    'RUN git clone "https://$GH@git.corp/app.git"',
    "RUN git clone https://user:${GH}@git.corp/app.git",
    'RUN curl -H "Authorization: Bearer $GH" https://api.corp/',
    'RUN curl --header "PRIVATE-TOKEN: ${GH}" https://api.corp/',
    'RUN echo "//npm.corp/:_authToken=$GH" >.npmrc',
    'RUN printf "machine a login b password $GH" >~/.netrc',
    'RUN login --password "$GH"',
    "RUN curl -u user:$GH https://files.corp/",
    "RUN sh -c 'curl -u user:$GH https://files.corp/'",
    "ADD https://user:$GH@files.corp/a.conf /",
  ])("%s", (line) => expect(of("ARG GH", line)).toEqual(["SecretInBuildArg"]));

  it.each([
    [["ARG GH", "RUN echo $GH https://git.corp/a"]],
    [["ARG HOST", "RUN curl https://$HOST/a -H 'Accept: x'"]],
    [["ARG GH_TOKEN", 'RUN git clone "https://$GH_TOKEN@git.corp/app.git"']],
    [['RUN git clone "https://$GH@git.corp/app.git"']],
    [["ARG GH", 'RUN --mount=type=secret,id=gh,env=GH git clone "https://$GH@git.corp/app.git"']],
    [["ARG GH", 'RUN GH=$(cat /run/secrets/gh) && git clone "https://$GH@git.corp/app.git"']],
    [["ARG GH", "RUN git clone 'https://$GH@git.corp/app.git'"]],
  ])("is not said of %j", (lines) => expect(of(...lines)).toEqual([]));
});
