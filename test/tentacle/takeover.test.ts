// A task may take longer than a broker waits for an acknowledgement: it closes the channel then and delivers again what was
// not settled. What runs already goes on, and the new copy is what is acknowledged in the end.
import { expect, test } from "vitest";
import { BreakingBroker } from "../support/breaking-broker.ts";
import { eventually } from "../support/eventually.ts";
import { type ScriptedDispatcher, space } from "../support/scripted-dispatcher.ts";
import { type Scene, type SceneOptions, startScene } from "../support/tentacle-scene.ts";

interface Breaking extends Scene {
  readonly queue: string;
  /** Resolves when the tentacle consumes again. */
  readonly breakUnseen: () => Promise<void>;
  /** Resolves when what came back has been looked at. */
  readonly breakChannels: () => Promise<void>;
}

async function startBreaking(options: SceneOptions = {}): Promise<Breaking> {
  let connection: BreakingBroker | undefined;
  const wrap: SceneOptions["wrap"] = (broker) => {
    connection = new BreakingBroker(broker);
    return connection;
  };
  const scene = await startScene({ capacity: 10, ...options, wrap });
  const queue = scene.dispatcher.names.target(space, "web-1");
  const breakUnseen = async (): Promise<void> => connection?.breakChannels(queue);
  const breakChannels = async (): Promise<void> => {
    await breakUnseen();
    await scene.dispatcher.reported(await scene.dispatcher.deliver({ kind: "health-check" }), "finished");
  };
  return { ...scene, queue, breakUnseen, breakChannels };
}

/** Nothing is with the tentacle any more: what it had would be back when its connection ends. */
async function expectAllSettled({ dispatcher, tentacle, broker, queue }: Breaking): Promise<void> {
  await tentacle.stop({ deadlineMs: 0 });
  await broker.stop();
  expect(await dispatcher.waiting(queue)).toBe(0);
  expect(await dispatcher.waiting(dispatcher.names.refused(space))).toBe(0);
}

function starts(dispatcher: ScriptedDispatcher, leg: string): number {
  return dispatcher.ofType("report").filter((item) => item.leg === leg && item.report.type === "started")
    .length;
}

function gate() {
  const runs: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const wait = async ({ leg }: { leg: string }): Promise<void> => {
    runs.push(leg);
    await promise;
  };
  return { runs, open: resolve, handlers: { wait } };
}

test("a script whose delivery comes again and again runs once, and its last copy is acknowledged", async () => {
  const scene = await startBreaking();
  const { dispatcher, breakChannels } = scene;
  const delivery = await dispatcher.script('echo here; until [ -e go ]; do sleep 0.02; done; echo "$PWD"');
  await dispatcher.said(delivery, "here");
  for (let time = 0; time < 3; time += 1) await breakChannels();
  expect(await dispatcher.waiting(scene.queue)).toBe(0);
  await dispatcher.cancel(delivery, 0);
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("canceled");
  expect(starts(dispatcher, delivery.leg)).toBe(1);
  expect(dispatcher.text(delivery)).toEqual(["here"]);
  await expectAllSettled(scene);
});

test("bystanders on the same channel go on as well, each once", async () => {
  const { runs, open, handlers } = gate();
  const scene = await startBreaking({ handlers });
  const { dispatcher, breakChannels } = scene;
  const deliveries = await Promise.all(Array.from({ length: 8 }, () => dispatcher.handler("wait")));
  for (const delivery of deliveries) await dispatcher.reported(delivery, "started");
  await breakChannels();
  await breakChannels();
  open();
  for (const delivery of deliveries) {
    expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
    expect(dispatcher.reports(delivery).filter(({ type }) => type === "finished")).toHaveLength(1);
  }
  expect(runs.toSorted()).toEqual(deliveries.map(({ leg }) => leg).toSorted());
  await expectAllSettled(scene);
});

