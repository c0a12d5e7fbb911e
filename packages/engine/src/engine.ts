import { clearanceOf } from "./clearance.ts";
import type { Command, HoldScope } from "./command.ts";
import { cancel, decide, discard, prioritize, release } from "./control.ts";
import type { BatchDecisions, Decisions, Reply } from "./decision.ts";
import { explainTask } from "./explain.ts";
import type { Clearance, Explanation, SemaphoreFigures } from "./explanation.ts";
import { grantWhatCanStart } from "./grant.ts";
import { liftHold, placeHold } from "./hold.ts";
import { loadState } from "./load.ts";
import { releaseQuarantine } from "./quarantine.ts";
import type { LiveRecords } from "./record.ts";
import { claim, takeReport } from "./report.ts";
import { liveRecords } from "./save.ts";
import { putSchedule, removeSchedule } from "./schedule.ts";
import { allSemaphores, putSemaphore } from "./semaphore.ts";
import { beat, closeSession, drainSession, openSession, prolongLeases } from "./session.ts";
import { type Calendar, defaultSettings, type EngineSettings } from "./settings.ts";
import { Standing } from "./standing.ts";
import type { State } from "./state.ts";
import { submit } from "./submit.ts";
import { putTarget, removeTarget } from "./target.ts";
import { resend, tick, tickStarts } from "./tick.ts";
import { done, Turn } from "./turn.ts";
import { comeBackForVersions } from "./version-release.ts";
import { assertNever } from "./words.ts";

/** What an engine goes on from: a new space has none of it. */
export interface EngineStart {
  readonly records: LiveRecords;
  /** Of the owner; greater than that of every owner before. Tokens begin with it. */
  readonly epoch: number;
  /** ms since 1970. */
  readonly at: number;
  readonly settings?: Partial<EngineSettings>;
  /** Reads cron expressions of schedules. Without one, they are refused. */
  readonly calendar?: Calendar;
}

/**
 * The rules of one space: commands in, decisions out. It does nothing else: no clock, no chance, no I/O. The same
 * commands on the same state give the same decisions.
 *
 * An owner that starts from stored records applies `resend` first.
 */
export class Engine {
  /** Who may speak for what. */
  readonly standing: Standing;
  readonly #state: State;
  #lastAt: number;

  constructor(start: EngineStart) {
    this.#lastAt = start.at;
    const settings = { ...defaultSettings, ...start.settings };
    this.#state = loadState(start.records, settings, start.calendar ?? noCalendar, start.epoch, start.at);
    this.standing = new Standing(this.#state);
  }

  /** Total: every command has an answer, if only a refusal. Throws only on a defect, as `applyAll` does. */
  apply(command: Command): Decisions {
    const { replies, ...decided } = this.applyAll([command]);
    const [reply] = replies;
    if (reply === undefined) throw new Error(`command ${command.id} got no reply`);
    return { ...decided, reply };
  }

  /**
   * Applies commands in their order, each as if it came alone; what is decided is told once for all of them, so that
   * a batch costs one commit. Throws a `CommandDefect` on a defect of the engine or its caller: the state is half
   * changed then, and an engine has to be made anew from what is stored.
   */
  applyAll(commands: readonly Command[]): BatchDecisions {
    const turn = new Turn(this.#state, this.#lastAt);
    const replies = commands.map((command) => this.#applyOne(turn, command));
    return turn.end(replies);
  }

  #applyOne(turn: Turn, command: Command): Reply {
    try {
      if (command.at < this.#lastAt)
        throw new Error(`it is of ${command.at}, the last one was of ${this.#lastAt}`);
      this.#lastAt = command.at;
      turn.begin(command);
      tickStarts(turn);
      const reply = carryOut(turn, command);
      comeBackForVersions(turn);
      // What came back into line too late must not be granted.
      tickStarts(turn);
      grantWhatCanStart(turn);
      return reply;
    } catch (error) {
      throw new CommandDefect(command.id, error);
    }
  }

  /** When the next timer is due (ms since 1970): apply `tick` then. `null`: no timer is set. */
  get nextTimerAt(): number | null {
    return this.#state.timers.nextAt;
  }

  /** Why a task does not start; `null` where no such task is alive. */
  explain(task: string, now: number): Explanation | null {
    const found = this.#state.tasks.get(task);
    return found === undefined ? null : explainTask(this.#state, found, now);
  }

  /** Who runs in a scope, and until when: whether it is safe yet. */
  clearance(scope: HoldScope, now: number): Clearance {
    return clearanceOf(this.#state, scope, now);
  }

  /** What the tasks of a schedule are to run, as its owner gave it; `null`: there is no such schedule. */
  payloadOfSchedule(schedule: string): string | null {
    return this.#state.schedules.get(schedule)?.record.payload ?? null;
  }

  /** Semaphores of the space, and those that somebody has set or a task names. */
  semaphores(): SemaphoreFigures[] {
    return allSemaphores(this.#state).map(({ name, limit, held, isSet }) => ({
      id: name ?? "",
      limit: Number.isFinite(limit) ? limit : null,
      held,
      isSet,
    }));
  }

  /** Whether a task is alive, so that its end need not be looked for in the store. */
  isAlive(task: string): boolean {
    return this.#state.tasks.has(task);
  }

  /** The whole live state, as the store should have it. */
  records(): LiveRecords {
    return liveRecords(this.#state);
  }
}

/** A command that the engine could not apply, through a defect of its own or of its caller. */
export class CommandDefect extends Error {
  override readonly name = "CommandDefect";
  /** The id of the command. */
  readonly command: string;

  constructor(command: string, cause: unknown) {
    super(`command ${command} cannot be applied`, { cause });
    this.command = command;
  }
}

function carryOut(turn: Turn, command: Command): Reply {
  switch (command.type) {
    case "submit":
      return submit(turn, command);
    case "report":
      return takeReport(turn, command);
    case "claim":
      return claim(turn, command);
    case "session.beat":
      return beat(turn, command);
    case "session.open":
      return openSession(turn, command);
    case "session.drain":
      return drainSession(turn, command);
    case "session.close":
      return closeSession(turn, command);
    case "cancel":
      return cancel(turn, command);
    case "prioritize":
      return prioritize(turn, command);
    case "release":
      return release(turn, command);
    case "discard":
      return discard(turn, command);
    case "decide":
      return decide(turn, command);
    case "semaphore.put":
      return putSemaphore(turn, command);
    case "schedule.put":
      return putSchedule(turn, command);
    case "schedule.remove":
      return removeSchedule(turn, command);
    case "target.put":
      return putTarget(turn, command);
    case "target.remove":
      return removeTarget(turn, command);
    case "hold.place":
      return placeHold(turn, command);
    case "hold.lift":
      return liftHold(turn, command);
    case "quarantine.release":
      return releaseQuarantine(turn, command);
    case "resend":
      resend(turn);
      return done;
    case "paused":
      prolongLeases(turn, command.ms);
      return done;
    case "tick":
      tick(turn, command.heardUntil ?? command.at);
      return done;
    default:
      return assertNever(command);
  }
}

const noCalendar: Calendar = () => {
  throw new Error("cron expressions cannot be read here; use everyMs");
};

export const noRecords: LiveRecords = {
  tasks: [],
  legs: [],
  targets: [],
  sessions: [],
  holds: [],
  quarantines: [],
  semaphores: [],
  schedules: [],
  durations: [],
  counters: { order: 0, token: 0 },
};
