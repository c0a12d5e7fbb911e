import { randomUUID } from "node:crypto";
import { bodyBytesMax } from "@berth/protocol";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { answerFailures, answerUnreadable, answerUnroutable } from "./failure.ts";
import { guard } from "./guard.ts";
import { readJsonBodies } from "./json-body.ts";
import { documentation } from "./openapi.ts";
import { operationsOf } from "./operations.ts";
import type { ApiSetup } from "./setup.ts";
import { requireSpace } from "./space.ts";
import { endUnusedConnections } from "./unused-connections.ts";

/** How long a request may take to arrive, so that connections that say nothing do not pile up. */
const requestTimeoutMs = 60_000;

/**
 * The HTTP API, apart from the process that listens. Closing it ends its streams; it stops nothing that it was given.
 * Routes that are added to it later, such as those of a dashboard, have none of the API's hooks.
 */
export function buildApp(setup: ApiSetup): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = setup.logger;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: bodyBytesMax,
    // Streams of events end by themselves; connections that only idle must not keep the process.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true },
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerUnreadable,
  });
  endUnusedConnections(app);
  answerFailures(app);
  app.register(async (api) => addRoutes(api, setup));
  return app;
}

function addRoutes(api: FastifyInstance, setup: ApiSetup): void {
  readJsonBodies(api);
  guard(api, setup.hosts);
  requireSpace(api, setup.spaces);
  api.addHook("onResponse", async (request, reply) => {
    const { method, url } = request;
    request.log.debug(
      { method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
  });
  const closing = new AbortController();
  api.addHook("preClose", async () => closing.abort());
  const operations = operationsOf(setup, closing.signal);
  for (const { method, path, answer, run } of [...operations, documentation(operations)]) {
    // A HEAD of a stream would wait for its end.
    api.route({ method, url: path, handler: run, exposeHeadRoute: answer !== null });
  }
}
