import type { Delivery, Handler as HandlerCall, TaskKind } from "@berth/protocol";

/** What a handler is given. */
export interface HandlerContext {
  readonly space: string;
  readonly target: string;
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  /** Only ever grows per slot, also in the order of strings: a fence for whatever the handler writes to. */
  readonly token: string;
  /** Which step of the task it is, from 1; `null`: the task has none. */
  readonly step: number | null;
  readonly kind: TaskKind;
  /** Name of the task. */
  readonly name: string;
  /** What the task gives the handler: any JSON value. */
  readonly input: HandlerCall["input"];
  readonly variables: Readonly<Record<string, string>>;
  /** Aborts when the handler shall end: a cancel, the end of its time, the end of the tentacle. */
  readonly signal: AbortSignal;
  /** Adds lines to the log of the task. */
  log(text: string): void;
}

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the usual one.
export type HandlerResult = void | { readonly exitCode?: number };

/**
 * Returns when the work is done. Throws `HandlerFailed` for an honest no; whatever else it throws counts as a failure
 * to process the task, and becomes an OOPS.
 */
export type HandlerFunction = (context: HandlerContext) => HandlerResult | Promise<HandlerResult>;

/** A handler that computes: it runs in a thread of its own, so that it does not stop heartbeats, and can be ended. */
export interface HandlerModule {
  readonly module: URL;
  /** Name under which the module exports the function; `default` where it is left out. */
  readonly export?: string;
  /** What it may take of memory, in MiB of heap; one that takes more crashes alone. Default: as Node sees fit. */
  readonly memoryMiBMax?: number;
}

export type Handler = HandlerFunction | HandlerModule;

/** Thrown by a handler that did its work and has to say no: the task fails, without an OOPS. */
export class HandlerFailed extends Error {
  readonly exitCode: number | null;
  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: number }) {
    super(message, options);
    this.name = "HandlerFailed";
    this.exitCode = options?.exitCode ?? null;
  }
}

/** By its name too: a handler may come with a copy of this package of its own. */
export function isHandlerFailed(thrown: unknown): thrown is HandlerFailed {
  return thrown instanceof HandlerFailed || (thrown instanceof Error && thrown.name === "HandlerFailed");
}

/** All of the context that can be sent to a thread. */
export type HandlerFacts = Omit<HandlerContext, "signal" | "log">;

export function handlerFacts(delivery: Delivery, input: HandlerCall["input"]): HandlerFacts {
  const { space, target, task, leg, attempt, token, kind, name, payload } = delivery;
  const step = stepNumber(delivery);
  return { space, target, task, leg, attempt, token, step, kind, name, input, variables: payload.variables };
}

export function stepNumber({ step }: Delivery): number | null {
  return step === null ? null : step + 1;
}

/** From the thread of a handler. */
export type ThreadMessage =
  | { readonly type: "log"; readonly text: string }
  | { readonly type: "returned"; readonly exitCode?: number }
  | { readonly type: "failed"; readonly exitCode: number | null; readonly message: string }
  | {
      readonly type: "threw";
      readonly name: string;
      readonly message: string;
      readonly stack: string | null;
    };

/** To the thread of a handler. */
export interface AbortMessage {
  readonly type: "abort";
  readonly reason: string;
}

export interface ThreadData {
  readonly module: string;
  readonly export: string;
  readonly facts: HandlerFacts;
}