test("an end that the broker has not confirmed yet is confirmed for the new copy", async () => {
  const { runs, open, handlers } = gate();
  const scene = await startBreaking({ handlers });
  const { dispatcher, broker, queue, breakUnseen } = scene;
  const delivery = await dispatcher.handler("wait");
  await dispatcher.reported(delivery, "started");
  const [publish, held] = [broker.publish.bind(broker), Promise.withResolvers<void>()];
  broker.publish = async (message) => {
    if (message.body.includes(delivery.leg)) await held.promise;
    return publish(message);
  };
  open();
  for (let time = 0; time < 2; time += 1) {
    await breakUnseen();
    // It is with the tentacle again, and not settled before the report is out: else both could be lost.
    await eventually("it has come again", async () => (await dispatcher.waiting(queue)) === 0);
  }
  expect(dispatcher.reports(delivery).map(({ type }) => type)).toEqual(["started"]);
  held.resolve();
  await dispatcher.reported(delivery, "finished");
  expect(runs).toEqual([delivery.leg]);
  expect(await dispatcher.waiting(queue)).toBe(0);
  await expectAllSettled(scene);
});

test("what ended while its channel was gone is acknowledged when it comes again", async () => {
  const { runs, open, handlers } = gate();
  const held = Promise.withResolvers<void>();
  const scene = await startBreaking({ handlers });
  const { dispatcher, broker } = scene;
  const delivery = await dispatcher.handler("wait");
  await dispatcher.reported(delivery, "started");
  const consume = broker.consume.bind(broker);
  // The new channel takes its time.
  broker.consume = async (...given) => {
    await held.promise;
    return consume(...given);
  };
  const broken = scene.breakChannels();
  await eventually("the copy is back", async () => (await dispatcher.waiting(scene.queue)) === 1);
  open();
  await dispatcher.reported(delivery, "finished");
  held.resolve();
  await broken;
  expect(runs).toEqual([delivery.leg]);
  await expectAllSettled(scene);
});

test("what waits for its claim asks once, and runs once", async () => {
  const { runs, open, handlers } = gate();
  const scene = await startBreaking({ handlers });
  const { dispatcher, breakChannels } = scene;
  dispatcher.answer = (item) => (item.type === "claim" ? null : undefined);
  const delivery = await dispatcher.handler("wait", { session: null });
  const claim = await dispatcher.seen("claim");
  await breakChannels();
  expect(new Set(dispatcher.ofType("claim").map(({ id }) => id)).size).toBe(1);
  await dispatcher.replyTo(claim, { type: "claim", answer: "run" });
  await dispatcher.reported(delivery, "started");
  await breakChannels();
  open();
  await dispatcher.reported(delivery, "finished");
  expect(runs).toEqual([delivery.leg]);
  await expectAllSettled(scene);
});

test("a tentacle that stops waits for what it took over", async () => {
  const { open, handlers } = gate();
  const scene = await startBreaking({ handlers });
  const { dispatcher, tentacle, breakChannels } = scene;
  const delivery = await dispatcher.handler("wait");
  await dispatcher.reported(delivery, "started");
  await breakChannels();
  const stopped = tentacle.stop({ deadlineMs: 3_600_000 });
  await dispatcher.seen("session.drain");
  open();
  await stopped;
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
  await expectAllSettled(scene);
});

test("what a lost session ran is not run again by its successor when it comes again", async () => {
  const scene = await startBreaking();
  const { dispatcher } = scene;
  const delivery = await dispatcher.script("echo here; sleep 1000");
  await dispatcher.said(delivery, "here");
  const session = await dispatcher.session();
  await dispatcher.order(session, { type: "session.ended", session, reason: "test" });
  await dispatcher.session(2);
  await dispatcher.seen("session.beat", 2);
  await dispatcher.send(delivery);
  const check = await dispatcher.deliver({ kind: "health-check", session: await dispatcher.session(2) });
  await dispatcher.reported(check, "finished");
  expect(starts(dispatcher, delivery.leg)).toBe(1);
  expect(dispatcher.ofType("claim")).toEqual([]);
  await expectAllSettled(scene);
});
