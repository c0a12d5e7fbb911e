import process from "node:process";
import { topology } from "@berth/protocol";
import type { Logger } from "pino";
import { BackOff } from "./back-off.ts";
import { systemClock } from "./clock.ts";
import { Guard } from "./guard.ts";
import { checkedTargets, type TentacleOptions } from "./options.ts";
import { PipePool } from "./pipe-pool.ts";
import type { ScriptSurroundings } from "./script.ts";
import { SeenTokens } from "./seen-tokens.ts";
import { Session, type SessionSetup } from "./session.ts";
import { pause, within } from "./timing.ts";
import { Workspace } from "./workspace.ts";

const seenTokensMin = 10_000;
/** How long a session that was lost may take until nothing of it runs: scripts are killed, handlers have to obey. */
const endMs = 2_000;
/** The protocol takes no more. */
const succeedsMax = 100;
const outputBytesMax = 10 * 1024 * 1024;
const timeoutGraceMs = 10_000;
const stopGraceMs = 1_000;
const deadlineMs = 30_000;

export interface StopOptions {
  /** How long to wait for what runs. Default: 30 s. */
  readonly deadlineMs?: number;
}

export interface TentacleEnd {
  /** `null`: it was stopped. */
  readonly error: Error | null;
}

export interface Tentacle {
  /**
   * Resolves when the server has opened a session and deliveries are taken, or when it was stopped before. Rejects where
   * that can never be: the workspace is in use, the guard of the scripts cannot be started, the broker was stopped.
   * Idempotent.
   */
  start(): Promise<void>;
  /** Takes nothing new, waits for what runs until the deadline, ends the rest. Resolves when it has stopped. Idempotent. */
  stop(options?: StopOptions): Promise<void>;
  /** Resolves when it has ended, asked or not. Never rejects. */
  readonly ended: Promise<TentacleEnd>;
  /** It has an open session at this time, as far as it knows. */
  readonly isServing: boolean;
}

/** A worker that takes what is granted to its targets and runs it. Throws `TypeError` for options that cannot be. */
export function createTentacle(options: TentacleOptions): Tentacle {
  return new RunningTentacle(options, checkedTargets(options));
}

class RunningTentacle implements Tentacle {
  readonly ended: Promise<TentacleEnd>;
  readonly #resolveEnded: (end: TentacleEnd) => void;
  readonly #options: TentacleOptions;
  readonly #targets: readonly string[];
  readonly #logger: Logger;
  readonly #stopping: AbortController = new AbortController();
  /** Sessions of which nothing runs any more, and which the server has not been told of. */
  readonly #over: Set<string> = new Set();
  #workspace: Workspace | null = null;
  #guard: Guard | null = null;
  /** The one that is open. */
  #session: Session | null = null;
  #starting: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;
  #serving: Promise<void> = Promise.resolve();
  #failure: Error | null = null;

  constructor(options: TentacleOptions, targets: readonly string[]) {
    this.#options = options;
    this.#targets = targets;
    this.#logger = options.logger.child({ tentacle: options.name, space: options.space });
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise.withResolvers<TentacleEnd>());
  }

  get isServing(): boolean {
    return this.#session !== null && this.#stopped === null;
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(options: StopOptions = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.deadlineMs ?? deadlineMs);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const open = Promise.withResolvers<void>();
    try {
      const newSession = await this.#prepare();
      this.#serving = this.#serve(newSession, open.resolve);
    } catch (error) {
      this.#fail(error as Error);
    }
    await Promise.race([open.promise, this.#serving]);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Makes the place ready, and returns how sessions are made in it. */
  async #prepare(): Promise<() => Session> {
    const { space, name, workspace: directory } = this.#options;
    const workspace = await Workspace.open(directory, { space, tentacle: name }, this.#logger);
    this.#workspace = workspace;
    for (const id of workspace.sessions) this.#over.add(id);
    const guard = new Guard({ logger: this.#logger, newProof: () => workspace.newProof() });
    this.#guard = guard;
    const pipes = new PipePool(workspace.pipes);
    await Promise.all([guard.start(), pipes.start()]);
    const scripts = { guard, pipes, parent: workspace.scripts, logger: this.#logger };
    const setup = sessionSetup(this.#options, this.#targets, scripts);
    return () => new Session(setup);
  }

  /** One session after the other, until it is to stop. Never rejects. */
  async #serve(newSession: () => Session, onOpen: () => void): Promise<void> {
    const { signal } = this.#stopping;
    const stopRequested = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const backOff = new BackOff();
    while (!signal.aborted) {
      const session = newSession();
      if (await this.#open(session)) {
        this.#session = session;
        backOff.reset();
        onOpen();
        const reason = await Promise.race([session.over, stopRequested]);
        // What it still runs is not lost: `stop` drains it.
        if (signal.aborted) return;
        this.#session = null;
        this.#logger.warn({ session: session.id, reason }, "the session is over; a new one is opened");
      }
      await this.#abandon(session);
      await pause(backOff.next(), signal);
    }
  }

  async #open(session: Session): Promise<boolean> {
    try {
      await this.#workspace?.addSession(session.id);
      const succeeds = [...this.#over].slice(-succeedsMax);
      const answer = await session.open(succeeds, this.#stopping.signal);
      const settled = answer === "open" ? succeeds : answer === "refused" ? [session.id] : [];
      for (const id of settled) this.#over.delete(id);
      await this.#workspace?.removeSessions(settled);
      return answer === "open";
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
  }

  /** Ends what a session still runs. Once nothing is left, its successor may say so. */
  async #abandon(session: Session): Promise<void> {
    await session.end();
    const idle = session.idle().then(() => {
      if (this.#workspace?.sessions.includes(session.id)) this.#over.add(session.id);
    });
    if (await within(endMs, idle)) return;
    this.#logger.warn(
      { session: session.id },
      "a handler of a lost session does not end: the server waits for the end of the lease",
    );
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#starting?.catch(() => {});
    await this.#serving;
    if (this.#session !== null) {
      const { id } = this.#session;
      const closed = await this.#session.drain(deadlineMs);
      await this.#session.end();
      if (closed) await this.#workspace?.removeSessions([id]);
    }
    await this.#guard?.stop();
    await this.#workspace?.close();
    this.#resolveEnded({ error: this.#failure });
  }

  #fail(error: Error): void {
    this.#logger.error({ err: error }, "the tentacle cannot go on");
    this.#failure = error;
    void this.stop({ deadlineMs: 0 });
  }
}

function sessionSetup(
  options: TentacleOptions,
  targets: readonly string[],
  scripts: Omit<ScriptSurroundings, "environment">,
): SessionSetup {
  const { broker, brokerUser, topologyPrefix, space, name, version, capacity, handlers } = options;
  const clock = options.clock ?? systemClock;
  return {
    broker,
    brokerUser: brokerUser ?? null,
    topology: topology(topologyPrefix),
    space,
    tentacle: name,
    version,
    targets,
    capacity,
    clock,
    logger: scripts.logger,
    seen: new SeenTokens(seenTokensMin),
    attempts: {
      clock,
      launch: {
        handlers: new Map(Object.entries(handlers ?? {})),
        scripts: { ...scripts, environment: options.environment ?? process.env },
        presence: `tentacle ${name} ${version} is here`,
      },
      outputBytesMax: options.outputBytesMax ?? outputBytesMax,
      timeoutGraceMs: options.timeoutGraceMs ?? timeoutGraceMs,
      stopGraceMs: options.stopGraceMs ?? stopGraceMs,
    },
  };
}
