// The checks of the laws that the loop is responsible for, held against loops that break them: each must be caught.
import { realTiming } from "@berth/dispatcher";
import { StoreError } from "@berth/store";
import pino from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { Desk } from "../../packages/dispatcher/src/desk.ts";
import { Patience } from "../../packages/dispatcher/src/patience.ts";
import { Payloads } from "../../packages/dispatcher/src/payloads.ts";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission } from "../support/dispatcher/scene.ts";
import type { CommitRule } from "../support/dispatcher/watched-ports.ts";
import { sentTooEarly } from "../support/laws/durable-first.ts";
import { outputOfDeposed } from "../support/laws/fenced-commit.ts";
import { lostSubmits } from "../support/laws/nothing-lost.ts";

const { decide } = Desk.prototype;
afterEach(() => {
  Desk.prototype.decide = decide;
});

/** A loop that makes of each outcome of a commit what `believe` makes of it. */
function believing(scene: DispatcherScene, believe: CommitRule): void {
  let rule: CommitRule = (_commit, pass) => pass();
  Object.defineProperty(scene.watched, "rule", {
    get: (): CommitRule => (commit, pass) => believe(commit, () => rule(commit, pass)),
    set: (next: CommitRule) => {
      rule = next;
    },
  });
}

/** And never hears either that the store misses commits. */
const ignoreFailures: CommitRule = async (_commit, pass) => {
  try {
    const outcome = await pass();
    return outcome.type === "out-of-sequence" ? { type: "committed" } : outcome;
  } catch (error) {
    if (error instanceof StoreError) return { type: "committed" };
    throw error;
  }
};

const ignoreDeposition: CommitRule = async (_commit, pass) => {
  const outcome = await pass();
  return outcome.type === "deposed" ? { type: "committed" } : outcome;
};

/** A loop that sends what was decided while that is still being committed. */
async function sendAtOnce(scene: DispatcherScene): Promise<void> {
  const broker = await scene.watchedConnection();
  const payload = JSON.stringify(submission("t-any").payload);
  const logger = pino({ level: "silent" });
  const payloads = new Payloads(scene.store, space, new Patience(realTiming, 1, logger), 0);
  payloads.of = async (tasks) => new Map(tasks.map((task) => [task, payload]));
  Desk.prototype.decide = function (this: Desk, ...given) {
    const decided = decide.apply(this, given);
    void decided.outbox.send(broker, payloads, logger);
    return decided;
  };
}

describe("law 9, durable first, catches a loop", () => {
  test("that sends before the commit: answers, deliveries, orders and notices", async () => {
    const scene = await DispatcherScene.open();
    const early = await sentTooEarly(scene, () => sendAtOnce(scene));
    for (const what of ['"replies":[{', '"token":', '"type":"cancel"', '"state":"cancelling"']) {
      expect(early.filter((finding) => finding.includes(what))).not.toEqual([]);
    }
  });

  test("that acknowledges before the commit", async () => {
    const scene = await DispatcherScene.open({ onTake: (message) => message.ack() });
    const early = await sentTooEarly(scene);
    expect(early).toEqual([expect.stringMatching(/^acked .*inbox/)]);
  });
});

describe("law 3, nothing lost,", () => {
  test("holds over a store that fails again and again", async () => {
    expect(await lostSubmits(await DispatcherScene.open())).toEqual([]);
  });

  test("catches a loop that goes on after a commit that failed", async () => {
    const scene = await DispatcherScene.open();
    believing(scene, ignoreFailures);
    expect(await lostSubmits(scene)).not.toEqual([]);
  });

  test("catches a loop that acknowledges what is not committed", async () => {
    const scene = await DispatcherScene.open({ onTake: (message) => message.ack() });
    expect(await lostSubmits(scene)).not.toEqual([]);
  });
});

test("law 5, fencing, catches a loop that does not stop when it is deposed", async () => {
  const scene = await DispatcherScene.open();
  believing(scene, ignoreDeposition);
  const { output } = await outputOfDeposed(scene);
  expect(output).toEqual(expect.arrayContaining(["published", "acked"]));
});
