import { type Broker, BrokerError, type OutgoingMessage } from "@berth/broker";
import { createTentacle } from "@berth/tentacle";
import { pino } from "pino";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isLiving } from "../support/processes.ts";
import { space } from "../support/scripted-dispatcher.ts";
import { tentacleDefaults } from "../support/tentacle-defaults.ts";
import { newDirectory, prepareScene, type Scene, startScene } from "../support/tentacle-scene.ts";

/** From now on the broker takes no message of the tentacle that contains the text. */
function loseMessages({ broker }: Scene, text: string): void {
  const publish = broker.publish.bind(broker);
  broker.publish = (message: OutgoingMessage) =>
    message.body.includes(text) ? new Promise(() => {}) : publish(message);
}

test("a session names the tentacle, its version, its targets and what it can take", async () => {
  const { dispatcher } = await startScene({
    targets: ["web-1", "web-2", "web-1"],
    version: "2.0",
    capacity: 7,
  });
  expect(await dispatcher.seen("session.open")).toMatchObject({
    ...{ tentacle: "octavia", version: "2.0", capacity: 7, targets: ["web-1", "web-2"], succeeds: [] },
  });
});

test("it asks again while nobody answers, under the same id", async () => {
  const { dispatcher, tentacle } = await prepareScene();
  dispatcher.answer = (item) =>
    item.type === "session.open" && dispatcher.ofType("session.open").length < 2 ? null : undefined;
  await tentacle.start();
  const [first, second] = dispatcher.ofType("session.open");
  expect(second).toEqual(first);
});

test("a session whose opening took a whole lease is not used: it may have been opened, given up and opened again", async () => {
  const { dispatcher, tentacle } = await prepareScene({ leaseMs: 500 });
  dispatcher.answer = (item) =>
    item.type === "session.open" && dispatcher.ofType("session.open").length < 2 ? null : undefined;
  await tentacle.start();
  const [first, again, next] = dispatcher.ofType("session.open");
  expect(again).toEqual(first);
  expect(next?.session).not.toBe(first?.session);
  expect(next?.succeeds).toEqual([first?.session]);
});

test("it asks at once when the broker is there again, and what never got there does not make its session late", async () => {
  let isAway = true;
  const listeners: (() => void)[] = [];
  const listen = (listener: () => void): (() => void) => {
    listeners.push(listener);
    return () => {};
  };
  const wrap = (connection: Broker): Broker =>
    new Proxy(connection, {
      get: (target, key) => {
        if (key === "onMessagesLost") return listen;
        if (key !== "publish") return Reflect.get(target, key).bind(target);
        return async (message: OutgoingMessage) => {
          if (isAway) throw new BrokerError("broker_unreachable", "there is no connection");
          return target.publish(message);
        };
      },
    });
  const { dispatcher, tentacle, log } = await prepareScene({ leaseMs: 1_000, wrap });
  const asked = (): number => log.filter(({ msg }) => msg.includes("it is asked again")).length;
  const started = tentacle.start();
  // That took longer than a lease.
  await eventually("it has asked twice in vain", () => asked() === 2);
  isAway = false;
  for (const tell of listeners) tell();
  await started;
  expect(asked()).toBe(2);
  expect(dispatcher.ofType("session.open")).toHaveLength(1);
});

test("it waits for a dispatcher that has never been there", async () => {
  const { dispatcher, tentacle } = await prepareScene();
  const { names } = dispatcher;
  await dispatcher.deleteQueue(names.inbox(space));
  const started = tentacle.start();
  await dispatcher.openInbox();
  await started;
  expect(dispatcher.ofType("session.open")).toHaveLength(1);
});

test("a session that is refused is asked for anew", async () => {
  const { dispatcher, tentacle } = await prepareScene();
  dispatcher.answer = (item) =>
    item.type === "session.open" && dispatcher.ofType("session.open").length < 2
      ? { type: "refused", code: "session_conflict", message: "no" }
      : undefined;
  await tentacle.start();
  expect(await dispatcher.session(2)).not.toBe(await dispatcher.session(1));
});

test("it beats three times in a lease", async () => {
  const { dispatcher } = await startScene({ leaseMs: 3_000 });
  await dispatcher.seen("session.beat", 3);
  expect(dispatcher.ofType("session.open")).toHaveLength(1);
});

test.each(["session_unknown", "session.ended"])(
  "when the server has given the session up (%s), what runs is killed, unreported, and a new session follows",
  async (how) => {
    const { dispatcher } = await startScene({ leaseMs: 6_000 });
    const delivery = await dispatcher.script('trap "" TERM; echo $$; while :; do sleep 0.05; done');
    const pid = Number(await dispatcher.until(() => dispatcher.text(delivery)[0]));
    const session = await dispatcher.session(1);
    if (how === "session.ended") {
      await dispatcher.order(session, { type: "session.ended", session, reason: "its lease has ended" });
    } else {
      dispatcher.answer = (item) =>
        item.type === "session.beat" && item.session === session
          ? { type: "refused", code: "session_unknown", message: "its lease has ended" }
          : undefined;
    }
    const next = await dispatcher.session(2);
    expect(isLiving(pid)).toBe(false);
    expect(dispatcher.reports(delivery).map(({ type }) => type)).toEqual(["started", "progress"]);
    // Nothing of it runs any more, so the new session says that it succeeds the old one.
    expect(dispatcher.ofType("session.open").at(-1)).toMatchObject({ session: next, succeeds: [session] });
    const again = await dispatcher.script("echo again", { session: next });
    expect((await dispatcher.reported(again, "finished")).outcome.type).toBe("succeeded");
  },
);

