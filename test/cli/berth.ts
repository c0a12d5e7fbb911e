import { run } from "@berth/cli";
import { BerthClient } from "@berth/client";
import { now } from "../support/views.ts";

export interface World {
  /** Of the API; none: whatever the arguments and the environment say. */
  readonly url?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The width of the terminal; none: the output goes to a file. */
  readonly terminal?: number;
  /** Hands over what interrupts the command, as soon as it can be interrupted. */
  readonly onInterruptible?: (interrupt: () => void) => void;
  /** Called for each line on stderr. */
  readonly onNote?: (line: string) => void;
}

export interface Ran {
  readonly exitCode: number;
  /** Lines, without the empty one after the last. */
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs the command in this process, at the time of the canned views. */
export async function berth(world: World, ...commandArguments: readonly string[]): Promise<Ran> {
  let out = "";
  let err = "";
  const terminal = world.terminal === undefined ? {} : { isTTY: true, columns: world.terminal };
  const exitCode = await run(commandArguments, {
    createClient: (options) =>
      new BerthClient({ ...options, retries: { attempts: 3 }, wait: () => Promise.resolve() }),
    fetch: (url, request) => fetch(url, request),
    stdout: {
      write: (text) => {
        out += text;
      },
      ...terminal,
    },
    stderr: {
      write: (text) => {
        err += text;
        world.onNote?.(text.trimEnd());
      },
      ...terminal,
    },
    stdin: (async function* () {
      yield world.stdin ?? "";
    })(),
    env: { ...(world.url === undefined ? {} : { BERTH_URL: world.url }), ...world.env },
    clock: { now: () => now },
    user: "ada",
    onInterrupt: (listener) => {
      world.onInterruptible?.(listener);
      return () => {};
    },
  });
  return { exitCode, out: linesOf(out), err: linesOf(err) };
}

/** The only line of an answer in JSON. */
export function jsonOf({ out }: Ran): unknown {
  if (out.length !== 1) throw new Error(`expected one line of JSON, got:\n${out.join("\n")}`);
  return JSON.parse(out[0] ?? "");
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
