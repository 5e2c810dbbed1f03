import { describe, expect, it } from "vitest";
import { contextOf } from "./context-of.ts";
import { adviceOf, rulesOf } from "./rules-of.ts";

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;
const messages = (files: Readonly<Record<string, string>>, ...lines: string[]) =>
  adviceOf(`${[PINNED, ...lines].join("\n")}\n`, { context: contextOf(files) }).map(
    ({ rule, message }) => `${rule}: ${message}`,
  );
const rules = (files: Readonly<Record<string, string>>, ...lines: string[]) =>
  messages(files, ...lines).map((one) => one.split(":", 1)[0]);

const FILES = {
  ".git/config": "[core]",
  "node_modules/a/.env": "A=b",
  "web/node_modules/b/index.js": "b()",
  "web/.env.local": "KEY=v",
  "web/.env.example": "KEY=",
  "web/empty/.env": "",
  "keys/id_ed25519": "-----BEGIN",
  "main.js": "a()",
};

describe("UnignoredFiles, SecretFileCopied", () => {
  it("name what comes along, and do not look into what is named", () => {
    expect(messages(FILES, "COPY . /app")).toEqual([
      "SecretFileCopied: keys/id_ed25519, web/.env.local come along: a private ssh key",
      "UnignoredFiles: .git, node_modules, web/node_modules come along: there is no .dockerignore",
    ]);
    expect(messages(FILES, "ADD --link web/* /app/")).toEqual([
      "SecretFileCopied: web/.env.local comes along: a file of variables, which tends to hold secrets",
      "UnignoredFiles: web/node_modules comes along: there is no .dockerignore",
    ]);
  });

  it("say why an ignore file does not help, and nothing where there cannot be one", () => {
    const text = `${PINNED}\nCOPY . /app\n`;
    const files = { ".git/config": "x" };
    const [advice] = adviceOf(text, { context: contextOf(files, "in-force") });
    expect(advice?.message).toBe(".git comes along: the ignore file does not name it");
    expect(rulesOf(text, { context: contextOf(files, "not-used") })).toEqual([]);
  });

  it("what is copied by its own name is meant, but for secrets in it", () =>
    expect(rules(FILES, "COPY node_modules /app/node_modules")).toEqual(["SecretFileCopied"]));

  it.each([
    ["COPY --exclude=node_modules --exclude=**/.env* web /app"],
    ["COPY main.js /app/"],
    ["COPY *.js /app/"],
    ["COPY --from=other . /app"],
    ["COPY missing /app/"],
    ["COPY web/.env.example /app/"],
    ["COPY web/empty/.env /app/"],
    ["ONBUILD COPY . /app"],
  ])("are not said of %s", (line) => expect(rules(FILES, line)).toEqual([]));

  it("are said of a file by its name, whatever the stage, and also without a context", () => {
    const text = `${PINNED} AS b\nCOPY keys/id_ed25519 /root/.ssh/\nCOPY . /src\n${PINNED}\nCOPY --from=b /x /x\n`;
    expect(rulesOf(text)).toEqual(["SecretFileCopied"]);
    expect(rulesOf(text, { context: contextOf(FILES, "not-used") })).toEqual(["SecretFileCopied"]);
  });
});

describe("AddForCopy", () => {
  const files = {
    "a.conf": "x",
    folder: "PK",
    "src/main.c": "int",
    archive: "\x1f\x8b\b",
    tar: `${"a".repeat(257)}ustar`,
  };
  it.each([
    "ADD a.conf /",
    "ADD a.conf src /x/",
    "ADD src /src",
    "ADD . /src",
    "ADD *.json /x/",
    "ADD <<E /x\na\nE",
  ])("%s", (line) => expect(rules(files, line)).toEqual(["AddForCopy"]));
  it.each([
    "ADD https://example.com/a.conf /",
    "ADD git@git.corp:a/b.git /",
    "ADD a.tar.gz /",
    "ADD a.conf b.tgz /x/",
    "ADD archive /",
    "ADD tar /",
    "ADD * /x/",
    "ADD a* /x/",
    "ADD $UNKNOWN /x/",
    "ADD --unpack=false a.tar /",
    "ONBUILD ADD a.conf /",
    "COPY a.conf /",
  ])("is not said of %s", (line) => expect(rules(files, line)).toEqual([]));
});

