import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Ends connections that were opened and never used when the server closes. Browsers and `fetch` open some ahead of
 * need, and Node takes them for busy: they would hold the close up until the request that they never send is overdue.
 */
export function endUnusedConnections(app: FastifyInstance): void {
  const unused = new Set<Socket>();
  app.server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  app.server.on("request", ({ socket }) => unused.delete(socket));
  app.addHook("preClose", async () => {
    for (const socket of unused) socket.destroy();
  });
}
