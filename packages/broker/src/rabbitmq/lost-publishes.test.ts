import { describe, expect, test } from "vitest";
import { settleLost } from "./lost-publishes.ts";
import { PendingPublish } from "./pending-publish.ts";

function closedByServer(code: number, text: string): Error {
  return Object.assign(new Error(`Channel closed by server: ${code} (X) with message "${text}"`), { code });
}

/** What becomes of messages for these queues, sent in this order, each in the exchange of its queue's name. */
async function outcomes(queues: readonly string[], reason: Error | null): Promise<string[]> {
  const publishes = queues.map(
    (queue, index) => new PendingPublish({ queue, body: Buffer.alloc(index * 10), persistent: false }, 0),
  );
  settleLost(publishes, reason, ({ message }) => message.queue);
  return await Promise.all(
    publishes.map(({ outcome }) => outcome.catch((error: { code: string }) => error.code)),
  );
}

describe("of messages whose channel is gone", () => {
  test("nothing is known when it ended for a reason of its own", async () => {
    expect(await outcomes(["a", "b"], null)).toEqual(["outcome_unknown", "outcome_unknown"]);
    const timeout = closedByServer(406, "PRECONDITION_FAILED - timeout");
    expect(await outcomes(["a", "b"], timeout)).toEqual(["outcome_unknown", "outcome_unknown"]);
  });

  test("the one without permission is refused, those before are unknown, those behind were not sent", async () => {
    const reason = closedByServer(
      403,
      "ACCESS_REFUSED - write access to exchange 'b' in vhost '/' refused for user 'x'",
    );
    const expected = ["outcome_unknown", "access_refused", "broker_unreachable", "access_refused"];
    expect(await outcomes(["a", "b", "c", "b"], reason)).toEqual(expected);
  });

  test("the one whose exchange does not exist is unroutable", async () => {
    const reason = closedByServer(404, "NOT_FOUND - no exchange 'b' in vhost '/'");
    expect(await outcomes(["b", "a"], reason)).toEqual(["unroutable", "broker_unreachable"]);
  });

  test("the one that is too large is refused", async () => {
    const reason = closedByServer(
      406,
      "PRECONDITION_FAILED - message size 10 is larger than configured max size 5",
    );
    const expected = ["outcome_unknown", "access_refused", "broker_unreachable"];
    expect(await outcomes(["a", "a", "a"], reason)).toEqual(expected);
  });
});
