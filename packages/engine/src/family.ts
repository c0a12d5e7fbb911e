import { becomeEnded, enterLine } from "./leg.ts";
import { countText } from "./phrase.ts";
import type { Family, Leg, Task } from "./state.ts";
import { isAwaitingChildren, isFailedByChildren } from "./step.ts";
import type { Turn } from "./turn.ts";

/*
 * Parents and children. A child is a task like any other; what it is to its parent is that a step may wait for it, and that
 * it is canceled with it.
 */

export function familyOf(task: Task): Family {
  task.family ??= { parent: null, children: new Set(), childrenFailed: 0, isExpecting: false };
  return task.family;
}

/** A child is being admitted. What it supersedes may be the last one that the parent waits for: it has another one at once. */
export function expectChild(parent: Task): void {
  familyOf(parent).isExpecting = true;
}

/** A parent that waits its turn for a step which awaits its children has one more to wait for. */
export function addChild(turn: Turn, parent: Task, child: Task): void {
  familyOf(child).parent = parent;
  const family = familyOf(parent);
  family.children.add(child);
  family.isExpecting = false;
  for (const leg of parent.legs) if (leg.state === "waiting" && isAwaitingChildren(leg)) turn.pump(leg.line);
}

/** The task has ended: its parent may have waited for it. */
export function leaveParent(turn: Turn, child: Task, hasSucceeded: boolean): void {
  const parent = child.family?.parent ?? null;
  if (parent === null || parent.endedAt !== null) return;
  const family = familyOf(parent);
  family.children.delete(child);
  if (!hasSucceeded) {
    family.childrenFailed += 1;
    turn.touchTask(parent);
  }
  if (family.children.size > 0 || family.isExpecting) return;
  for (const leg of parent.legs) {
    if (leg.state !== "waiting") continue;
    if (isFailedByChildren(leg)) endForChildren(turn, leg);
    else if (leg.lineIndex < 0 && leg.aside === null) enterLine(turn, leg);
  }
}

export function endForChildren(turn: Turn, leg: Leg): void {
  const count = countText(leg.task.family?.childrenFailed ?? 0, "child task");
  becomeEnded(turn, leg, "failed", `${count} did not succeed`);
}

/** A task, its children, theirs, and so on. */
export function withDescendants(task: Task): Task[] {
  const found = [task];
  for (const each of found) if (each.family !== null) found.push(...each.family.children);
  return found;
}
