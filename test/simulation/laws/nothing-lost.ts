import type { Law } from "./evidence.ts";

/** Law 3: a submit that was answered is stored, through every crash. */
export const nothingLost: Law = {
  name: "3, nothing lost",
  needsMemory: true,
  onEnd: ({ history, stored, forgettable }) =>
    history.answered.flatMap(({ item, body }) => {
      if (item.type !== "submit" || body.type !== "submitted") return [];
      const task = stored.tasks.get(item.task.id);
      if (task === undefined && forgettable.has(item.task.id)) return [];
      if (task === undefined) return [`${item.task.id} was answered as submitted, and is not stored`];
      const leg = stored.legs.get(`${task.id}.1`);
      if (task.targets.length > 1 || leg?.state === task.status.state) return [];
      return [`${task.id} is ${task.status.state}, and its leg is ${leg?.state}`];
    }),
};
