// The checks of the laws that the loop is responsible for, held against loops that break them: each must be caught.
import { realTiming } from "@berth/dispatcher";
import type { InboxMessage } from "@berth/protocol";
import { type Store, StoreError } from "@berth/store";
import pino from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Courtesy } from "../../packages/dispatcher/src/courtesy.ts";
import { Desk } from "../../packages/dispatcher/src/desk.ts";
import { Patience } from "../../packages/dispatcher/src/patience.ts";
import { Payloads } from "../../packages/dispatcher/src/payloads.ts";
import { RecentCommits } from "../../packages/dispatcher/src/recent-commits.ts";
import { WriteBack } from "../../packages/dispatcher/src/write-back.ts";
import { space } from "../support/dispatcher/inbox-user.ts";
import { DispatcherScene, submission } from "../support/dispatcher/scene.ts";
import { type CommitRule, withOverrides } from "../support/dispatcher/watched-ports.ts";
import { sentTooEarly } from "../support/laws/durable-first.ts";
import { outputOfDeposed } from "../support/laws/fenced-commit.ts";
import { lostSubmits } from "../support/laws/nothing-lost.ts";
import { findingsAfterSetbacks } from "../support/laws/setback.ts";
import { findingsAfterTakeover, findingsWhileAnotherWaits } from "../support/laws/setback-takeover.ts";
import { tornWriteBack } from "../support/laws/whole-write-back.ts";

const { decide } = Desk.prototype;
afterEach(() => {
  vi.restoreAllMocks();
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
    void decided.outbox.send(broker, payloads, logger, async () => {});
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

describe("over a store that goes backwards", () => {
  test("laws 3 and 8 catch a loop that goes on from what is stored", async () => {
    vi.spyOn(WriteBack.prototype, "run").mockRejectedValue(new Error("not written back"));
    vi.spyOn(RecentCommits.prototype, "lostTo").mockReturnValue([]);
    const scene = await DispatcherScene.open();
    const findings = await findingsAfterSetbacks(scene, (_wave, written) =>
      scene.forgetful.forgetSince(written),
    );
    expect(findings).toContainEqual(expect.stringMatching(/ is null$/));
  });

  test("laws 3 and 8 catch a loop that writes what lives, and not what has ended", async () => {
    vi.spyOn(RecentCommits.prototype, "all").mockReturnValue([]);
    const scene = await DispatcherScene.open();
    const findings = await findingsAfterSetbacks(scene, () => scene.forgetful.forgetEverything());
    expect(findings).toContainEqual(expect.stringMatching(/ is null$/));
  });

  test("law 3 catches a write-back that is there in part when its owner dies", async () => {
    const scene = await DispatcherScene.prepare();
    const { store } = scene.watched;
    const stage: Store["stage"] = async (part) => {
      const { sequence } = await store.history(space);
      const { owner, epoch, changes } = part;
      const counters = { order: 0, token: 0 };
      await store.commit({ space, owner, epoch, sequence: sequence + 1, at: 0, changes, counters });
      return store.stage(part);
    };
    const settings = { recentCommitBytes: 0 };
    await scene.dispatcher({ settings, store: withOverrides(store, { stage }) }).start();
    const user = await scene.user("setup");
    await user.ask({ type: "target.put", target: "web-1", policy: {}, tags: [] });
    expect(await tornWriteBack(scene)).toContain("t-1 is there, of what the owner had");
  });

  test("laws 3 and 8 catch a deposed loop that does not tell what has ended", async () => {
    const scene = await DispatcherScene.open();
    scene.onPublish = (message, pass) => {
      const value = message.value as InboxMessage;
      if ("items" in value) value.items = value.items.filter(({ type }) => type !== "task.ended");
      return pass();
    };
    const { findings } = await findingsAfterTakeover(scene);
    expect(findings).toContain("t-ended was succeeded and is null");
  });

  test("law 3 catches a loop that takes a space from its living owner", async () => {
    vi.spyOn(Courtesy.prototype, "leavesItToItsOwner").mockReturnValue(false);
    const findings = await findingsWhileAnotherWaits(await DispatcherScene.prepare());
    expect(findings).toContain("the other one took it");
  });
});

test("law 5, fencing, catches a loop that does not stop when it is deposed", async () => {
  const scene = await DispatcherScene.open();
  believing(scene, ignoreDeposition);
  const { output } = await outputOfDeposed(scene);
  expect(output).toEqual(expect.arrayContaining(["published", "acked"]));
});
