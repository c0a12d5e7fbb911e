import type { BerthClient } from "@berth/client";
import { Basics } from "./basics.ts";
import { startTogether, workBeforeAWindow } from "./coordination.ts";
import type { Evidence } from "./evidence.ts";
import type { Site } from "./site.ts";
import { Stage, type Tell, target } from "./stage.ts";
import { upgradeTheTentacle } from "./upgrade.ts";

/** What the demo measured. Each field is a fact about this run, not an expectation. */
export interface Findings {
  healthCheckStartMsIdle: number;
  healthCheckStartMsWhileDeploying: number;
  exclusiveOverlaps: number;
  secondDeployStartedAfterFirstEnded: boolean;
  whyNamedTheHolder: boolean;
  failedAttempts: number;
  oopsRaised: number;
  parked: boolean;
  jobStoppedByHold: boolean;
  jobStartedAfterHoldLifted: boolean;
  longJobStoppedByWindow: boolean;
  shortJobRanBeforeWindow: boolean;
  togetherStartedAtOnce: boolean;
  releasedByNewVersion: boolean;
  tasksLost: number;
}

/** The demo: what Berth is for, played on real scripts through the public API. */
export class Story {
  readonly #stage: Stage;
  readonly #site: Site;

  constructor(client: BerthClient, evidence: Evidence, tell: Tell, site: Site) {
    this.#stage = new Stage(client, evidence, tell);
    this.#site = site;
  }

  async play(): Promise<Findings> {
    const { client } = this.#stage;
    // Three attempts instead of five, so that nobody has to watch a minute of back-off.
    await client.targets.put(target, { policy: { attempts: { job: 3 } } });
    const other = "local-2";
    await client.targets.put(other, {});
    await this.#site.addMachine(other);
    const basics = new Basics(this.#stage);
    const idle = await basics.checkIdleTarget();
    const deploys = await basics.deployTwice();
    const { poison, ...failures } = await basics.runPoison(this.#site.tool);
    const hold = await basics.holdJobs();
    const window = await workBeforeAWindow(this.#stage);
    const together = await startTogether(this.#stage, other);
    const upgrade = await upgradeTheTentacle(this.#stage, poison, () => this.#site.upgradeTentacle());
    const tasksLost = await this.#countLost();
    return {
      healthCheckStartMsIdle: idle,
      ...deploys,
      ...failures,
      ...hold,
      ...window,
      ...together,
      ...upgrade,
      tasksLost,
    };
  }

  /** An enqueued task is lost when it is neither parked nor ended now that nothing runs any more. */
  async #countLost(): Promise<number> {
    let lost = 0;
    for (const id of this.#stage.enqueued) {
      const { state } = await this.#stage.client.task(id);
      if (!settled.has(state)) lost += 1;
    }
    this.#stage.tell(`8. ${this.#stage.enqueued.length} tasks were enqueued; ${lost} of them were lost.`);
    return lost;
  }
}

const settled: ReadonlySet<string> = new Set([
  "parked",
  "succeeded",
  "failed",
  "canceled",
  "timed-out",
  "unavailable",
]);
