import { describe, expect, test } from "vitest";
import { type ItemWish, space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission, submit } from "../support/dispatcher/scene.ts";
import { Gate } from "../support/dispatcher/watched-ports.ts";

const mine = { digest: "digest-1" };

async function ended(scene: DispatcherScene, id: string): Promise<void> {
  const worker = await scene.worker();
  await worker.ask(submit(id, mine));
  await worker.succeed(await worker.delivery(id));
  await scene.untilState(id, "succeeded");
}

describe("the same idempotency key", () => {
  test("gives the same task while it waits", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    expect(await user.ask(submit("k-1", mine))).toMatchObject({ existing: false });
    expect(await user.ask(submit("k-1", mine))).toMatchObject({
      type: "submitted",
      task: "k-1",
      existing: true,
    });
  });

  test("gives the same task after it has ended, and does not run it again", async () => {
    const scene = await DispatcherScene.open();
    await ended(scene, "k-1");
    const user = await scene.user("ada");
    expect(await user.ask(submit("k-1", mine))).toMatchObject({ type: "submitted", existing: true });
    expect(await scene.store.taskCounts(space)).toEqual({ succeeded: 1 });
  });

  test("gives the same task when it ended in a commit that is still under way", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    const cancel: ItemWish = { type: "cancel", task: "k-1", by: "ada", reason: "" };
    await user.send(submit("k-1", mine), cancel);
    await gate.reached;
    const taken = scene.journal.ofType("took").length;
    const [again] = await user.send(submit("k-1", mine));
    await scene.journal.until(() => scene.journal.ofType("took").length > taken);
    // The store answers in the order of the questions: one that came with the repetition is answered by now.
    await new Promise(setImmediate);
    await scene.store.taskCounts(space);
    gate.open();
    expect(await user.reply(again!)).toMatchObject({ type: "submitted", existing: true });
    expect(await scene.store.taskCounts(space)).toEqual({ canceled: 1 });
    // It did not take the term with it either, after which the inbox would have brought it again.
    expect(new Set(scene.journal.commits.map(({ epoch }) => epoch)).size).toBe(1);
  });

  test("with another body is a conflict, whether the task waits or has ended", async () => {
    const scene = await DispatcherScene.open();
    await ended(scene, "k-1");
    const user = await scene.user("ada");
    await user.ask(submit("k-2", { ...mine, notBefore: Date.now() + 3_600_000 }));
    for (const id of ["k-1", "k-2"]) {
      expect(await user.ask(submit(id, { digest: "digest-2" }))).toMatchObject({
        ...{ type: "refused", code: "idempotency_conflict" },
        message: expect.stringContaining(id),
      });
    }
  });

  test("is free again for a task that was refused", async () => {
    const scene = await DispatcherScene.open();
    const user = await scene.user("ada");
    const wish = { ...mine, targets: ["web-2"] };
    const put: ItemWish = { type: "target.put", target: "web-2", policy: {}, tags: [] };
    const [refused, , accepted] = await user.send(submit("k-1", wish), put, submit("k-1", wish));
    expect(await user.reply(refused!)).toMatchObject({ code: "target_unknown" });
    expect(await user.reply(accepted!)).toMatchObject({ type: "submitted", existing: false });
  });
});

test("a message that comes twice is carried out once", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const items = [{ id: "i-1", type: "submit", task: submission("t-1") }];
  const text = JSON.stringify({ v: 1, replyTo: worker.queue, items });
  await worker.sendText(text);
  await worker.sendText(text);
  await worker.until(() => worker.replies.get("i-1")?.length === 2);
  expect(worker.replies.get("i-1")).toMatchObject([{ existing: false }, { existing: true }]);
  await worker.delivery("t-1");
  expect(worker.deliveries).toHaveLength(1);
});
