import { describe, expect, it } from "vitest";
import { rulesOf } from "./rules-of.ts";

const PINNED = `FROM debian:bookworm@sha256:${"0".repeat(64)}`;
const of = (...lines: string[]) => rulesOf(`${[PINNED, ...lines].join("\n")}\n`);

describe("PackageCacheKept", () => {
  it.each([
    "RUN apk add git=1",
    "RUN apk update && apk add --no-cache git=1",
    "RUN dnf -y install git-1",
    "RUN microdnf install -y git-1 && dnf --version",
    "RUN zypper -n in git=1",
    "RUN pacman -Syu --noconfirm git",
    "RUN pip3 install flask==1",
    "RUN python3.12 -m pip install -r requirements.txt",
    "RUN npm ci",
    "RUN yarn --frozen-lockfile",
    "RUN composer install",
    "RUN conda install -y numpy=1",
    "RUN PIP_NO_CACHE_DIR=0 pip install flask==1",
    "RUN --mount=type=cache,target=/cache npm ci",
    "RUN <<E\nset -e\nif true; then pip install flask==1; fi\nE",
  ])("%s", (line) => expect(of(line)).toEqual(["PackageCacheKept"]));

  it.each([
    ["RUN apk add --no-cache git=1"],
    ["RUN apk add git=1 && rm -rf /var/cache/apk/*"],
    ["RUN --mount=type=cache,target=/var/cache/apk apk add git=1"],
    ["RUN --mount=type=cache,dst=/var/cache dnf -y install git-1"],
    ["RUN dnf -y install git-1 && dnf clean all"],
    ["RUN yum -y install git-1 && rm -rf /var/cache/yum"],
    ["RUN zypper -n in git=1 && zypper clean -a"],
    ["RUN pip install --no-cache-dir flask==1"],
    ["ENV PIP_NO_CACHE_DIR=1", "RUN pip install flask==1"],
    ["RUN export PIP_NO_CACHE_DIR=yes && pip install flask==1"],
    ["RUN --mount=type=cache,target=/root/.cache pip install flask==1"],
    ["RUN --mount=type=cache,target=/root/.npm npm ci"],
    ["RUN npm ci && npm cache clean --force"],
    ["RUN npm ci && rm -rf ~/.npm"],
    ["RUN npm run build && yarn --version && yarn build && npm --version"],
    ["RUN pip install flask==1 && ./clean-up.sh"],
    ["RUN apk info && pip list && dnf repolist"],
    ["RUN echo apk add git"],
    ["ONBUILD RUN apk add git"],
  ])("is not said of %j", (...lines) => expect(of(...lines)).not.toContain("PackageCacheKept"));

  it("is not said of a builder", () => {
    expect(rulesOf(`${PINNED} AS b\nRUN npm ci\n${PINNED}\nCOPY --from=b /x /x\n`)).toEqual([]);
  });
});

describe("questions and versions", () => {
  it.each([
    ["RUN dnf install git-1 && dnf clean all", ["InstallAsksQuestions"]],
    ["RUN yum remove git", ["InstallAsksQuestions"]],
    ["RUN zypper in git=1 && zypper cc", ["InstallAsksQuestions"]],
    ["RUN pacman -S git && rm -rf /var/cache/pacman", ["InstallAsksQuestions"]],
    ["RUN yes | dnf install git-1 && dnf clean all", []],
    ["RUN dnf install --assumeyes git-1 && dnf clean all", []],
    ["RUN zypper --non-interactive in git=1 && zypper cc", []],
    ["RUN dnf install $FLAGS git-1 && dnf clean all", []],
    ["RUN apk add --no-cache -t .build git curl=8", ["PackageVersionUnpinned"]],
    ["RUN apk add --no-cache 'git>2' curl=8 bash~5", []],
    ["RUN pip install --no-cache-dir 'flask>=1' requests", ["PackageVersionUnpinned"]],
    ["RUN pip install --no-cache-dir -r requirements.txt -i https://pypi.corp/ .", []],
    ["RUN pip install --no-cache-dir -c constraints.txt flask", []],
    ["RUN pip install --no-cache-dir ./wheels/a.whl git+https://git.corp/a@v1", []],
    ["RUN npm install -g typescript && rm -rf /root/.npm", ["PackageVersionUnpinned"]],
    ["RUN npm install -g typescript@5 @scope/a@1.2 && rm -rf /root/.npm", []],
    ["RUN npm i && rm -rf /root/.npm", ["NpmInstallUnlocked"]],
    ["RUN npm install -g && npm ci && rm -rf /root/.npm", []],
    ["RUN gem install rails", ["PackageVersionUnpinned"]],
    ["RUN gem install rails -v 7.1 && gem install rake:13.0", []],
    ["RUN go install example.com/tool@latest", ["PackageVersionUnpinned"]],
    ["RUN go install example.com/tool@v1.2.3 && go install ./cmd/...", []],
    ["RUN dnf -y install git && dnf clean all", ["PackageVersionUnpinned"]],
    ["RUN dnf -y install https://corp/a.rpm @core git-2.45 && dnf -y update && dnf clean all", []],
  ])("%s", (line, expected) => expect(of(line)).toEqual(expected));
});
