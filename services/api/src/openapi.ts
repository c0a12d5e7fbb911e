// The description of the API for machines, made from the schemas that check its requests.
import { ErrorBody } from "@berth/protocol";
import { z } from "zod";
import { type Operation, operation } from "./operation.ts";

export function documentation(operations: readonly Operation[]): Operation {
  const document = documentOf(operations);
  return operation({
    method: "GET",
    path: "/v1/openapi.json",
    summary: "This description.",
    answer: z.looseObject({}),
    handle: async () => document,
  });
}

function documentOf(operations: readonly Operation[]): object {
  const byPath = Map.groupBy(operations, ({ path }) => path.replaceAll(/:(\w+)/g, "{$1}"));
  const paths = [...byPath].map(([path, group]) => [
    path,
    Object.fromEntries(group.map((each) => [each.method.toLowerCase(), descriptionOf(each)])),
  ]);
  return {
    openapi: "3.1.0",
    info: {
      title: "Berth",
      version: "1",
      description: "Dispatches deploy, runbook, health-check and job tasks to the machines they must run on.",
    },
    paths: Object.fromEntries(paths),
    components: { schemas: { Error: jsonSchema(ErrorBody, "output") } },
  };
}

function descriptionOf({ path, summary, query, body, answer, status }: Operation): object {
  return {
    summary,
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body === null ? {} : { requestBody: { content: json(jsonSchema(body, "input")) } }),
    responses: {
      [status]: {
        description: "Done.",
        ...(answer === null ? {} : { content: json(jsonSchema(answer, "output")) }),
      },
      default: {
        description: "An error; its code is one of the catalogue.",
        content: json({ $ref: "#/components/schemas/Error" }),
      },
    },
  };
}

function pathParameters(path: string): object[] {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodType): object[] {
  const { properties = {}, required = [] } = jsonSchema(query, "input");
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: "query", required: required.includes(name), schema };
  });
}

function json(schema: object): object {
  return { "application/json": { schema } };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): ObjectSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest as ObjectSchema;
}
