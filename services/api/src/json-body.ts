import { isUtf8 } from "node:buffer";
import { BerthError, bodyBytesMax } from "@berth/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";

/**
 * Bodies are JSON and nothing else. Forms and plain text are refused and not guessed at: those are what a browser sends
 * for a page of any site without asking this server first.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer", bodyLimit: bodyBytesMax },
    async (_request: FastifyRequest, body: Buffer) => (body.length === 0 ? undefined : parse(body)),
  );
}

function parse(body: Buffer): unknown {
  if (!isUtf8(body)) throw new BerthError("request_not_json", "the body is not JSON: it is not UTF-8");
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BerthError("request_not_json", `the body is not JSON: ${reason}`, { cause: error });
  }
}
