import type { Change } from "@berth/engine";
import type { InboxItem, ReplyBody, SessionOrder, Submission } from "@berth/protocol";
import type { Commit, StoreChange } from "@berth/store";
import type { Scheduler } from "./world/scheduler.ts";

/** What really ran on a target: nobody's word, but what happened. */
export interface Run {
  readonly task: string;
  readonly leg: string;
  readonly target: string;
  readonly attempt: number;
  readonly token: string;
  readonly tentacle: string;
  readonly session: string;
  readonly from: number;
  /** `null`: it has not ended. */
  until: number | null;
  /** What became of it; `killed`: it was ended from outside, and told nobody. */
  end: RunEnd | null;
}

export type RunEnd = "succeeded" | "failed" | "error" | "canceled" | "timed-out" | "killed";

/** A commit that the store has taken. */
export interface Durable {
  readonly at: number;
  readonly owner: string;
  readonly epoch: number;
  readonly sequence: number;
  /** The time of the owner at which it was decided. */
  readonly decidedAt: number;
  readonly changes: readonly StoreChange[];
  readonly counters: Commit["counters"];
  /** It took the place of all that was stored alive: an owner has written its state back. */
  readonly isWhole: boolean;
}

/** The store went backwards. */
export interface StoreLoss {
  readonly at: number;
  /** How many commits it had taken by then. */
  readonly durables: number;
  readonly left: readonly Change[];
  readonly counters: Commit["counters"];
}

/** Something that left a dispatcher. */
export type Sent =
  | {
      readonly type: "reply";
      readonly at: number;
      readonly by: string;
      readonly id: string;
      readonly body: ReplyBody;
      readonly queue: string;
    }
  | {
      readonly type: "order";
      readonly at: number;
      readonly by: string;
      readonly session: string;
      readonly order: SessionOrder;
    }
  | {
      readonly type: "delivery";
      readonly at: number;
      readonly by: string;
      readonly leg: string;
      readonly token: string;
      readonly session: string | null;
    }
  | {
      readonly type: "ack";
      readonly at: number;
      readonly by: string;
      /** When the message had come. */
      readonly receivedAt: number;
      readonly items: readonly InboxItem[];
    };

/** Something that was put into the inbox, when its sender sent it for the first time. */
export interface Asked {
  readonly at: number;
  readonly item: InboxItem;
}

/** What a client was told. */
export interface Answered {
  readonly at: number;
  readonly item: InboxItem;
  readonly body: ReplyBody;
}

/** Something that went wrong. */
export interface Fault {
  readonly at: number;
  readonly what: string;
}

/** All that could be seen from outside: at the tentacles, the clients, the store and the broker. */
export class History {
  readonly runs: Run[] = [];
  readonly durables: Durable[] = [];
  readonly sent: Sent[] = [];
  readonly asked: Asked[] = [];
  readonly answered: Answered[] = [];
  readonly faults: Fault[] = [];
  /** By id: items that somebody sent who may not. */
  readonly forged: Map<string, Asked> = new Map();
  readonly submitted: Map<string, Submission> = new Map();
  readonly storeLosses: StoreLoss[] = [];
  /** Who became the owner of the space, and when. */
  readonly acquired: { readonly at: number; readonly owner: string }[] = [];
  commands = 0;
  readonly #scheduler: Scheduler;
  readonly #lines: string[] | null;

  constructor(scheduler: Scheduler, isTraced: boolean) {
    this.#scheduler = scheduler;
    this.#lines = isTraced ? [] : null;
  }

  get now(): number {
    return this.#scheduler.now;
  }

  /** What happened, line by line, where a trace was asked for. */
  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** Notes something for the trace. `text` is only asked for the words when somebody reads them. */
  note(what: string, text: () => string = () => ""): void {
    this.#scheduler.note(what);
    this.#lines?.push(`${(this.now - startAt) / 1000} ${what} ${text()}`);
  }

  /** Only for who reads the trace: it tells nothing that is not noted otherwise. */
  comment(text: () => string): void {
    this.#lines?.push(`${(this.now - startAt) / 1000} ${text()}`);
  }

  fault(what: string, name: string): void {
    this.faults.push({ at: this.now, what });
    this.note(`FAULT ${what}`, () => name);
  }
}

/** When the time of each run begins. */
export const startAt: number = Date.UTC(2026, 0, 5, 12);
