import { docComment } from "../dockerfile/doc-comment.ts";
import type { ArgInstruction } from "../dockerfile/instructions.ts";
import { globalArgValues } from "./global-scope.ts";
import type { InterpretedBuild } from "./interpret-build.ts";
import type { InterpretedStage } from "./interpret-stage.ts";
import type { OutlineArg } from "./outline.ts";

/** A declaration of an ARG: what an outline says of it, and the variables that its default used. */
interface Declaration {
  readonly arg: OutlineArg;
  readonly used: ReadonlySet<string>;
}
type Declarations = ReadonlyMap<string, Declaration>;

/** The ARGs that stages use: those they declare, those their FROM names, and those that the defaults of these use. */
export class OutlinedArgs {
  readonly #build: InterpretedBuild;
  readonly #globals: Declarations;

  constructor(build: InterpretedBuild) {
    this.#build = build;
    const { globals } = build;
    this.#globals = new Map(
      Array.from(globalArgValues(globals), ({ instruction, key, value, used }) => [
        key,
        declaration(instruction, { key, value, used }),
      ]),
    );
  }

  /** Each name once, as the first of the stages that use it has it. */
  of(stages: readonly InterpretedStage[]): readonly OutlineArg[] {
    const told = new Map<string, OutlineArg>();
    for (const stage of stages)
      for (const { arg } of this.#usedIn(stage)) if (!told.has(arg.name)) told.set(arg.name, arg);
    return [...told.values()];
  }

  #usedIn(stage: InterpretedStage): readonly Declaration[] {
    const own = this.#ownOf(stage);
    const known: Declarations = new Map([...this.#globals, ...own.declared]);
    const found = new Map<string, Declaration>();
    const pending = [...stage.entry.usedArgs, ...own.names].reverse();
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const declared = known.get(name);
      if (!declared || found.has(name)) continue;
      found.set(name, declared);
      pending.push(...declared.used);
    }
    return [...found.values()];
  }

  /** The ARG lines of a stage. One that takes over the global value declares nothing of its own (SPEC SC-05). */
  #ownOf({ entry, state, setting }: InterpretedStage): {
    names: ReadonlySet<string>;
    declared: Declarations;
  } {
    const { buildArgs, globalArgs } = setting.build;
    const items = (entry.replacement ? [] : entry.instructions).flatMap(({ instruction }) =>
      instruction.kind === "ARG" ? instruction.args.map((item) => ({ instruction, item })) : [],
    );
    const values = state.collected.content.args;
    const declared = new Map<string, Declaration>();
    items.forEach(({ instruction, item: { key, value: text } }, at) => {
      const isTakenOver = text === undefined && !buildArgs.has(key) && globalArgs.has(key);
      const evaluated = values[at]!;
      if (!isTakenOver) declared.set(key, declaration(instruction, evaluated));
    });
    return { names: new Set(items.map(({ item }) => item.key)), declared };
  }
}

function declaration(
  { comments, source }: ArgInstruction,
  { key, value, used }: { key: string; value: string | undefined; used?: ReadonlySet<string> },
): Declaration {
  const description = docComment(key, comments);
  const arg: OutlineArg = {
    name: key,
    ...(value === undefined ? {} : { value }),
    ...(description === undefined ? {} : { description }),
    source,
  };
  return { arg, used: used ?? new Set() };
}
