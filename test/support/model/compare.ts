// What can be seen of an engine, against what the reference says of it.
import type { CauseCode, Command, Decisions, Engine } from "@berth/engine";
import type { StoredRecords } from "../laws/decisions/stored.ts";
import type { Reference } from "../reference/reference.ts";
import type { Answer } from "../reference/reply.ts";
import { nextDueAt } from "../reference/timers.ts";
import { lives, type RefLeg, type RefTask, stateOfTask } from "../reference/world.ts";

interface View {
  readonly engine: Engine;
  readonly stored: StoredRecords;
  readonly reference: Reference;
}

/** The first difference, in words; `null`: there is none. */
export function differenceOf(
  view: View,
  command: Command,
  decisions: Decisions,
  answer: Answer,
): string | null {
  return (
    differentReply(decisions, answer) ??
    differentTasks(view) ??
    differentThings(view) ??
    differentReasons(view, command.at) ??
    differentTimers(view, command.at)
  );
}

function differentReply({ reply }: Decisions, answer: Answer): string | null {
  const own = reply.type === "refused" ? { type: reply.type, code: reply.code } : reply;
  return different("the reply", own, answer);
}

function different(what: string, engine: unknown, reference: unknown): string | null {
  const [one, other] = [inOrder(engine), inOrder(reference)];
  return one === other ? null : `${what} is ${one}; by the reference it is ${other}`;
}

function inOrder(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

function differentTasks({ stored, reference }: View): string | null {
  const { tasks } = reference.world;
  const names = different(
    "the list of tasks",
    [...stored.tasks.keys()].sort(),
    tasks.map(({ id }) => id).sort(),
  );
  if (names !== null) return names;
  for (const task of tasks) {
    const found = differentTask(stored, task);
    if (found !== null) return found;
  }
  return null;
}

function differentTask(stored: StoredRecords, task: RefTask): string | null {
  const record = stored.tasks.get(task.id);
  const { order, status } = record ?? {};
  const engine = {
    order,
    state: status?.state,
    priority: status?.priority,
    startedAt: status?.startedAt,
    childrenFailed: lives(task) ? status?.childrenFailed : 0,
  };
  const own = {
    order: task.order,
    state: stateOfTask(task),
    priority: task.priority,
    startedAt: task.startedAt,
    childrenFailed: lives(task) ? task.childrenFailed : 0,
  };
  for (const leg of task.legs) {
    const found = differentLeg(stored, leg);
    if (found !== null) return found;
  }
  return different(`task ${task.id}`, engine, own);
}

const lasting: ReadonlySet<string> = new Set(["waiting", "granted", "running", "cancelling", "parked"]);

function differentLeg(stored: StoredRecords, leg: RefLeg): string | null {
  const record = stored.legs.get(leg.id);
  if (record === undefined) return `leg ${leg.id} is not stored`;
  const { mode, state, attempt, failures, session, readyAt, exitCode, step, joined, cancel, parking } =
    record;
  const common = { mode, state, attempt, failures, session, readyAt, exitCode, step, joined };
  const engine = {
    ...common,
    ...(lasting.has(state)
      ? {
          token: record.token,
          startedAt: state === "parked" ? null : record.startedAt,
          deadlineAt: cancel?.deadlineAt ?? null,
          endsAs: cancel?.endsAs ?? null,
          parking: parking && { for: parking.for, versions: parking.versions, token: parking.token },
        }
      : {}),
  };
  const own = {
    ...{ mode: leg.mode, state: leg.state, attempt: leg.attempt, failures: leg.failures },
    ...{ session: leg.session, readyAt: leg.readyAt, exitCode: leg.exitCode, step: leg.step },
    joined: leg.joined?.id ?? null,
    ...(lasting.has(leg.state)
      ? {
          token: leg.token,
          startedAt: leg.state === "parked" ? null : leg.startedAt,
          deadlineAt: leg.cancel?.deadlineAt ?? null,
          endsAs: leg.cancel?.endsAs ?? null,
          parking: leg.parking && {
            ...{ for: leg.parking.for, versions: leg.parking.versions, token: leg.parking.token },
          },
        }
      : {}),
  };
  return different(`leg ${leg.id}`, engine, own);
}

function differentThings({ stored, reference }: View): string | null {
  const { world } = reference;
  const ids = (list: Iterable<{ readonly id: string }>): string[] => [...list].map(({ id }) => id).sort();
  const tokens = (list: Iterable<{ readonly token: string }>): string[] =>
    [...list].map((each) => each.token).sort();
  return (
    different("the number of OOPS", stored.oopses.size, world.oopses.size) ??
    different("the list of holds", ids(stored.holds.values()), ids(world.holds)) ??
    different("the list of quarantines", tokens(stored.quarantines.values()), tokens(world.quarantines)) ??
    different("the list of targets", ids(stored.targets.values()), ids(world.targets)) ??
    different("the semaphores", byId(stored.semaphores.values()), byId(world.semaphores)) ??
    different("the schedules", byId(stored.schedules.values()), byId(world.schedules)) ??
    different(
      "the sessions",
      byId(stored.sessions.values()),
      byId(world.sessions.map(({ leaseUntil: _, ...session }) => session)),
    )
  );
}

function byId<Thing extends { readonly id: string }>(things: Iterable<Thing>): Thing[] {
  return [...things].sort((one, other) => (one.id < other.id ? -1 : 1));
}

function differentReasons({ engine, reference }: View, now: number): string | null {
  for (const task of reference.world.tasks.filter(lives)) {
    const explained = engine.explain(task.id, now);
    if (explained === null) return `task ${task.id} is alive and cannot be explained`;
    for (const leg of task.legs.filter(({ state }) => state === "waiting")) {
      const causes = explained.legs.find((each) => each.leg === leg.id)?.causes ?? [];
      const codes = new Set(causes.map(({ code }) => code));
      const own = reference.reasonsOf(leg, now);
      const found = different(`what keeps ${leg.id}`, sorted(codes), sorted(new Set(own)));
      if (found !== null) return found;
    }
  }
  return null;
}

function sorted(codes: ReadonlySet<CauseCode>): CauseCode[] {
  return [...codes].sort();
}

/** Whatever time brings, there is a timer for it: nothing could start before the next one. */
function differentTimers({ engine, reference }: View, now: number): string | null {
  const next = engine.nextTimerAt;
  const due = nextDueAt(reference.world);
  if (due !== null && due > now && (next === null || next > due))
    return `the next timer is ${next === null ? "none" : `in ${next - now} ms`}; by the reference something is due in ${due - now} ms`;
  const until = next === null ? now + 3_600_000 : next - 1;
  const leg = until > now ? reference.firstToStart(until) : undefined;
  return leg === undefined ? null : `${leg.id} can start in ${until - now} ms, and there is no timer for it`;
}
