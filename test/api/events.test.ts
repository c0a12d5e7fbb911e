import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { TaskEvent } from "@berth/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiScene } from "../support/api-scene.ts";

const script = { text: "echo hello" };

let scene: ApiScene;

beforeEach(async () => {
  scene = await ApiScene.open();
});

afterEach(async () => {
  await scene.close();
});

/** Reads a stream over a real socket, event by event. */
class EventReader {
  readonly response: IncomingMessage;
  readonly #events: AsyncGenerator<string>;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.#events = this.#read();
  }

  static async open(target: ApiScene, task: string): Promise<EventReader> {
    const url = await target.app.listen({ port: 0, host: "127.0.0.1" });
    const request = get(`${url}/v1/default/tasks/${task}/events`);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return new EventReader(response);
  }

  /** The next event, a heartbeat as text, or null at the end. */
  async next(): Promise<TaskEvent | string | null> {
    const { value, done } = await this.#events.next();
    if (done === true) return null;
    const event = /^event: task\ndata: (.*)$/.exec(value);
    return event === null ? value : TaskEvent.parse(JSON.parse(event[1] ?? ""));
  }

  async nextWith(condition: (event: TaskEvent) => boolean): Promise<TaskEvent> {
    for (;;) {
      const event = await this.next();
      if (event === null) throw new Error("the stream ended");
      if (typeof event === "object" && condition(event)) return event;
    }
  }

  async *#read(): AsyncGenerator<string> {
    let text = "";
    for await (const chunk of this.response.setEncoding("utf8")) {
      text += chunk;
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      yield* parts;
    }
  }
}

test("the events begin with the present state, tell of each change, and end with the task", async () => {
  const id = await scene.enqueue({ kind: "job", script });
  const events = await EventReader.open(scene, id);
  expect(events.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  expect(await events.next()).toEqual({ task: id, state: "waiting", log: true });
  const worker = await scene.serve("web-1");
  const delivery = await worker.delivery();
  await worker.report(delivery, { type: "started" });
  await events.nextWith(({ state }) => state === "running");
  const line = { number: 1, stream: "stdout" as const, at: Date.now(), text: "hello" };
  await worker.report(delivery, { type: "progress", output: [line] });
  await events.nextWith(({ log }) => log);
  await worker.report(delivery, { type: "finished", outcome: { type: "succeeded", exitCode: 0 } });
  await events.nextWith(({ state }) => state === "succeeded");
  expect(await events.next()).toBeNull();
});

test("the events of an ended task are one", async () => {
  const id = await scene.enqueue({ kind: "job", script });
  await scene.call(`POST /v1/default/tasks/${id}/cancel`);
  const { status, body } = await scene.call(`GET /v1/default/tasks/${id}/events`);
  expect(status).toBe(200);
  expect(body).toBe(`event: task\ndata: ${JSON.stringify({ task: id, state: "canceled", log: true })}\n\n`);
});

test("a silent stream shows that it is alive", async () => {
  await scene.close();
  scene = await ApiScene.open({ api: { heartbeatMs: 5 } });
  const events = await EventReader.open(scene, await scene.enqueue({ kind: "job", script }));
  let heard: unknown;
  while (heard !== ": alive") heard = await events.next();
});

test("a change that nobody told of is seen at the next heartbeat", async () => {
  await scene.close();
  scene = await ApiScene.open({ api: { heartbeatMs: 5 } });
  scene.inbox.watch = () => () => {};
  const id = await scene.enqueue({ kind: "job", script });
  const events = await EventReader.open(scene, id);
  await scene.call(`POST /v1/default/tasks/${id}/cancel`);
  await events.nextWith(({ state }) => state === "canceled");
});

test("a reader that goes leaves nothing behind", async () => {
  const id = await scene.enqueue({ kind: "job", script });
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const watch = scene.inbox.watch.bind(scene.inbox);
  scene.inbox.watch = (...call) => {
    const stop = watch(...call);
    return () => {
      stop();
      resolve();
    };
  };
  const events = await EventReader.open(scene, id);
  await events.next();
  events.response.destroy();
  await stopped;
});

test("closing the API ends its streams", async () => {
  const events = await EventReader.open(scene, await scene.enqueue({ kind: "job", script }));
  await events.next();
  await scene.app.close();
  let event: unknown = "";
  while (event !== null) event = await events.next();
});

test("a stream whose store fails ends, and says so in the log", async () => {
  const id = await scene.enqueue({ kind: "job", script });
  const events = await EventReader.open(scene, id);
  await events.next();
  scene.store.task = () => Promise.reject(new Error("disk full"));
  await scene.call(`POST /v1/default/tasks/${id}/prioritize`, { priority: "high" });
  let event: unknown = "";
  while (event !== null) event = await events.next();
  expect(scene.logged.some(({ msg }) => msg === "a stream of events ended early")).toBe(true);
});
