import { type HandlerContext, HandlerFailed } from "@berth/tentacle";
import { expect, test } from "vitest";
import { startScene } from "../support/tentacle-scene.ts";

test("a handler gets what the task gives it, and its log is that of the task", async () => {
  const contexts: HandlerContext[] = [];
  const { dispatcher } = await startScene({
    handlers: {
      greet: async (context) => {
        contexts.push(context);
        const { log } = context;
        log("one\ntwo");
      },
    },
  });
  const delivery = await dispatcher.deliver({
    kind: "runbook",
    payload: { handler: { name: "greet", input: { deep: [1, null] } }, variables: { Colour: "red" } },
  });
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({
    type: "succeeded",
    exitCode: null,
  });
  const { task, leg, token } = delivery;
  expect(contexts[0]).toMatchObject({
    ...{ task, leg, token, attempt: 1, target: "web-1", space: "default", kind: "runbook", name: "shop" },
    input: { deep: [1, null] },
    step: null,
    variables: { Colour: "red" },
  });
  expect(dispatcher.text(delivery)).toEqual(["one", "two"]);
});

test("what a handler returns or throws becomes the outcome", async () => {
  const { dispatcher } = await startScene({
    handlers: {
      nothing: () => {},
      zero: async () => ({ exitCode: 0 }),
      three: () => ({ exitCode: 3 }),
      no: async () => {
        throw new HandlerFailed("the shop is closed");
      },
      broken: async () => {
        throw new RangeError("out of shops");
      },
      brokenAtOnce: () => {
        throw "a string";
      },
    },
  });
  const outcomeOf = async (name: string) => {
    const delivery = await dispatcher.handler(name);
    return (await dispatcher.reported(delivery, "finished")).outcome;
  };
  expect(await outcomeOf("nothing")).toEqual({ type: "succeeded", exitCode: null });
  expect(await outcomeOf("zero")).toEqual({ type: "succeeded", exitCode: 0 });
  expect(await outcomeOf("three")).toEqual({ type: "failed", exitCode: 3, message: "exit code 3" });
  expect(await outcomeOf("no")).toEqual({ type: "failed", exitCode: null, message: "the shop is closed" });
  expect(await outcomeOf("broken")).toMatchObject({
    type: "error",
    failure: { type: "RangeError", value: "out of shops", text: expect.stringContaining("handler.test.ts") },
  });
  expect(await outcomeOf("brokenAtOnce")).toMatchObject({
    type: "error",
    failure: { type: "NonErrorThrown", value: "string: a string", text: null },
  });
});

test("a handler that is not registered is rejected, naming those that are", async () => {
  const { dispatcher } = await startScene({ handlers: { greet: () => {} } });
  const delivery = await dispatcher.handler("great");
  expect(await dispatcher.reported(delivery, "rejected")).toMatchObject({
    reason: "unsupported",
    failure: { type: "HandlerUnknown", value: expect.stringContaining("it has: greet") },
  });
  const inherited = await dispatcher.handler("constructor");
  expect((await dispatcher.reported(inherited, "rejected")).reason).toBe("unsupported");
});

test("a task without script and handler succeeds at once, with a line of the tentacle's own", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.deliver({ kind: "health-check", mode: "bypass" });
  expect((await dispatcher.reported(delivery, "finished")).outcome.type).toBe("succeeded");
  expect(dispatcher.text(delivery, "berth")).toEqual(["tentacle octavia 1.0.0 is here"]);
});

test("the start, the output and the end of one tick ride in one message", async () => {
  const { dispatcher } = await startScene({ handlers: { greet: async ({ log }) => log("hello") } });
  const before = dispatcher.messageSizes.length;
  const delivery = await dispatcher.handler("greet");
  await dispatcher.reported(delivery, "finished");
  expect(dispatcher.reports(delivery).map(({ type }) => type)).toEqual(["started", "progress", "finished"]);
  expect(dispatcher.messageSizes.slice(before)).toContain(3);
});

test("a handler hears of a cancel through its signal, and was canceled whatever it makes of it", async () => {
  const reasons: string[] = [];
  const untilAborted = ({ signal, log }: HandlerContext) => {
    log("ready");
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason.message);
        if (reasons.length === 1) resolve();
        else reject(signal.reason);
      });
    });
  };
  const { dispatcher } = await startScene({ handlers: { untilAborted } });
  for (const _ of [1, 2]) {
    const delivery = await dispatcher.handler("untilAborted");
    await dispatcher.said(delivery, "ready");
    await dispatcher.cancel(delivery, 60_000);
    expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "canceled" });
  }
  expect(reasons).toEqual(["cancelled: no need", "cancelled: no need"]);
});

test("a handler whose time is up is aborted; one that ignores it says how it ended when it ends", async () => {
  let end = () => {};
  const stubborn = ({ signal }: HandlerContext) =>
    new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        end = resolve;
      });
    });
  const { dispatcher } = await startScene({ handlers: { stubborn }, timeoutGraceMs: 1 });
  const delivery = await dispatcher.handler("stubborn", { timeoutMs: 50 });
  await dispatcher.until(() => dispatcher.text(delivery, "berth")[0]);
  expect(dispatcher.reports(delivery).map(({ type }) => type)).not.toContain("finished");
  end();
  expect((await dispatcher.reported(delivery, "finished")).outcome).toEqual({ type: "timed-out" });
});
