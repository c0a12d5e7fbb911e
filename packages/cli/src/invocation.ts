import type { BerthClient } from "@berth/client";
import type { Command } from "commander";
import type { Dependencies } from "./dependencies.ts";
import { type Paint, paintFor } from "./print/paint.ts";
import { type Column, tableLines } from "./print/table.ts";

export const defaultUrl = "http://127.0.0.1:7070";
export const defaultSpace = "default";

export interface GlobalOptions {
  readonly url?: string;
  readonly space?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

/** One call of the command: whom it asks, and how it answers. */
export class Invocation {
  readonly client: BerthClient;
  readonly dependencies: Dependencies;
  /** Only JSON goes to stdout. */
  readonly json: boolean;
  /** For stdout. */
  readonly paint: Paint;
  /** For stderr. */
  readonly paintNote: Paint;
  readonly #width: number | undefined;

  constructor(options: GlobalOptions, dependencies: Dependencies) {
    const { env, stdout, stderr } = dependencies;
    this.dependencies = dependencies;
    this.client = dependencies.createClient({
      url: options.url ?? (env.BERTH_URL || defaultUrl),
      space: options.space ?? (env.BERTH_SPACE || defaultSpace),
    });
    this.json = options.json === true;
    const wish = { color: options.color, noColorVariable: env.NO_COLOR };
    this.paint = paintFor(stdout, wish);
    this.paintNote = paintFor(stderr, wish);
    this.#width = stdout.isTTY === true ? stdout.columns : undefined;
  }

  get now(): number {
    return this.dependencies.clock.now();
  }

  get user(): string {
    return this.dependencies.user;
  }

  print(...lines: readonly string[]): void {
    for (const line of lines) this.dependencies.stdout.write(`${line}\n`);
  }

  /** To stderr: what is for a person and not part of the answer. */
  note(line: string): void {
    this.dependencies.stderr.write(`${line}\n`);
  }

  /** One line, so that programs can read line by line. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** JSON if that is wanted, else lines for people. */
  answer(value: unknown, lines: () => readonly string[]): void {
    if (this.json) this.printJson(value);
    else this.print(...lines());
  }

  /** A list as `{items, next}`, or as a table; `empty` says in words that there is nothing. */
  list<Row>(
    page: { readonly items: readonly Row[]; readonly next: string | null },
    columns: readonly Column<Row>[],
    empty: string,
  ): void {
    if (this.json) this.printJson({ items: page.items, next: page.next });
    else if (page.items.length === 0) this.print(empty);
    else this.print(...tableLines(page.items, columns, this.#width, this.paint));
  }
}

/** What a command does; the result is its exit code, 0 if it gives none. */
export type Run<Arguments extends unknown[]> = (
  invocation: Invocation,
  ...commandArguments: Arguments
) => Promise<number | undefined>;

/** Makes an action for commander, which gives the arguments, the options and the command itself. */
export type Act = <Arguments extends unknown[]>(
  run: Run<Arguments>,
) => (...given: [...Arguments, Command]) => Promise<void>;

export function actWith(dependencies: Dependencies, onExitCode: (code: number) => void): Act {
  return <Arguments extends unknown[]>(run: Run<Arguments>) =>
    async (...given: [...Arguments, Command]) => {
      const command = given.at(-1) as Command;
      const invocation = new Invocation(command.optsWithGlobals<GlobalOptions>(), dependencies);
      onExitCode((await run(invocation, ...(given.slice(0, -1) as Arguments))) ?? 0);
    };
}
