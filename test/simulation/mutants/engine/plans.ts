import type { Mutant } from "../mutant.ts";

/** Several targets, semaphores, steps, families, superseding, versions and schedules. */
export const planMutants: readonly Mutant[] = [
  {
    name: "A task that starts together starts on all targets but the last.",
    law: "together",
    file: "engine/src/grant.ts",
    find: `  for (const leg of task.legs) {
    if (leg.state !== "waiting") continue;
    grant(turn, leg);`,
    replace: `  for (const leg of task.legs.slice(0, -1)) {
    if (leg.state !== "waiting") continue;
    grant(turn, leg);`,
  },
  {
    name: "A task that starts together does not wait for a slot that is taken.",
    law: "1, exclusion",
    file: "engine/src/together.ts",
    find: `    if (obstacle !== null || isOvertaken(leg)) blocked ??= leg;`,
    replace: `    if (isOvertaken(leg)) blocked ??= leg;`,
  },
  {
    name: "The window of a rollout takes one leg more.",
    law: "rollout",
    file: "engine/src/submit.ts",
    find: `return newSemaphore(null, plan.rollout.window);`,
    replace: `return newSemaphore(null, plan.rollout.window + 1);`,
  },
  {
    name: "A leg that waits for a retry gives its place in the window away.",
    law: "rollout",
    file: "engine/src/attempt.ts",
    find: `    becomeWaiting(turn, leg, readyAt, \`attempt`,
    replace: `    if (leg.task.window !== null) give(turn, leg.task.window);
    becomeWaiting(turn, leg, readyAt, \`attempt`,
  },
  {
    name: "A rollout goes on whatever fails.",
    law: "rollout",
    file: "engine/src/rollout.ts",
    find: `failed <= plan.rollout.failuresMax`,
    replace: `failed <= plan.rollout.failuresMax + 1_000`,
    judge: "model",
  },
  {
    name: "A semaphore's permit is not taken.",
    law: "semaphores",
    file: "engine/src/semaphore.ts",
    find: `    for (const name of task.plan.semaphores) take(turn, semaphoreNamed(state, name));`,
    replace: ``,
  },
  {
    name: "A semaphore's permit is never given back.",
    law: "semaphores",
    file: "engine/src/semaphore.ts",
    find: `    for (const name of task.plan.semaphores) give(turn, semaphoreNamed(state, name));`,
    replace: ``,
  },
  {
    name: "A parked task keeps its permits.",
    law: "semaphores",
    file: "engine/src/semaphore.ts",
    find: `  task.grantCount -= 1;
  if (task.grantCount > 0) return;`,
    replace: `  if (leg.failures > 0 && task.legs.length === 1) return;
  task.grantCount -= 1;
  if (task.grantCount > 0) return;`,
  },
  {
    name: "Bypassing legs wait for the task cap.",
    law: "2, bypass",
    file: "engine/src/semaphore.ts",
    find: `    return isFull(lane) ? lane : null;`,
    replace: `    if (isFull(state.spaceSemaphores.taskCap)) return state.spaceSemaphores.taskCap;
    return isFull(lane) ? lane : null;`,
  },
  {
    name: "A step that awaits children does not wait for them.",
    law: "steps",
    file: "engine/src/report.ts",
    find: `if (!isKept || isAwaitingChildren(leg) || isFailedByChildren(leg)) {`,
    replace: `if (!isKept || isFailedByChildren(leg)) {`,
  },
  {
    name: "A child that did not succeed does not matter to its parent.",
    law: "steps",
    file: "engine/src/step.ts",
    find: `return step.awaitsChildren && step.onChildFailure === "fail";`,
    replace: `return step.awaitsChildren && step.onChildFailure === "fail" && family.childrenFailed > 1_000;`,
    judge: "model",
  },
  {
    name: "The slot stays with a task that wants it for each step anew.",
    law: "4, order",
    file: "engine/src/report.ts",
    find: `leg.task.plan?.slotScope === "task" && leg.session !== null`,
    replace: `leg.task.plan !== null && leg.session !== null`,
  },
  {
    name: "The last step but one is the end of the task.",
    law: "steps",
    file: "engine/src/step.ts",
    find: `return leg.step + 1 < (leg.task.plan?.steps.length ?? 0);`,
    replace: `return leg.step + 2 < (leg.task.plan?.steps.length ?? 0);`,
    judge: "model",
  },
  {
    name: "The children of a canceled task go on.",
    law: "families",
    file: "engine/src/family.ts",
    find: `if (each.family !== null) found.push(...each.family.children);`,
    replace: `if (each.family !== null && each !== task) found.push(...each.family.children);`,
  },
  {
    name: "A new task supersedes one that runs.",
    law: "superseding",
    file: "engine/src/supersede.ts",
    find: `.filter(wasNeverGranted)`,
    replace: `.filter((each) => wasNeverGranted(each) || each.grantCount > 0)`,
  },
  {
    name: "A task that supersedes another does not take its place.",
    law: "superseding",
    file: "engine/src/supersede.ts",
    find: `    task.order = first.order;\n`,
    replace: "",
    judge: "model",
  },
  {
    name: "The others follow a canary that failed.",
    law: "versions",
    file: "engine/src/version-release.ts",
    find: `if (release.stage === "canary" || parking?.fingerprint === release.fingerprint) stop(turn, release);`,
    replace: `if (release.stage === "canary") release.stage = "following";`,
    judge: "model",
  },
  {
    name: "What was parked comes back for a version that it has failed with.",
    law: "versions",
    file: "engine/src/version-release.ts",
    find: `    if (parking?.versions.includes(session.version)) return null;\n`,
    replace: "",
    judge: "model",
  },
  {
    name: "All that failed alike comes back at once.",
    isUnnoticed: true,
    law: "versions",
    file: "engine/src/version-release.ts",
    find: `stage: hasFailed ? "stopped" : "canary",`,
    replace: `stage: hasFailed ? "stopped" : "following",`,
  },
  {
    name: "A schedule runs again for a time that is past.",
    law: "schedules",
    file: "engine/src/schedule.ts",
    find: `  schedule.record = record;
  turn.state.timers.set(schedule, record.nextAt);
  turn.record(`,
    replace: `  schedule.record = record;
  turn.state.timers.set(schedule, record.nextAt);
  if (record.lastTask === null) turn.record(`,
  },
  {
    name: "A run of a schedule overlaps the one before.",
    judge: "model",
    law: "schedules",
    file: "engine/src/schedule.ts",
    find: `return overlap === "skip" && lastTask !== null && state.tasks.has(lastTask);`,
    replace: `return overlap === "skip" && lastTask !== null && state.tasks.get(lastTask)?.startedAt === null;`,
  },
];
