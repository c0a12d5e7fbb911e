// The routes of the HTTP API, and what each takes and gives.
import {
  BatchRequest,
  BatchView,
  BrokerView,
  CancelRequest,
  ClearanceView,
  DeadLetterDiscardRequest,
  DeadLetterOutcomeView,
  DeadLetterReleaseRequest,
  DeadLetterView,
  DecideRequest,
  DiscardRequest,
  EnqueuedView,
  ExplainView,
  HoldRequest,
  HoldView,
  LiftRequest,
  LogView,
  OopsView,
  PrioritizeRequest,
  QuarantineReleaseRequest,
  ReleaseRequest,
  ScheduleRequest,
  ScheduleView,
  SemaphoreRequest,
  SemaphoreView,
  SummaryView,
  TargetRequest,
  TargetView,
  TaskRequest,
  TaskView,
} from "@berth/protocol";
import { z } from "zod";

interface Route {
  readonly response: z.ZodType;
  /** What is wrong with a request, or undefined. */
  objectionTo(request: {
    readonly body: unknown;
    readonly query: Readonly<Record<string, string>>;
  }): string | undefined;
}

interface RouteRow {
  readonly query?: readonly string[];
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
}

const pageOf = (item: z.ZodType): z.ZodType =>
  z.object({ items: z.array(item), next: z.string().nullable() });
/** No body, or a stream. */
const nothing = z.unknown();

const rows: Readonly<Record<string, RouteRow>> = {
  "GET /v1/:space/broker": { response: BrokerView },
  "GET /readyz": { response: z.object({ status: z.string() }) },
  "POST /v1/:space/tasks": { body: TaskRequest, response: EnqueuedView },
  "POST /v1/:space/tasks/batch": {
    body: BatchRequest.extend({ tasks: z.array(TaskRequest) }),
    response: BatchView,
  },
  "GET /v1/:space/tasks": {
    query: [
      "state",
      "kind",
      "name",
      "target",
      "ids",
      "parent",
      "schedule",
      "queuedFrom",
      "queuedBefore",
      "sort",
      "cursor",
      "limit",
    ],
    response: pageOf(TaskView),
  },
  "GET /v1/:space/summary": { response: SummaryView },
  "GET /v1/:space/tasks/:task": { response: TaskView },
  "GET /v1/:space/tasks/:task/log": { query: ["after", "limit"], response: LogView },
  "GET /v1/:space/tasks/:task/explain": { response: ExplainView },
  "GET /v1/:space/tasks/:task/events": { response: nothing },
  "POST /v1/:space/tasks/:task/cancel": { body: CancelRequest, response: TaskView },
  "POST /v1/:space/tasks/:task/prioritize": { body: PrioritizeRequest, response: TaskView },
  "POST /v1/:space/tasks/:task/release": { body: ReleaseRequest, response: TaskView },
  "POST /v1/:space/tasks/:task/discard": { body: DiscardRequest, response: TaskView },
  "POST /v1/:space/tasks/:task/decide": { body: DecideRequest, response: TaskView },
  "GET /v1/:space/targets": { response: pageOf(TargetView) },
  "GET /v1/:space/targets/:target": { response: TargetView },
  "PUT /v1/:space/targets/:target": { body: TargetRequest, response: TargetView },
  "DELETE /v1/:space/targets/:target": { response: nothing },
  "POST /v1/:space/targets/:target/quarantines/:mutex/release": {
    body: QuarantineReleaseRequest,
    response: nothing,
  },
  "GET /v1/:space/holds": { response: pageOf(HoldView) },
  "POST /v1/:space/holds": { body: HoldRequest, response: HoldView },
  "POST /v1/:space/holds/:hold/lift": { body: LiftRequest, response: nothing },
  "GET /v1/:space/holds/:hold/clearance": { response: ClearanceView },
  "GET /v1/:space/clearance": { query: ["kinds", "names", "targets", "tags"], response: ClearanceView },
  "GET /v1/:space/semaphores": { response: pageOf(SemaphoreView) },
  "PUT /v1/:space/semaphores/:semaphore": { body: SemaphoreRequest, response: SemaphoreView },
  "DELETE /v1/:space/semaphores/:semaphore": { response: nothing },
  "GET /v1/:space/schedules": { response: pageOf(ScheduleView) },
  "GET /v1/:space/schedules/:schedule": { response: ScheduleView },
  "PUT /v1/:space/schedules/:schedule": { body: ScheduleRequest, response: ScheduleView },
  "DELETE /v1/:space/schedules/:schedule": { response: nothing },
  "GET /v1/:space/oops": {
    query: ["task", "target", "fingerprint", "from", "before", "cursor", "limit"],
    response: pageOf(OopsView),
  },
  "GET /v1/:space/oops/:oops": { response: OopsView },
  "GET /v1/:space/dead-letters": {
    query: ["name", "target", "cursor", "limit"],
    response: pageOf(DeadLetterView),
  },
  "POST /v1/:space/dead-letters/release": {
    body: DeadLetterReleaseRequest,
    response: DeadLetterOutcomeView,
  },
  "POST /v1/:space/dead-letters/discard": {
    body: DeadLetterDiscardRequest,
    response: DeadLetterOutcomeView,
  },
};

/** `route`: a method and a path, e.g. `GET /v1/default/tasks/t-1`. Undefined for one that the API does not have. */
export function routeOf(route: string): Route | undefined {
  const row = Object.entries(rows).find(([pattern]) => matches(pattern, route))?.[1];
  if (row === undefined) return undefined;
  return {
    response: row.response,
    objectionTo: ({ body, query }) => {
      const unknown = Object.keys(query).filter((name) => !row.query?.includes(name));
      if (unknown.length > 0) return `${route} does not know ${unknown.join(", ")}`;
      if (row.body === undefined) return body === undefined ? undefined : `${route} takes no body`;
      const parsed = row.body.safeParse(body);
      return parsed.success ? undefined : z.prettifyError(parsed.error);
    },
  };
}

function matches(pattern: string, route: string): boolean {
  const expected = pattern.split("/");
  const given = route.split("/");
  return (
    expected.length === given.length &&
    expected.every((part, index) => part.startsWith(":") || part === given[index])
  );
}
