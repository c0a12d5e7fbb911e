import { describe, expect, test } from "vitest";
import type { InboxWorker } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submit } from "../support/dispatcher/scene.ts";
import { Gate } from "../support/dispatcher/watched-ports.ts";

const leaseMs = 1_000;

/** A clock that the test sets, and that tells when it was looked at. */
class TestClock {
  now: number = Date.now();
  #looks = 0;
  readonly #waiting: Set<() => void> = new Set();

  readonly read = (): number => {
    this.#looks += 1;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    return this.now;
  };

  /** Resolves when it has been looked at again. */
  async looked(): Promise<void> {
    const before = this.#looks;
    while (this.#looks === before) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }
}

interface TimedScene {
  readonly scene: DispatcherScene;
  readonly clock: TestClock;
  readonly worker: InboxWorker;
}

/** With a session that runs a deploy. */
async function running(settings: object = {}): Promise<TimedScene> {
  const clock = new TestClock();
  const scene = await DispatcherScene.open({
    clock: clock.read,
    settings: { engine: { leaseMs }, ...settings },
  });
  const worker = await scene.worker();
  await worker.ask(submit("t-1", { kind: "deploy" }));
  await worker.report(await worker.delivery("t-1"), { type: "started" });
  await scene.untilState("t-1", "running");
  return { scene, clock, worker };
}

describe("a session", () => {
  test("that is silent for longer than its lease is lost", async () => {
    const { scene, clock, worker } = await running();
    // In steps that are no standstill, for the dispatcher listens all the time.
    for (let passed = 0; passed <= leaseMs; passed += 200) {
      clock.now += 200;
      await clock.looked();
    }
    await scene.untilState("t-1", "parked");
    await worker.until(() => worker.orders.some(({ type }) => type === "session.ended"));
    expect(await scene.oops()).toMatchObject([{ type: "SessionLost", session: worker.session }]);
  });

  test("keeps its lease when the clock jumps, or the process stood still: nobody could hear it", async () => {
    const { scene, clock, worker } = await running();
    clock.now += 100 * leaseMs;
    await scene.logged("stood still");
    const beat = await worker.ask({ type: "session.beat", session: worker.session });
    expect(beat).toEqual({ type: "beat", leaseUntil: clock.now + leaseMs });
    await worker.succeed(await worker.delivery("t-1"));
    await scene.untilState("t-1", "succeeded");
  });

  test("keeps its lease while the store is slow, for its heartbeats were not heard", async () => {
    const { scene, clock, worker } = await running({ batchMessagesMax: 1 });
    const gate = new Gate();
    scene.watched.rule = gate.rule;
    const user = await scene.user("ada");
    await user.send(submit("t-2"));
    await gate.reached;
    // These come before the heartbeat, in batches of their own.
    const asked = [await user.send(submit("t-3")), await user.send(submit("t-4"))].flat();
    const [beat] = await worker.send({ type: "session.beat", session: worker.session });
    for (let passed = 0; passed <= 2 * leaseMs; passed += 200) {
      clock.now += 200;
      await clock.looked();
    }
    gate.open();
    for (const id of asked) await user.reply(id);
    expect(await worker.reply(beat!)).toMatchObject({ type: "beat" });
    expect(await scene.stateOf("t-1")).toBe("running");
  });
});

describe("a clock that goes back", () => {
  test("stands still for the dispatcher, which goes on", async () => {
    const { scene, clock, worker } = await running();
    clock.now -= 3_600_000;
    expect(await worker.ask({ type: "session.beat", session: worker.session })).toMatchObject({
      type: "beat",
    });
    await worker.succeed(await worker.delivery("t-1"));
    await scene.untilState("t-1", "succeeded");
    expect(await worker.ask(submit("t-2"))).toMatchObject({ type: "submitted" });
    expect(scene.log.filter(({ msg }) => msg.includes("term was broken off"))).toEqual([]);
  });

  test("between two owners breaks nothing either: the epoch grows all the same", async () => {
    const { scene, clock, worker } = await running();
    const [first] = worker.deliveries;
    await scene.cut();
    await scene.store.release({
      space: "default",
      owner: "owner-1",
      epoch: scene.journal.commits.at(-1)!.epoch,
    });
    clock.now -= 3_600_000;
    await scene.dispatcher({ owner: "owner-2", clock: clock.read }).start();
    await worker.succeed(first!);
    await worker.ask(submit("t-2", { kind: "deploy" }));
    const second = await worker.delivery("t-2");
    expect(second.token > first!.token).toBe(true);
  });
});

test("a timer fires although nothing comes in: a task that may start later starts then", async () => {
  const scene = await DispatcherScene.open();
  const worker = await scene.worker();
  const notBefore = Date.now() + 50;
  await worker.ask(submit("t-1", { notBefore }));
  await worker.delivery("t-1");
  expect(Date.now()).toBeGreaterThanOrEqual(notBefore);
});
