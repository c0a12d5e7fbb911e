import type { World } from "../world.ts";

export interface Violation {
  readonly law: string;
  readonly what: string;
}

export function checkLaws(world: World, isFinished: boolean): Violation[] {
  if (isFinished) return [];
  const alive = [...world.records.tasks.values()].filter(({ task }) => task.status.endedAt === null);
  const what = alive.map(({ task }) => `${task.id} is ${task.status.state}`).join(", ");
  return [
    {
      law: "liveness",
      what: `${what}; unanswered: ${world.client.unanswered.map(({ id, type }) => `${type} ${id}`).join(", ")}`,
    },
  ];
}
