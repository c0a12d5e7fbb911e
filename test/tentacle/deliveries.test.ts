import type { Delivery } from "@berth/protocol";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type ScriptedDispatcher, space } from "../support/scripted-dispatcher.ts";
import { startScene } from "../support/tentacle-scene.ts";

function queueOf(dispatcher: ScriptedDispatcher, target = "web-1"): string {
  return dispatcher.names.target(space, target);
}

/** Sends a harmless task and waits for its end: what was sent before has been looked at by then. */
async function lookedAt(dispatcher: ScriptedDispatcher): Promise<void> {
  await dispatcher.reported(await dispatcher.deliver({ kind: "health-check" }), "finished");
}

function countingHandlers() {
  const runs: string[] = [];
  const ends: (() => void)[] = [];
  return {
    runs,
    ends,
    handlers: {
      note: ({ leg }: { leg: string }) => {
        runs.push(leg);
      },
      wait: ({ leg, signal }: { leg: string; signal: AbortSignal }) =>
        new Promise<void>((resolve) => {
          runs.push(leg);
          ends.push(resolve);
          signal.addEventListener("abort", () => resolve());
        }),
    },
  };
}

test("a delivery is acknowledged only after the broker has the report of its end", async () => {
  const { handlers } = countingHandlers();
  const { dispatcher, broker, tentacle } = await startScene({ handlers });
  const publish = broker.publish.bind(broker);
  const held = Promise.withResolvers<void>();
  broker.publish = async (message) => {
    if (message.body.includes('"succeeded"')) await held.promise;
    return publish(message);
  };
  await dispatcher.handler("note");
  await lookedAtWithoutReport(dispatcher);
  // The connection is lost before the report is out, so the delivery comes again.
  await broker.stop();
  expect(await dispatcher.waiting(queueOf(dispatcher))).toBe(1);
  held.resolve();
  await tentacle.ended;
});

async function lookedAtWithoutReport(dispatcher: ScriptedDispatcher): Promise<void> {
  await eventually(
    "the delivery has been taken",
    async () => (await dispatcher.waiting(queueOf(dispatcher))) === 0,
  );
}

test("a second copy of what runs is not run, and settling goes over to it", async () => {
  const { runs, ends, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler("wait");
  await dispatcher.reported(delivery, "started");
  await dispatcher.send(delivery);
  await lookedAt(dispatcher);
  ends[0]?.();
  await dispatcher.reported(delivery, "finished");
  expect(runs).toEqual([delivery.leg]);
});

test("a copy of what has run is dropped", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler("note");
  await dispatcher.reported(delivery, "finished");
  await dispatcher.send(delivery);
  await lookedAt(dispatcher);
  expect(runs).toEqual([delivery.leg]);
  expect(dispatcher.reports(delivery).filter(({ type }) => type === "finished")).toHaveLength(1);
});

test("the next attempt of a leg has another token, and runs", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers });
  const first = await dispatcher.handler("note");
  await dispatcher.reported(first, "finished");
  const second = await dispatcher.send({ ...first, attempt: 2, token: "00000000000001-000000000999" });
  await dispatcher.reported(second, "finished");
  expect(runs).toEqual([first.leg, first.leg]);
});

test.each([null, "another-session"])(
  "a delivery to session %s runs only after it was claimed",
  async (session) => {
    const { runs, handlers } = countingHandlers();
    const { dispatcher } = await startScene({ handlers });
    dispatcher.answer = (item) => (item.type === "claim" ? null : undefined);
    const delivery = await dispatcher.handler("note", { session });
    const claim = await dispatcher.seen("claim");
    expect(claim).toMatchObject({
      leg: delivery.leg,
      token: delivery.token,
      session: await dispatcher.session(),
    });
    // A copy of it does not ask twice.
    await dispatcher.send(delivery);
    await lookedAt(dispatcher);
    expect(dispatcher.ofType("claim")).toHaveLength(1);
    expect(runs).toEqual([]);
    await dispatcher.replyTo(claim, { type: "claim", answer: "run" });
    await dispatcher.reported(delivery, "finished");
    expect(runs).toEqual([delivery.leg]);
  },
);

test("a claim that is answered with drop is forgotten, and its delivery acknowledged", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher, broker } = await startScene({ handlers });
  dispatcher.answer = (item) => (item.type === "claim" ? { type: "claim", answer: "drop" } : undefined);
  const delivery = await dispatcher.handler("note", { session: null });
  await dispatcher.seen("claim");
  await lookedAt(dispatcher);
  expect(runs).toEqual([]);
  expect(dispatcher.reports(delivery)).toEqual([]);
  await broker.stop();
  expect(await dispatcher.waiting(queueOf(dispatcher))).toBe(0);
});

