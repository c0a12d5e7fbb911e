import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { readFields } from "./request-fields.ts";

/** One address of the API: all that its route and its documentation need. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its parameters in Fastify's form, e.g. `/v1/:space/tasks/:task`. */
  readonly path: string;
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly query: z.ZodType;
  readonly body: z.ZodType | null;
  /** `null`: there is no body, or it is no JSON. */
  readonly answer: z.ZodType | null;
  /** Of an answer that is no error. */
  readonly status: number;
  readonly run: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/** A request whose parts have been checked. */
export interface Call<Query, Body> {
  readonly space: string;
  /** What stands in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface OperationSetup<Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: Operation["method"];
  readonly path: string;
  readonly summary: string;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: z.ZodType;
  readonly status?: number;
  /** Resolves with the body of the answer. */
  readonly handle: (call: Call<z.output<Query>, z.output<Body>>) => Promise<unknown>;
}

export function operation<Query extends z.ZodType, Body extends z.ZodType>(
  setup: OperationSetup<Query, Body>,
): Operation {
  const { method, path, summary, query = z.strictObject({}), body = null, answer = null, handle } = setup;
  const status = setup.status ?? (answer === null ? 204 : 200);
  const run = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    reply.code(status);
    const params = request.params as Record<string, string>;
    return handle({
      space: params.space ?? "",
      params,
      query: readFields(query, queryOf(request), "the query") as z.output<Query>,
      // A body that is left out is one that says nothing.
      body: (body === null
        ? undefined
        : readFields(body, request.body === undefined ? {} : request.body, "the body")) as z.output<Body>,
      request,
      reply,
    });
  };
  return { method, path, summary, query, body, answer, status, run };
}

/** A parameter that comes twice is a list, as if its values had been joined by commas. */
function queryOf(request: FastifyRequest): Record<string, string> {
  const query = request.query as Record<string, string | string[]>;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
  );
}
