import { describe, expect, it } from "vitest";
import { judgeStartScript } from "../../src/shell/start-script.ts";

const endingOf = (text: string) => judgeStartScript(text).ending;

describe("how the script that starts a container ends", () => {
  it.each([
    'exec "$@"',
    "setup\nexec nginx -g 'daemon off;'",
    'if [ "$1" = serve ]; then\n  exec server\nfi\n',
    'case "$1" in\n  web) exec web ;;\n  *) exec "$@" ;;\nesac',
    'main() {\n  prepare\n  exec server "$@"\n}\nmain "$@"',
    "prepare && exec gosu app server",
    "exec env A=b server\n# the end\n",
    "exec server || exit 1",
    "#!/usr/bin/env bash\nset -e\n. /lib.sh\nexec server",
  ])("hands over: %j", (text) => expect(endingOf(text)).toBe("hands-over"));

  it.each([
    ["server --port 80", "server --port 80"],
    ['prepare\n"$@"\n', "$@"],
    ['if [ $# -gt 0 ]; then exec "$@"; fi\nserver', "server"],
    ["server; exit $?", "server"],
    ["sudo -u app server", "sudo -u app server"],
    ['case "$1" in start) server ;; *) "$@" ;; esac', "$@"],
    ["main() { server; }\nmain", "server"],
    ["exec >log 2>&1\nserver", "server"],
    ["[ -f x ] && server", "server"],
    [". /lib.sh\n/usr/bin/server", "/usr/bin/server"],
    ["$SERVER --now", "$SERVER --now"],
  ])("stays: %j", (text, last) => expect(judgeStartScript(text)).toMatchObject({ ending: "stays", last }));

  it.each([
    ["a loop", "while :; do server; sleep 1; done"],
    ["wait", "server &\nother &\nwait"],
    ["wait for the first", "server &\nwait -n\nexit $?"],
    ["a loop in a function", "run() { while :; do server; done; }\nrun"],
    ["a function of another file", ". /functions.sh\nrun_server"],
    ["nothing but builtins", "cd /x\nexport A=b\necho ready"],
    ["redirections alone", "exec >log"],
    ["a pipeline", "server | tee log"],
    ["another language", "#!/usr/bin/python3\nserver()"],
    ["nothing", "#!/bin/sh\n"],
    ["functions that call each other", "a() { b; }\nb() { a; }\na"],
  ])("is not judged: %s", (_, text) => expect(endingOf(text)).toBe("unknown"));

  it("counts what goes to the background", () => {
    expect(judgeStartScript("a &\nb 2>&1 && c &\n(d; e) & # f &\necho '&'\nwait").background).toBe(3);
  });
});