test("a claim whose answer was lost is asked again, under the same id", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers, leaseMs: 6_000 });
  dispatcher.answer = (item) =>
    item.type === "claim" && dispatcher.ofType("claim").length < 2 ? null : undefined;
  const delivery = await dispatcher.handler("note", { session: null });
  await dispatcher.reported(delivery, "finished");
  const [first, second] = dispatcher.ofType("claim");
  expect(second).toEqual(first);
  expect(runs).toEqual([delivery.leg]);
});

test("what is not even JSON goes to the dead letters, with an error in the log but not its text", async () => {
  const { dispatcher, log } = await startScene();
  await dispatcher.sendRaw("web-1", "password=hunter2");
  await eventually("it is among the dead letters", async () => {
    return (await dispatcher.waiting(dispatcher.names.refused(space))) === 1;
  });
  const errors = log.filter(({ level }) => level >= 50);
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors)).not.toContain("hunter2");
});

test("a delivery that cannot be read but says what it is of is rejected, so that there is an OOPS", async () => {
  const { dispatcher } = await startScene();
  const { task, leg, token, session } = await dispatcher.delivery();
  await dispatcher.sendRaw("web-1", JSON.stringify({ v: 2, task, leg, token, session, attempt: 4 }));
  const report = await dispatcher.seen("report");
  expect(report).toMatchObject({
    ...{ task, leg, token, attempt: 4 },
    report: { type: "rejected", reason: "unreadable", failure: { type: "DeliveryUnreadable", text: null } },
  });
  expect(await dispatcher.waiting(dispatcher.names.refused(space))).toBe(0);
});

test("an order to revoke what runs is ignored", async () => {
  const { ends, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers });
  const delivery = await dispatcher.handler("wait");
  await dispatcher.reported(delivery, "started");
  await revoke(dispatcher, delivery);
  await lookedAt(dispatcher);
  ends[0]?.();
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
});

test("an order to revoke what waits for its claim gives it back", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers });
  dispatcher.answer = (item) => (item.type === "claim" ? null : undefined);
  const delivery = await dispatcher.handler("note", { session: null });
  const claim = await dispatcher.seen("claim");
  await revoke(dispatcher, delivery);
  expect((await dispatcher.reported(delivery, "rejected")).reason).toBe("revoked");
  await dispatcher.replyTo(claim, { type: "claim", answer: "run" });
  await lookedAt(dispatcher);
  expect(runs).toEqual([]);
});

test.each(["revoke", "cancel"] as const)(
  "an order to %s what has not come is answered, and the delivery is dropped when it comes",
  async (order) => {
    const { runs, handlers } = countingHandlers();
    const { dispatcher } = await startScene({ handlers });
    const delivery = await dispatcher.delivery({
      payload: { handler: { name: "note", input: null } },
    });
    if (order === "revoke") await revoke(dispatcher, delivery);
    else await dispatcher.cancel(delivery, 0);
    const { leg, token, session } = delivery;
    expect(await dispatcher.seen("decline")).toMatchObject({ leg, token, session });
    await dispatcher.send(delivery);
    await lookedAt(dispatcher);
    expect(runs).toEqual([]);
    expect(dispatcher.reports(delivery)).toEqual([]);
  },
);

async function revoke(dispatcher: ScriptedDispatcher, { leg, token }: Delivery): Promise<void> {
  await dispatcher.order(await dispatcher.session(), { type: "revoke", leg, token });
}

test("thousands of deliveries in one go are all run once, and reported in few messages", async () => {
  const { runs, handlers } = countingHandlers();
  const { dispatcher } = await startScene({ handlers, capacity: 5_000 });
  const before = dispatcher.messageSizes.length;
  const deliveries = await Promise.all(Array.from({ length: 5_000 }, () => dispatcher.handler("note")));
  const finished = () =>
    dispatcher.ofType("report").flatMap(({ leg, report }) => (report.type === "finished" ? [leg] : []));
  await dispatcher.until(() => (finished().length >= 5_000 ? true : undefined));
  const legs = deliveries.map(({ leg }) => leg);
  expect(runs.toSorted()).toEqual(legs.toSorted());
  expect(finished().toSorted()).toEqual(legs.toSorted());
  const sizes = dispatcher.messageSizes.slice(before);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  expect(sizes.length).toBeLessThan(1_000);
});
