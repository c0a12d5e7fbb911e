import type { PutTargetCommand, RemoveTargetCommand } from "./command.ts";
import type { Reply } from "./decision.ts";
import { forgetDurations } from "./duration.ts";
import { recheckHeldLegs } from "./hold.ts";
import type { TargetRecord } from "./record.ts";
import { targetRecord } from "./save.ts";
import { awaitTarget, pumpTarget, reviewService } from "./service.ts";
import type { Target } from "./state.ts";
import { done, refused, type Turn } from "./turn.ts";

/**
 * Creates a target or changes it. A change of modes concerns tasks that are submitted after it; one of its users concerns
 * who serves it from now on, and not what runs.
 */
export function putTarget(turn: Turn, command: PutTargetCommand): Reply {
  const { state } = turn;
  let target = state.targets.get(command.target);
  if (target === undefined) {
    const { target: id, policy, tags, users } = command;
    target = newTarget({ id, policy, tags, users });
    state.targets.set(target.id, target);
  } else {
    target.policy = command.policy;
    target.users = command.users;
    target.tags = command.tags;
    recheckHeldLegs(turn, target);
    pumpTarget(turn, target);
  }
  reviewService(turn, target);
  turn.record({ type: "target", target: targetRecord(target) });
  return done;
}

export function newTarget(record: TargetRecord): Target {
  return {
    id: record.id,
    policy: record.policy,
    tags: record.tags,
    users: record.users,
    sessions: new Set(),
    slots: new Map(),
    lanes: new Map(),
    unclaimed: 0,
    taskCount: 0,
    parked: null,
    assemblies: null,
    durations: null,
    awaitingShorter: null,
  };
}

export function removeTarget(turn: Turn, command: RemoveTargetCommand): Reply {
  const { state } = turn;
  const target = state.targets.get(command.target);
  if (target === undefined) return refused("target_unknown", `there is no target "${command.target}"`);
  if (target.taskCount > 0) {
    return refused(
      "target_in_use",
      `target ${target.id} has ${target.taskCount} tasks that have not ended; cancel them or wait`,
    );
  }
  const isQuarantined = [...target.slots.values()].some((slot) => slot.quarantines.size > 0);
  if (isQuarantined) {
    return refused(
      "target_in_use",
      `target ${target.id} has a quarantined slot, where something may still run; release it first`,
    );
  }
  state.targets.delete(target.id);
  forgetDurations(turn, target);
  for (const session of target.sessions) awaitTarget(state, target.id, session);
  turn.record({ type: "target.removed", id: target.id });
  return done;
}
