import type { Law } from "./evidence.ts";

/** Law 11, seen from outside: whoever asks why a task waits is told a cause, since without one it would have started. */
export const explanation: Law = {
  name: "11, one explanation",
  needsMemory: false,
  onEnd: ({ history }) =>
    history.answered.flatMap(({ item, body }) => {
      if (item.type !== "explain" || body.type !== "explanation") return [];
      return body.explanation.legs.flatMap(({ leg, state, causes, position }) => {
        if (state !== "waiting") return [];
        if (causes.length === 0) return [`${leg} waits, and the answer to ${item.id} names no cause`];
        const isAhead = causes.every(({ code }) => code !== "behind");
        if (position !== null && position < 1) return [`${leg} has position ${position}`];
        if (position === 1 && !isAhead) return [`${leg} is first in line, and behind somebody`];
        return [];
      });
    }),
};
