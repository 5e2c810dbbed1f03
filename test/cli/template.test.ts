import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTemplate } from "../../src/cli/template/format-template.ts";
import { SlipwayError } from "../../src/core/errors.ts";

const data = {
  Id: "sha256:1",
  Config: { Env: ["A=1", "B=2"], Labels: { k: "v", a: "b" }, User: "", None: null },
  State: { Running: true, ExitCode: 0, Status: "running" },
  Networks: { web: { IP: "10.0.0.2" }, db: { IP: "10.0.0.3" } },
};

describe("templates of --format, as Go and Docker have them", () => {
  it.each([
    ["{{.Id}}", "sha256:1"],
    ["id={{.Id}}!", "id=sha256:1!"],
    ["{{.Config.Env}}", "[A=1 B=2]"],
    ["{{json .Config.Env}}", '["A=1","B=2"]'],
    ["{{.Config.Labels}}", "map[a:b k:v]"],
    ['{{index .Config.Labels "k"}}', "v"],
    ["{{index .Config.Env 1}}", "B=2"],
    ['{{(index .Networks "web").IP}}', "10.0.0.2"],
    ["{{range .Config.Env}}{{.}},{{end}}", "A=1,B=2,"],
    ["{{range $i, $v := .Config.Env}}{{$i}}={{$v}};{{end}}", "0=A=1;1=B=2;"],
    [
      "{{range $name, $n := .Networks}}{{$name}} {{$n.IP}} {{$.Id}} {{end}}",
      "db 10.0.0.3 sha256:1 web 10.0.0.2 sha256:1 ",
    ],
    ["{{range .Config.None}}x{{else}}none{{end}}", "none"],
    ["{{if .State.Running}}up{{else}}down{{end}}", "up"],
    ["{{if .State.ExitCode}}failed{{else if .State.Running}}up{{else}}down{{end}}", "up"],
    ["{{if .State.Health}}{{.State.Health.Status}}{{else}}no check{{end}}", "no check"],
    ["{{with .Config.User}}{{.}}{{else}}root{{end}}", "root"],
    ["{{with $s := .State}}{{$s.Status}} {{.ExitCode}}{{end}}", "running 0"],
    ['{{if and .State.Running (eq .State.Status "running")}}yes{{end}}', "yes"],
    ["{{if or .State.Nope (ne .State.ExitCode 0)}}a{{else}}b{{end}}", "b"],
    ["{{if not .State.Nope}}none{{end}}", "none"],
    ["{{if eq (len .Config.Env) .State.ExitCode}}a{{else}}{{len .Config.Env}}{{end}}", "2"],
    ["{{if gt (len .Networks) 1}}many{{end}}", "many"],
    ['{{join .Config.Env ", "}}', "A=1, B=2"],
    ['{{range split .Id ":"}}[{{.}}]{{end}}', "[sha256][1]"],
    ["{{.State.Status | upper}}", "RUNNING"],
    ['{{title "ab cd"}} {{lower "AB"}} {{truncate .Id 3}} {{pad "x" 1 2}}|', "Ab Cd ab sha  x  |"],
    ['{{printf "%-6s|%4d|%q" .State.Status .State.ExitCode "a"}}', 'running|   0|"a"'],
    ["a {{- .Id -}} b", "asha256:1b"],
    ["{{/* nothing }} of it */}}x".replace(" }}", ""), "x"],
    ["{{$x := .Id}}{{$x}} {{$x}}", "sha256:1 sha256:1"],
    ['{{"}}"}} {{`{{`}}', "}} {{"],
    ['{{println "a" 1 true nil}}', "a 1 true <no value>\n"],
    ["no action } at all {", "no action } at all {"],
  ])("%s", (template, text) => {
    expect(formatTemplate(template, data)).toBe(text);
  });

  it.each([
    ["{{.Nope}}", "there is no member .Nope"],
    ["{{range .Config.Env}}{{.}}", "has no {{end}}"],
    ["{{if .Id}}a{{else}}b", "has no {{end}}"],
    ["{{end}}", "{{end}} ends nothing"],
    ["{{else}}", "ends nothing"],
    ["{{.Id", "does not end"],
    ["{{frobnicate .Id}}", "there is no function frobnicate"],
    ["{{json}}", "json needs something"],
    ["{{$x}}", "there is no variable $x"],
    ["{{.Id .Id}}", "is not understood"],
    ["{{}}", "is not understood"],
    ["{{(.Id}}", "is not understood"],
    ["{{.Id | .Id}}", "is not understood"],
    ["{{#}}", 'has "#" in it'],
    ['{{"\\q"}}', "no text in quotes"],
    ["{{index .Config.Env 7}}", "a list of 2 has no index 7"],
    ["{{range .Id}}{{end}}", "range needs a list or a map"],
    ["{{range $a, $b, $c := .Id}}{{end}}", "too many variables"],
    ['{{printf "%z" 1}}', "printf does not know %z"],
    [`${"{{if .Id}}".repeat(5000)}`, "too deep"],
    [`{{${"(".repeat(5000)}.Id}}`, "is not understood"],
  ])("refuses %s instead of printing something", (template, message) => {
    expect(() => formatTemplate(template, data)).toThrow(message);
  });

  it("never fails with anything but USAGE, whatever is written", () => {
    const part = fc.constantFrom(
      ...'{{ }} .Id range if end else with | ( ) "a" ` $x := , -1 json . eq len {{- -}} x'.split(" "),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 25 }), (parts) => {
        try {
          expect(typeof formatTemplate(parts.join(" "), data)).toBe("string");
        } catch (error) {
          if (!(error instanceof SlipwayError)) throw error;
          expect(error.code).toBe("USAGE");
        }
      }),
    );
  });
});
