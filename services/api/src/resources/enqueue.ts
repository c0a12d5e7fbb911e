import {
  BatchRequest,
  BatchView,
  BerthError,
  EnqueuedView,
  type InboxItemOf,
  type ReplyBody,
  type Submission,
  TaskRequest,
} from "@berth/protocol";
import { newItemId, submissionOf } from "@berth/protocol/identity";
import { ask } from "../command.ts";
import { errorBody } from "../failure.ts";
import { type Operation, operation } from "../operation.ts";
import { invalid, readFields } from "../request-fields.ts";
import type { ApiSetup } from "../setup.ts";

export function enqueueOperations(setup: ApiSetup): Operation[] {
  return [enqueueOne(setup), enqueueBatch(setup)];
}

function enqueueOne(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks",
    summary: "Enqueues a task. 200 instead of 201: the same task was enqueued before, with the same key.",
    body: TaskRequest,
    answer: EnqueuedView,
    status: 201,
    handle: async ({ space, body, request, reply }): Promise<EnqueuedView> => {
      const key = idempotencyKey(request.headers["idempotency-key"], body.idempotencyKey);
      const task = submissionOf(
        space,
        key === undefined ? body : { ...body, idempotencyKey: key },
        setup.clock(),
      );
      const submitted = await ask(setup, space, submitItem(task), "submitted");
      reply.header("location", `/v1/${space}/tasks/${submitted.task}`);
      if (submitted.existing) reply.code(200);
      return enqueuedView(submitted);
    },
  });
}

function enqueueBatch(setup: ApiSetup): Operation {
  return operation({
    method: "POST",
    path: "/v1/:space/tasks/batch",
    summary: "Enqueues up to 1,000 tasks in one commit. One that is refused does not keep the others out.",
    body: BatchRequest,
    answer: BatchView,
    handle: async ({ space, body }): Promise<BatchView> => {
      const now = setup.clock();
      const entries = body.tasks.map((request) => submissionOrError(space, request, now));
      const items = entries.flatMap((entry) => (entry instanceof BerthError ? [] : [submitItem(entry)]));
      const replies = (await setup.inbox.requestMany(space, items)).values();
      return {
        tasks: entries.map((entry) =>
          entry instanceof BerthError ? errorBody(entry) : entryOf(replies.next().value),
        ),
      };
    },
  });
}

function submissionOrError(space: string, request: unknown, now: number): Submission | BerthError {
  try {
    return submissionOf(space, readFields(TaskRequest, request, "the task"), now);
  } catch (error) {
    if (error instanceof BerthError) return error;
    throw error;
  }
}

function submitItem(task: Submission): InboxItemOf<"submit"> {
  return { type: "submit", id: newItemId(), task };
}

function entryOf(reply: ReplyBody | undefined): BatchView["tasks"][number] {
  if (reply?.type === "submitted") return enqueuedView(reply);
  if (reply?.type === "refused") return { error: { code: reply.code, message: reply.message } };
  throw new BerthError("internal", `the answer to a submit has the type ${reply?.type}`);
}

function enqueuedView({ task, existing, joined }: Extract<ReplyBody, { type: "submitted" }>): EnqueuedView {
  return { id: task, existing, joined };
}

/** The key may come as a header, as other APIs have it; both must say the same. */
function idempotencyKey(
  header: string | string[] | undefined,
  field: string | undefined,
): string | undefined {
  if (header === undefined) return field;
  const path = "idempotencyKey";
  if (typeof header !== "string" || header.length < 1 || header.length > 200) {
    throw invalid(
      [{ path, message: "of the header Idempotency-Key has to have 1 to 200 characters" }],
      "the header",
    );
  }
  if (field !== undefined && field !== header) {
    const message = `is "${field}" and the header Idempotency-Key is "${header}"; give one of them, or the same`;
    throw invalid([{ path, message }], "the body");
  }
  return header;
}
