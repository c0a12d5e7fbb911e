import { BerthError } from "@berth/protocol";
import type { FastifyInstance } from "fastify";
import { suggestion } from "./nearest.ts";

/** Nothing is looked up, and no body is read, for a space that this server does not serve. */
export function requireSpace(app: FastifyInstance, spaces: readonly string[]): void {
  const known = new Set(spaces);
  app.addHook("onRequest", async (request) => {
    const { space } = request.params as { space?: string };
    if (space === undefined || known.has(space)) return;
    throw new BerthError("space_unknown", `there is no space "${space}"${suggestion(space, spaces)}`);
  });
}
