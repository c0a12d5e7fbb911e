// The module of handlers that tentacles of a stack can be given.
import { type Handler, HandlerFailed } from "@berth/tentacle";

export const handlers: Readonly<Record<string, Handler>> = {
  greet: ({ input, log }) => log(`hello ${String(input)}`),
  "say-no": () => {
    throw new HandlerFailed("the shop is closed", { exitCode: 4 });
  },
};
