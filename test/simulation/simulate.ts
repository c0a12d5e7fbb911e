import { isEndState } from "@berth/engine";
import type { InboxItem } from "@berth/protocol";
import { calamities } from "./calamities.ts";
import { drawAction, putTarget } from "./client/actions.ts";
import { takeBackPlans } from "./client/plans.ts";
import type { CalamityName } from "./faults.ts";
import { startAt } from "./history.ts";
import { checkLaws, type Violation } from "./laws/check.ts";
import { World } from "./world.ts";

export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly commands: number;
  readonly grants: number;
  readonly faults: number;
  /** The same for the same seed, always. */
  readonly trace: number;
  readonly events: number;
  readonly lines: readonly string[];
}

const troubleMs = 25_000;
/** How long everything may take to come to its end once nothing is in the way any more. */
const calmMsMax = 240_000;
const actionEveryMs = 200;

/** One run: trouble for a while, then calm until everything has ended; then the laws are looked at. */
export async function simulate(seed: number, isTraced = false): Promise<SimulationResult> {
  const world = new World(seed, isTraced);
  const { scheduler, history } = world;
  let violations: Violation[];
  try {
    for (const part of [...world.dispatchers, ...world.tentacles]) part.start();
    for (const target of world.targets) ask(world, (id) => putTarget(world, id, target));
    await scheduler.runUntil(startAt + 500);
    scheduleActions(world, startAt + troubleMs);
    scheduleCalamities(world, startAt + troubleMs);
    if (world.faults.forgery) world.forger.start(startAt + troubleMs);
    await scheduler.runUntil(startAt + troubleMs);
    const isFinished = await finish(world);
    violations = checkLaws(world, isFinished);
  } catch (error) {
    violations = [
      { law: "no defect", what: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    ];
  }
  const granted = history.sent.flatMap((sent) =>
    sent.type === "delivery" ? [`${sent.leg} ${sent.token}`] : [],
  );
  const grants = new Set(granted).size;
  const { commands, lines } = history;
  const faults = history.faults.length;
  const { trace, events } = scheduler;
  return { seed, violations, commands, grants, faults, trace, events, lines };
}

function ask(world: World, make: (id: string) => InboxItem | null): void {
  const item = make(world.client.newItemId());
  if (item !== null) world.client.ask([item]);
}

function scheduleActions(world: World, until: number): void {
  const { scheduler, chance } = world;
  scheduler.after(chance.int(0, 2 * actionEveryMs), "action", () => {
    if (scheduler.now >= until) return;
    const act = drawAction(world);
    ask(world, (id) => act(world, id));
    scheduleActions(world, until);
  });
}

function scheduleCalamities(world: World, until: number): void {
  const { scheduler, chance, faults, history } = world;
  if (!Number.isFinite(faults.calamityEveryMs)) return;
  scheduler.after(chance.int(0, 2 * faults.calamityEveryMs), "calamity", () => {
    if (scheduler.now >= until) return;
    const name: CalamityName = chance.weighted(faults.calamities);
    history.fault(name, calamities[name](world));
    scheduleCalamities(world, until);
  });
}

/** Nothing goes wrong any more, and operators clear away what waits for a decision. Resolves with whether all has ended. */
async function finish(world: World): Promise<boolean> {
  const { scheduler, weather, history } = world;
  weather.calm();
  history.note("calm");
  const calmAt = scheduler.now;
  const until = calmAt + calmMsMax;
  const isOver = (): boolean => hasEnded(world);
  do {
    while (scheduler.now < until && !isOver()) {
      clearAway(world, scheduler.now >= calmAt + arrivalMs);
      await scheduler.runUntil(Math.min(until, scheduler.now + 2_000), isOver);
    }
    // What is still on its way arrives, so that nothing is judged half done. A store that has just gone backwards looks as if
    // all had ended, until its owner has written back what lives.
    await scheduler.runUntil(scheduler.now + 2_000);
  } while (scheduler.now < until && !isOver());
  return isOver();
}

function hasEnded(world: World): boolean {
  if (world.client.unanswered.length > 0 || world.records.items.schedule.size > 0) return false;
  for (const { task } of world.records.tasks.values()) if (!isEndState(task.status.state)) return false;
  return true;
}

const by = "operator";
/** What was held up has reached whom it was sent to. */
const arrivalMs = 2_000;
/** No run takes so long, except those that hang. */
const hangingMs = 15_000;

/** `hasArrived`: nothing is on its way any more that a tentacle could still start. */
function clearAway(world: World, hasArrived: boolean): void {
  const { records, history, scheduler } = world;
  const running = new Set(history.runs.flatMap(({ until, token }) => (until === null ? [token] : [])));
  for (const takeBack of takeBackPlans(world)) ask(world, takeBack);
  for (const hold of records.items.hold.keys()) ask(world, (id) => ({ type: "hold.lift", id, hold, by }));
  for (const { target, mutex, token } of records.items.quarantine.values()) {
    if (hasArrived && !running.has(token))
      ask(world, (id) => ({ type: "quarantine.release", id, target, mutex, by }));
  }
  for (const { task } of records.tasks.values()) {
    const { state, startedAt } = task.status;
    if (state === "parked") ask(world, (id) => ({ type: "release", id, task: task.id, by }));
    const isHanging = state === "running" && startedAt !== null && scheduler.now - startedAt > hangingMs;
    if (isHanging) ask(world, (id) => ({ type: "cancel", id, task: task.id, by, reason: "it hangs" }));
  }
}
