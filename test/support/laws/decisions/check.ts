// The laws that can be checked on the decisions of an engine alone, after each command.
import type { Command, Decisions, Engine, LegRecord, LegState } from "@berth/engine";
import { isEndState } from "@berth/engine";
import { BrokenLaw } from "../broken-law.ts";
import { grantLaws } from "./grants.ts";
import { oopsLaws } from "./oopses.ts";
import { permitLaws } from "./permits.ts";
import { reloadLaws } from "./reload.ts";
import { canonical, StoredRecords } from "./stored.ts";
import { waitingLaws } from "./waiting.ts";

/** One command and what came of it, as the laws look at it. */
export interface Step {
  readonly command: Command;
  readonly decisions: Decisions;
  readonly engine: Engine;
  /** What was stored before the command, of the legs that it changed. */
  readonly before: ReadonlyMap<string, LegRecord>;
  /** The legs as they are stored after the command, of those that it changed. */
  readonly after: readonly LegRecord[];
  readonly stored: StoredRecords;
  /** The legs that this command granted. */
  readonly granted: readonly LegRecord[];
  /** The slots that were quarantined before and after the command, as `target/mutex`. */
  readonly quarantined: ReadonlySet<string>;
}

export type Law = (step: Step) => void;

const laws: readonly Law[] = [
  truth,
  fencing,
  stored,
  nothingLost,
  ...grantLaws,
  ...permitLaws,
  ...oopsLaws,
  ...waitingLaws,
  ...reloadLaws,
];

/** Follows an engine, and throws at the first decision that breaks a law. */
export class LawBook {
  readonly stored: StoredRecords = new StoredRecords();
  #lastToken = "";

  check(command: Command, decisions: Decisions, engine: Engine): void {
    const { legs, quarantines } = this.stored;
    const changed = decisions.changes.flatMap((change) => (change.type === "leg" ? [change.leg] : []));
    const before = new Map(
      changed.flatMap(({ id }) => {
        const leg = legs.get(id);
        return leg === undefined ? [] : [[id, leg] as const];
      }),
    );
    const shutBefore = [...quarantines.values()].map(({ target, mutex }) => `${target}/${mutex}`);
    this.stored.write(decisions);
    const shutAfter = new Set([...quarantines.values()].map(({ target, mutex }) => `${target}/${mutex}`));
    const granted = changed.filter(
      (leg) => leg.state === "granted" && leg.token !== before.get(leg.id)?.token,
    );
    this.#tokensGrow(granted);
    const step: Step = {
      command,
      decisions,
      engine,
      before,
      after: changed,
      stored: this.stored,
      granted,
      quarantined: new Set(shutBefore.filter((slot) => shutAfter.has(slot))),
    };
    for (const law of laws) law(step);
  }

  #tokensGrow(granted: readonly LegRecord[]): void {
    const tokens = granted.map(({ token }) => token ?? "").sort();
    for (const token of tokens) {
      if (token <= this.#lastToken) broken("5, fencing", `token ${token} comes after ${this.#lastToken}`);
      this.#lastToken = token;
    }
  }
}

export function broken(law: string, what: string): never {
  throw new BrokenLaw(law, what);
}

/** Law 8. */
function truth({ before, after }: Step): void {
  for (const leg of after) {
    const was = before.get(leg.id);
    if (was !== undefined && isEndState(was.state))
      broken("8, truth", `${leg.id} was ${was.state} and is written again as ${leg.state}`);
  }
}

/** Law 5: what a report without the grant in force changes is nothing, but it may prove the end of a quarantine. */
function fencing({ command, decisions, before, stored }: Step): void {
  if (command.type !== "report") return;
  const leg = before.get(command.leg) ?? stored.legs.get(command.leg);
  const inForce =
    leg !== undefined &&
    !isEndState(leg.state) &&
    leg.token === command.token &&
    leg.session === command.session;
  if (inForce) return;
  const { reply, changes } = decisions;
  // Timers fire first, so the leg may have changed, but not under this token.
  const own = changes.some(
    (change) => change.type === "leg" && change.leg.id === command.leg && change.leg.token === command.token,
  );
  const proves = changes.some(
    (change) => change.type === "quarantine.ended" && change.token === command.token,
  );
  if (own && !proves) broken("5, fencing", `a stale report changed ${command.leg}`);
  if (reply.type !== (proves ? "done" : "refused")) broken("5, fencing", "a stale report is not told so");
}

/** Laws 3 and 9: what the changes tell is what the engine goes on with. */
function stored({ engine, stored: records }: Step): void {
  const [kept, known] = [canonical(records.live()), canonical(engine.records())];
  if (kept === known) return;
  const keptLines = new Set(kept.split("\n"));
  const knownLines = new Set(known.split("\n"));
  const onlyKnown = [...knownLines].filter((line) => !keptLines.has(line));
  const onlyKept = [...keptLines].filter((line) => !knownLines.has(line));
  broken("9, durable first", `the store lacks ${onlyKnown.join(" ")} and has ${onlyKept.join(" ")} instead`);
}

const statesByWeight: readonly LegState[] = [
  ...(["running", "cancelling", "granted", "parked", "waiting"] as const),
  ...(["failed", "unavailable", "timed-out", "canceled", "succeeded"] as const),
];

function stateOfTask(legs: readonly (LegState | undefined)[]): LegState | undefined {
  return statesByWeight.find((state) => legs.includes(state));
}

/** Law 3. */
function nothingLost({ command, decisions, engine, stored: records }: Step): void {
  if (command.type === "submit" && decisions.reply.type === "submitted" && !decisions.reply.existing) {
    if (!records.tasks.has(command.task.id)) broken("3, nothing lost", `${command.task.id} is not stored`);
  }
  for (const task of records.tasks.values()) {
    const ended = isEndState(task.status.state);
    if (engine.isAlive(task.id) === ended)
      broken("3, nothing lost", `${task.id} is stored as ${task.status.state}`);
    const states = task.targets.map((_target, index) => records.legs.get(`${task.id}.${index + 1}`)?.state);
    if (stateOfTask(states) !== task.status.state)
      broken("3, nothing lost", `task ${task.id} is ${task.status.state}, and its legs are ${states.join()}`);
  }
}
