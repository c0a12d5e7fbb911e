// What one batch has for one session travels together, in the queue of that session.
import type { IncomingMessage } from "@berth/broker";
import { describe, expect, test } from "vitest";
import type { InboxWorker } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";

const three = ["t-1", "t-2", "t-3"];

/** Messages that come in the queues of targets. */
function watchTargets(worker: InboxWorker): string[] {
  const queues: string[] = [];
  worker.settle = (message: IncomingMessage) => {
    queues.push(message.queue);
    message.ack();
  };
  return queues;
}

describe("what a batch has for a session", () => {
  test("comes in its queue, each delivery as it would have come alone, and none in the queue of a target", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const inTargets = watchTargets(worker);
    await worker.send(...three.map((id) => submit(id, { kind: "job" })));
    for (const id of three) {
      const delivery = await worker.delivery(id);
      expect(delivery).toMatchObject({ task: id, session: worker.session, kind: "job" });
      await worker.succeed(delivery);
      await scene.untilState(id, "succeeded");
    }
    expect(inTargets).toEqual([]);
    expect(worker.deliveries).toHaveLength(3);
  });

  test("is in the queue of its target where it is only one", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    const inTargets = watchTargets(worker);
    await worker.ask(submit("t-1", { kind: "job" }));
    await worker.delivery("t-1");
    expect(inTargets).toHaveLength(1);
  });

  test("comes again when the queue of the session was lost", async () => {
    const scene = await DispatcherScene.open();
    const worker = await scene.worker();
    await worker.broker.deleteQueue(worker.queue);
    await worker.send(...three.map((id) => submit(id, { kind: "job" })));
    await worker.listenAgain();
    for (const id of three) expect(await worker.delivery(id)).toMatchObject({ session: worker.session });
  });
});
