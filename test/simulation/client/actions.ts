import { isEndState, type LegState, type QuarantineRecord, type TaskKind } from "@berth/engine";
import type { HoldScope, InboxItem, PriorityClass, Submission, TargetPolicy } from "@berth/protocol";
import type { World } from "../world.ts";
import { decide, planned, putSchedule, putSemaphore, removeSchedule } from "./plans.ts";

/** What somebody asks for; `null`: there is nothing to ask for it. */
type Action = (world: World, id: string) => InboxItem | null;

interface WeightedAction {
  readonly weight: number;
  readonly act: Action;
}

const kinds: readonly TaskKind[] = ["deploy", "runbook", "health-check", "job"];
const names = ["shop", "mail", "search"];
const tags = ["blue", "green"];
const by = "simulation";

/** Everything that clients do. To simulate a new rule, add a row, or draw more in `submission`. */
export const actions: Readonly<Record<string, WeightedAction>> = {
  submit: {
    weight: 60,
    act: (world, id) => ({ type: "submit", id, task: planned(world, submission(world, `t-${id}`)) }),
  },
  submitAgain: {
    weight: 3,
    act: (world, id) => {
      const known = [...world.history.submitted.values()].filter(({ digest }) => digest !== "");
      return known.length === 0 ? null : { type: "submit", id, task: world.chance.pick(known) };
    },
  },
  cancel: {
    weight: 7,
    act: (world, id) => withTask(world, null, (task) => ({ type: "cancel", id, task, by, reason: "" })),
  },
  prioritize: {
    weight: 4,
    act: (world, id) =>
      withTask(world, "waiting", (task) => {
        const priority = world.chance.pick<PriorityClass>(["top", "high", "normal", "low"]);
        return { type: "prioritize", id, task, priority };
      }),
  },
  release: {
    weight: 4,
    act: (world, id) => withTask(world, "parked", (task) => ({ type: "release", id, task, by })),
  },
  discard: {
    weight: 1,
    act: (world, id) => withTask(world, "parked", (task) => ({ type: "discard", id, task, by, reason: "" })),
  },
  explain: {
    weight: 8,
    act: (world, id) => withTask(world, "waiting", (task) => ({ type: "explain", id, task })),
  },
  placeHold: { weight: 4, act: placeHold },
  liftHold: {
    weight: 4,
    act: (world, id) => {
      const holds = [...world.records.items.hold.keys()];
      return holds.length === 0 ? null : { type: "hold.lift", id, hold: world.chance.pick(holds), by };
    },
  },
  releaseQuarantine: { weight: 3, act: releaseQuarantine },
  putSemaphore: { weight: 5, act: putSemaphore },
  decide: { weight: 2, act: decide },
  putSchedule: { weight: 1, act: (world, id) => putSchedule(world, id, submission(world, "scheduled")) },
  removeSchedule: { weight: 2, act: removeSchedule },
  putTarget: { weight: 3, act: (world, id) => putTarget(world, id, world.chance.pick(world.targets)) },
};

export function drawAction(world: World): Action {
  const weights = Object.fromEntries(Object.entries(actions).map(([name, { weight }]) => [name, weight]));
  const action = actions[world.chance.weighted(weights)];
  if (action === undefined) throw new Error("an action that is none was drawn");
  return action.act;
}

export function putTarget(world: World, id: string, target: string): InboxItem {
  const { chance } = world;
  const policy: TargetPolicy = {};
  if (chance.happens(0.2))
    policy.modes = { [chance.pick(kinds)]: chance.pick(["shared", "exclusive", "bypass"]) };
  if (chance.happens(0.2)) policy.attempts = { [chance.pick(kinds)]: chance.int(1, 3) };
  if (chance.happens(0.2)) policy.lanes = { "health-check": chance.int(1, 3) };
  if (chance.happens(0.1)) policy.onUnknownResult = { runbook: "retry" };
  return {
    type: "target.put",
    id,
    target,
    policy,
    tags: chance.some(tags, 0.4),
    users: world.usersOf(target),
  };
}

function submission(world: World, id: string): Submission {
  const { chance } = world;
  const kind = chance.pick(kinds);
  const now = world.scheduler.now;
  const rarely = <Value>(probability: number, value: () => Value): Value | null =>
    chance.happens(probability) ? value() : null;
  const notBefore = rarely(0.1, () => now + chance.int(0, 3_000));
  return {
    id,
    kind,
    name: chance.pick(names),
    targets: [chance.pick(world.targets)],
    mutex: chance.pick(["script", "script", "script", "db"]),
    priority: chance.pick<PriorityClass>(["normal", "normal", "normal", "high", "low", "top"]),
    digest:
      kind === "health-check" ? chance.pick(["", "disk", "ping"]) : chance.pick(["", `digest of ${id}`]),
    notBefore,
    queueExpiresAt: rarely(0.1, () => (notBefore ?? now) + chance.int(100, 8_000)),
    timeoutMs: rarely(0.4, () => chance.int(300, 5_000)),
    estimateMs: rarely(0.5, () => chance.int(10, 4_000)),
    cancelGraceMs: rarely(0.3, () => chance.int(10, 2_000)),
    plan: null,
    payload: {
      script: { interpreter: "bash", text: `echo ${id}`, arguments: [] },
      handler: null,
      steps: [],
      variables:
        chance.happens(0.05) && kind !== "health-check" ? { OctopusBypassDeploymentMutex: "True" } : {},
      labels: {},
      requestedBy: null,
    },
  };
}

/** A task of that state, as the store has it; `null`: any that has not ended. */
function withTask(world: World, state: LegState | null, item: (task: string) => InboxItem): InboxItem | null {
  const tasks = [...world.records.tasks.values()].flatMap(({ task }) => {
    const { state: is } = task.status;
    return (state === null ? !isEndState(is) : is === state) ? [task.id] : [];
  });
  return tasks.length === 0 ? null : item(world.chance.pick(tasks));
}

function placeHold(world: World, id: string): InboxItem {
  const { chance } = world;
  const now = world.scheduler.now;
  const from = chance.happens(0.4) ? now + chance.int(0, 4_000) : null;
  const scope: HoldScope = {
    kinds: chance.some(kinds, 0.3),
    names: chance.some(names, 0.2),
    targets: chance.some(world.targets, 0.3),
    tags: chance.some(tags, 0.2),
  };
  const until = chance.happens(0.6) ? (from ?? now) + chance.int(100, 6_000) : null;
  const longerThanMs = chance.happens(0.15) ? chance.int(100, 3_000) : null;
  return {
    type: "hold.place",
    id,
    hold: `h-${id}`,
    scope,
    owner: by,
    reason: "drawn",
    from,
    until,
    longerThanMs,
  };
}

/** An operator looks at the machine first: what runs there, or may still be started by a session that is there, is not to be released. */
function releaseQuarantine(world: World, id: string): InboxItem | null {
  const { history, records, chance } = world;
  const running = new Set(history.runs.flatMap(({ until, token }) => (until === null ? [token] : [])));
  const slots = Map.groupBy(records.items.quarantine.values(), ({ target, mutex }) => `${target}/${mutex}`);
  const isOver = ({ token, session }: QuarantineRecord): boolean =>
    !running.has(token) && !records.items.session.has(session);
  const free = [...slots.values()].filter((list) => list.every(isOver));
  const slot = free.length === 0 ? undefined : chance.pick(free)[0];
  return slot === undefined
    ? null
    : { type: "quarantine.release", id, target: slot.target, mutex: slot.mutex, by };
}
