// Every error leaves as an `ErrorBody` with a code of the catalogue, and nothing else leaves.
import type { Socket } from "node:net";
import { BerthError, bodyBytesMax, type ErrorBody } from "@berth/protocol";
import { StoreError } from "@berth/store";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Seconds after which a caller may try again what was not done at all. */
const retryAfterSeconds = "1";

export function answerFailures(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.split("?")[0]}; see /v1/openapi.json for what there is`;
    return send(reply, new BerthError("route_unknown", message));
  });
  app.setErrorHandler((error, request, reply) => send(reply, berthErrorOf(error, request)));
}

/** For addresses that cannot be taken apart, which never reach a route. */
export function answerUnroutable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  send(reply, berthErrorOf(error, request));
}

/** For what is not HTTP, or too much of it. */
export function answerUnreadable(error: Error, socket: Socket): void {
  if (!socket.writable) return;
  const body = JSON.stringify(errorBody(unreadable(error.message)));
  const headers = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`HTTP/1.1 400 Bad Request\r\n${headers}\r\nconnection: close\r\n\r\n${body}`);
}

export function errorBody({ code, message, fields }: BerthError): ErrorBody {
  return { error: { code, message, ...(fields === undefined ? {} : { fields: [...fields] }) } };
}

function send(reply: FastifyReply, error: BerthError): FastifyReply {
  // A handler that has set headers of its own answer did so in vain.
  for (const name of Object.keys(reply.getHeaders())) {
    if (name === "location" || name === "content-type") reply.removeHeader(name);
  }
  if (error.status === 503) reply.header("retry-after", retryAfterSeconds);
  return reply.code(error.status).send(errorBody(error));
}

function berthErrorOf(error: unknown, request: FastifyRequest): BerthError {
  if (error instanceof BerthError && error.code !== "internal") return error;
  const known = fromStore(error) ?? fromFastify(error, request);
  if (known !== null) return known;
  request.log.error({ err: error, request: request.id }, "a request failed for no reason that the API knows");
  return new BerthError("internal", `a defect of Berth; the log tells more about the request ${request.id}`);
}

function fromStore(error: unknown): BerthError | null {
  if (!(error instanceof StoreError)) return null;
  if (error.code === "cursor_invalid") {
    return new BerthError("cursor_invalid", "`cursor` is not one that a page has given; start without one", {
      cause: error,
    });
  }
  if (error.code !== "store_unreachable") return null;
  return new BerthError("store_unavailable", "the store cannot be reached; try again", { cause: error });
}

function fromFastify(error: unknown, request: FastifyRequest): BerthError | null {
  if (!isFastifyError(error)) return null;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new BerthError(
        "body_too_large",
        `the body is over the limit of ${bodyBytesMax} bytes; send less, or let the script fetch what it needs`,
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new BerthError(
        "request_not_json",
        `the body has the type ${request.headers["content-type"] ?? "of nothing"}; expected application/json`,
      );
    default:
      if (error.statusCode === undefined || error.statusCode >= 500) return null;
      return unreadable(error.message);
  }
}

function unreadable(reason: string): BerthError {
  return new BerthError("request_invalid", `the request cannot be read: ${reason}`);
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && "code" in error && String(error.code).startsWith("FST_ERR_");
}
