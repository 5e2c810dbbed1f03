import type { BuildOptions } from "../../api/build-options.ts";
import { check } from "../../api/check.ts";
import type { Environment } from "../../api/environment.ts";
import { listTargets, outline } from "../../api/outline.ts";
import { SlipwayError } from "../../core/errors.ts";
import { EXIT } from "../cli-context.ts";
import { CALL_VERSION, checkJson, DESCRIPTION, outlineJson, targetsJson } from "./call-json.ts";
import type { CallRequest } from "./call-request.ts";
import { checkText, describeText, findingsText, outlineText, targetsText } from "./call-text.ts";

/** What a question is answered with. */
export interface CallAnswer {
  /** For standard output. */
  readonly output: string;
  readonly exitCode: number;
  /** Why a build would fail: to be told like that of a build. */
  readonly error?: SlipwayError;
  /** For `--metadata-file`: the keys that BuildKit's results have. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Answers a question about a Dockerfile (SPEC SG-17, LN-06). Rejects where there is no answer. */
export async function answerCall(
  { method, json, ignoreStatus }: CallRequest,
  options: BuildOptions,
  environment: Environment,
): Promise<CallAnswer> {
  switch (method) {
    case "check": {
      const result = await check(options, environment);
      const { error } = result;
      const status = result.warnings.length > 0 ? EXIT.failed : EXIT.ok;
      const form = { json: checkJson(result), text: findingsText(result), status };
      const shown = json ? undefined : spaced(checkText(result), error);
      return {
        ...answer(json, form, shown),
        exitCode: error ? EXIT.failed : ignoreStatus ? EXIT.ok : status,
        ...(error ? { error } : {}),
      };
    }
    case "outline": {
      const result = await outline(options, environment);
      return answer(json, { json: outlineJson(result), text: outlineText(result) });
    }
    case "targets": {
      const result = await listTargets(options, environment);
      return answer(json, { json: targetsJson(result), text: targetsText(result) });
    }
    case "subrequests.describe":
      return answer(json, { json: DESCRIPTION, text: describeText() });
    default:
      throw new SlipwayError("INTERNAL", `nothing answers ${method satisfies never}`);
  }
}

/** The error is told on another stream, which mostly ends on the same screen. */
function spaced(text: string, error: SlipwayError | undefined): string {
  return error && text !== "" ? `${text}\n` : text;
}

interface Form {
  readonly json: unknown;
  readonly text: string;
  readonly status?: number;
}

function answer(json: boolean, form: Form, shown = form.text): CallAnswer {
  const document = `${JSON.stringify(form.json, null, 2)}\n`;
  return {
    output: json ? document : shown,
    exitCode: EXIT.ok,
    metadata: {
      "result.json": form.json,
      ...(form.status === undefined ? {} : { "result.statuscode": String(form.status) }),
      "result.txt": form.text,
      version: CALL_VERSION,
    },
  };
}