describe("CopyBeforeInstall", () => {
  const install = "RUN --network=default pip install --no-cache-dir -r requirements.txt";
  it.each([
    [["COPY . .", install]],
    [["COPY ./ /app/", "WORKDIR /app", "RUN go mod download"]],
    [["COPY * .", "RUN bundle install --without test"]],
    [["COPY . .", "RUN ./mvnw -B dependency:go-offline"]],
    [["COPY . .", "RUN yarn install && yarn build && yarn cache clean"]],
  ])("%j", (lines) => expect(rules({}, ...lines)).toEqual(["CopyBeforeInstall"]));

  it.each([
    [["COPY requirements.txt .", install, "COPY . .", install]],
    [["COPY . .", "RUN pip install --no-cache-dir ."]],
    [["COPY . .", "RUN pip install --no-cache-dir -r requirements.txt -e ."]],
    [["COPY . .", "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt"]],
    [["COPY . .", "RUN npm install -g typescript@5 && rm -rf ~/.npm"]],
    [["COPY . .", "RUN cargo build --release"]],
    [[install, "COPY . ."]],
    [["COPY app app", install]],
  ])("is not said of %j", (lines) => expect(rules({}, ...lines)).toEqual([]));

  it("knows what the stage is based on", () => {
    const text = `${PINNED} AS deps\nCOPY package.json .\nRUN --mount=type=cache,target=/root/.npm npm ci\nFROM deps\nCOPY . .\n`;
    expect(rulesOf(`${text}RUN npm ci && rm -rf /root/.npm\n`)).toEqual(["CopyBeforeInstall"]);
    const again = text
      .replace("--mount=type=cache,target=/root/.npm ", "")
      .replace("npm ci", "npm ci && rm -rf /root/.npm");
    expect(rulesOf(`${again}RUN npm ci && rm -rf /root/.npm\n`)).toEqual([]);
  });
});

describe("ScriptWithoutExec", () => {
  const files = {
    "start.sh": "#!/bin/sh\nset -e\nserver --port 80\n",
    "good.sh": '#!/bin/sh\nexec "$@"\n',
    "bin/run": "#!/usr/bin/env bash\nserver\n",
    program: "\x7fELF",
  };
  it.each([
    [["COPY start.sh /start.sh", 'ENTRYPOINT ["/start.sh"]']],
    [["COPY --chmod=755 start.sh good.sh /usr/local/bin/", 'CMD ["start.sh"]']],
    [["WORKDIR /app", "COPY . .", 'CMD ["./start.sh"]']],
    [["COPY . /app", "WORKDIR /app", "CMD bash -e bin/run"]],
    [["COPY bin /opt/bin", "CMD exec /opt/bin/run"]],
    [["COPY good.sh start.sh /", 'ENTRYPOINT ["/good.sh"]', 'CMD ["/start.sh"]']],
    [["COPY <<E /x/s\nserver\nE", 'CMD ["sh", "/x/s"]']],
    [["COPY good.sh /s", "COPY start.sh /s", 'CMD ["/s"]']],
  ])("%j", (lines) => expect(rules(files, ...lines)).toContain("ScriptWithoutExec"));

  it.each([
    [["COPY good.sh /start.sh", 'ENTRYPOINT ["/start.sh"]']],
    [["COPY start.sh /start.sh", 'ENTRYPOINT ["tini", "--", "/start.sh"]']],
    [["COPY program /start.sh", 'ENTRYPOINT ["/start.sh"]']],
    [["COPY start.sh /start.sh", 'ENTRYPOINT ["/other.sh"]']],
    [["COPY start.sh /start.sh", 'CMD ["sh", "-c", "/start.sh; true"]']],
    [["COPY start.sh /start.sh", "CMD prepare && /start.sh"]],
    [["COPY start.sh /start.sh", 'ENTRYPOINT ["$START"]']],
    [["COPY start.sh /s", "COPY good.sh /s", 'CMD ["/s"]']],
    [["COPY --from=other start.sh /start.sh", 'CMD ["/start.sh"]']],
  ])("is not said of %j", (lines) => expect(rules(files, ...lines)).not.toContain("ScriptWithoutExec"));

  it("says what the script ends with", () => {
    expect(messages(files, "COPY start.sh /", 'CMD ["/start.sh"]')).toEqual([
      "ScriptWithoutExec: /start.sh ends with `server` without exec: the shell stays process 1, and what it starts gets no signal",
    ]);
  });
});