test("when no heartbeat gets through, the session is over before the server takes it for over", async () => {
  const scene = await startScene({ leaseMs: 3_000 });
  const { dispatcher } = scene;
  const delivery = await dispatcher.script("echo $$; sleep 1000");
  const pid = Number(await dispatcher.until(() => dispatcher.text(delivery)[0]));
  const [lastBeat] = dispatcher.ofType("session.beat").slice(-1);
  loseMessages(scene, `"session":"${lastBeat?.session}"`);
  await dispatcher.session(2);
  expect(isLiving(pid)).toBe(false);
});

test("a handler that does not end keeps its session from being succeeded, until it ends", async () => {
  let end = () => {};
  const stubborn = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  const { dispatcher } = await startScene({ handlers: { stubborn } });
  const delivery = await dispatcher.handler("stubborn");
  await dispatcher.reported(delivery, "started");
  const first = await dispatcher.session(1);
  await dispatcher.order(first, { type: "session.ended", session: first, reason: "test" });
  const second = await dispatcher.session(2);
  expect(dispatcher.ofType("session.open").at(-1)?.succeeds).toEqual([]);
  end();
  await dispatcher.order(second, { type: "session.ended", session: second, reason: "test" });
  await dispatcher.session(3);
  expect(dispatcher.ofType("session.open").at(-1)?.succeeds.toSorted()).toEqual([first, second].toSorted());
  expect(dispatcher.reports(delivery).map(({ type }) => type)).toEqual(["started"]);
});

test("what one session has run, the next one does not run again", async () => {
  const runs: string[] = [];
  const { dispatcher } = await startScene({ handlers: { note: ({ leg }) => void runs.push(leg) } });
  const delivery = await dispatcher.handler("note");
  await dispatcher.reported(delivery, "finished");
  const session = await dispatcher.session();
  await dispatcher.order(session, { type: "session.ended", session, reason: "test" });
  await dispatcher.session(2);
  await dispatcher.send(delivery);
  await dispatcher.reported(
    await dispatcher.deliver({ kind: "health-check", session: await dispatcher.session(2) }),
    "finished",
  );
  expect(runs).toEqual([delivery.leg]);
  expect(dispatcher.ofType("claim")).toEqual([]);
});

test("a target that the server does not know yet is served as soon as it does", async () => {
  const { dispatcher, tentacle, log } = await prepareScene({ targets: ["web-1", "web-2"] });
  await dispatcher.deleteTarget("web-2");
  dispatcher.answer = (item) =>
    item.type === "session.open"
      ? { type: "session", leaseMs: 60_000, targetsUnknown: ["web-2"], adopted: [], dropped: [] }
      : undefined;
  await tentacle.start();
  expect(log.filter(({ level }) => level === 40)).toMatchObject([{ count: 1, targets: ["web-2"] }]);
  await dispatcher.declareTarget("web-2");
  const delivery = await dispatcher.deliver({ target: "web-2" });
  await dispatcher.reported(delivery, "finished");
});

test("a target whose queue was deleted is served again when it is back", async () => {
  const { dispatcher } = await startScene();
  await dispatcher.deleteTarget("web-1");
  await dispatcher.declareTarget("web-1");
  const delivery = await dispatcher.deliver();
  await dispatcher.reported(delivery, "finished");
});

test("the queue of a session that was deleted is made again", async () => {
  const { dispatcher } = await startScene();
  const queue = dispatcher.names.session(space, await dispatcher.session());
  await dispatcher.deleteQueue(queue);
  await eventually("it is there again", async () => (await dispatcher.consumers(queue)) === 1);
  const delivery = await dispatcher.script("echo ready; sleep 1000");
  await dispatcher.said(delivery, "ready");
  await dispatcher.cancel(delivery, 0);
  await dispatcher.reported(delivery, "finished");
});

test("one tentacle serves a thousand targets", async () => {
  const targets = Array.from({ length: 1_000 }, (_, index) => `web-${index}`);
  const { dispatcher } = await startScene({ targets, handlers: { note: () => {} } });
  const deliveries = await Promise.all(targets.map((target) => dispatcher.handler("note", { target })));
  await Promise.all(deliveries.map((delivery) => dispatcher.reported(delivery, "finished")));
});

test("a tentacle ends with an error when its broker is stopped", async () => {
  const { tentacle, broker } = await startScene();
  await broker.stop();
  expect((await tentacle.ended).error).toMatchObject({ code: "broker_stopped" });
});

test.each([
  [{ name: "no spaces" }, "name: "],
  [{ targets: [] }, "targets: "],
  [{ targets: ["ok", "not ok"] }, "targets.1: "],
  [{ capacity: 0 }, "capacity: "],
])("a tentacle cannot be made with %j", async (wrong, expected) => {
  const { broker } = await prepareScene();
  const options = { ...tentacleDefaults(await newDirectory()), broker, logger: pino({ level: "silent" }) };
  expect(() => createTentacle({ ...options, ...wrong })).toThrow(expected);
});
