import { FUNCTIONS, goText, isTrue, sortedEntries } from "./functions.ts";
import { type Expression, type Node, parseTemplate } from "./parse.ts";
import { refuse } from "./tokens.ts";

interface Scope {
  readonly dot: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
}

/**
 * Fills in a template of Go as Docker's `--format` has them: members, pipelines, variables, `if`, `with`, `range`, and the functions of
 * `functions.ts`. Throws `USAGE` for what is no such template and for members that are not there, rather than printing something that looks
 * right; in a condition a member that is not there is false.
 */
export function formatTemplate(template: string, data: unknown): string {
  return run(parseTemplate(template), { dot: data, variables: new Map([["$", data]]) });
}

function run(nodes: readonly Node[], scope: Scope): string {
  let text = "";
  let { variables } = scope;
  for (const node of nodes) {
    const at = { ...scope, variables };
    if (node.kind === "text") text += node.text;
    else if (node.kind === "print") text += goText(valueOf(node.value, at));
    else if (node.kind === "set") variables = new Map(variables).set(node.name, valueOf(node.value, at));
    else text += runBlock(node, at);
  }
  return text;
}

function runBlock(node: Extract<Node, { body: readonly Node[] }>, scope: Scope): string {
  const value = valueOf(node.value, scope, true);
  if (node.kind === "range") return runRange(node, value, scope);
  if (!isTrue(value)) return run(node.otherwise, scope);
  const [name] = node.variables;
  const variables = name === undefined ? scope.variables : new Map(scope.variables).set(name, value);
  return run(node.body, { dot: node.kind === "with" ? value : scope.dot, variables });
}

function runRange(node: Extract<Node, { body: readonly Node[] }>, value: unknown, scope: Scope): string {
  const items = itemsOf(value);
  if (items.length === 0) return run(node.otherwise, scope);
  const [first, second] = node.variables;
  return items
    .map(([key, item]) => {
      const variables = new Map(scope.variables);
      if (second !== undefined) variables.set(first!, key).set(second, item);
      else if (first !== undefined) variables.set(first, item);
      return run(node.body, { dot: item, variables });
    })
    .join("");
}

function itemsOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === "object"
    ? sortedEntries(value)
    : refuse(`range needs a list or a map, not ${goText(value)}`);
}

/** `mayMiss`: a member that is not there is nothing. */
function valueOf(expression: Expression, scope: Scope, mayMiss = false): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "dot":
      return scope.dot;
    case "variable":
      if (!scope.variables.has(expression.name)) return refuse(`there is no variable ${expression.name}`);
      return scope.variables.get(expression.name);
    case "member":
      return expression.names.reduce(
        (value, name) => memberOf(value, name, expression.names, mayMiss),
        valueOf(expression.of, scope, mayMiss),
      );
    case "call":
      return call(expression, scope, mayMiss);
    default:
      return expression satisfies never;
  }
}

function memberOf(value: unknown, name: string, names: readonly string[], mayMiss: boolean): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "object" && Object.hasOwn(value, name))
    return (value as Record<string, unknown>)[name];
  return mayMiss ? undefined : refuse(`there is no member .${names.join(".")} in the result`);
}

/** `and` and `or` go on only as far as they need to. */
function call(
  { name, operands }: Extract<Expression, { kind: "call" }>,
  scope: Scope,
  mayMiss: boolean,
): unknown {
  if (name === "and" || name === "or") {
    let value: unknown;
    for (const operand of operands) {
      value = valueOf(operand, scope, true);
      if (isTrue(value) === (name === "or")) break;
    }
    return value;
  }
  const run = FUNCTIONS.get(name) ?? refuse(`there is no function ${name}`);
  if (operands.length === 0) return refuse(`${name} needs something to work on`);
  return run(...operands.map((operand) => valueOf(operand, scope, mayMiss || name === "not")));
}
