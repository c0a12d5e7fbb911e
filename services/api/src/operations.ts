import type { Operation } from "./operation.ts";
import { brokerOperations } from "./resources/broker.ts";
import { clearanceOperations } from "./resources/clearance.ts";
import { bulkOperations } from "./resources/dead-letter-bulk.ts";
import { deadLetterOperations } from "./resources/dead-letters.ts";
import { enqueueOperations } from "./resources/enqueue.ts";
import { eventOperations } from "./resources/events.ts";
import { healthOperations } from "./resources/health.ts";
import { holdOperations } from "./resources/holds.ts";
import { oopsOperations } from "./resources/oops.ts";
import { scheduleOperations } from "./resources/schedules.ts";
import { semaphoreOperations } from "./resources/semaphores.ts";
import { summaryOperations } from "./resources/summary.ts";
import { targetOperations } from "./resources/targets.ts";
import { taskCommandOperations } from "./resources/task-commands.ts";
import { taskOperations } from "./resources/tasks.ts";
import type { ApiSetup } from "./setup.ts";

/** Everything that the API can do. `closing` ends what goes on for long. */
export function operationsOf(setup: ApiSetup, closing: AbortSignal): Operation[] {
  return [
    ...healthOperations(setup),
    ...summaryOperations(setup),
    ...brokerOperations(setup),
    ...enqueueOperations(setup),
    ...taskOperations(setup),
    ...eventOperations(setup, closing),
    ...taskCommandOperations(setup),
    ...targetOperations(setup),
    ...holdOperations(setup),
    ...clearanceOperations(setup),
    ...semaphoreOperations(setup),
    ...scheduleOperations(setup),
    ...oopsOperations(setup),
    ...deadLetterOperations(setup),
    ...bulkOperations(setup),
  ];
}
