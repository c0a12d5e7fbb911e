import { overlapCount } from "./evidence.ts";
import type { Stage } from "./stage.ts";
import { target } from "./stage.ts";
import type { Findings } from "./story.ts";

/** Tasks that crashed until they were parked. */
export interface Poison {
  readonly tasks: readonly string[];
}

const checksPerSituation = 5;
const poisonNames = ["a", "b", "c"];

/** What every deployment needs: checks that do not wait, one deploy at a time, failures that are told, holds. */
export class Basics {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async checkIdleTarget(): Promise<number> {
    this.#stage.tell(
      `1. Nothing runs on the target "${target}". ${checksPerSituation} health checks, one after the other:`,
    );
    const ms = await this.#measureChecks();
    this.#stage.tell(`   half of them started within ${ms} ms of being enqueued.`);
    return ms;
  }

  async deployTwice(): Promise<
    Pick<
      Findings,
      | "healthCheckStartMsWhileDeploying"
      | "exclusiveOverlaps"
      | "secondDeployStartedAfterFirstEnded"
      | "whyNamedTheHolder"
    >
  > {
    this.#stage.tell("2. A deploy starts, and takes a few seconds. It holds the target's slot alone.");
    const first = await this.#stage.enqueue({
      kind: "deploy",
      name: "shop 1",
      script: this.#stage.script("sleep 4"),
    });
    await this.#stage.reached(first, "running");
    this.#stage.tell("   A second deploy is enqueued meanwhile. It waits — but why?");
    const second = await this.#stage.enqueue({
      kind: "deploy",
      name: "shop 2",
      script: this.#stage.script("sleep 1"),
    });
    const whyNamedTheHolder = await this.#askWhy(second, first);
    const whileDeploying = await this.#measureChecks();
    this.#stage.tell(
      `   ${checksPerSituation} health checks went past it: half started within ${whileDeploying} ms.`,
    );
    await this.#stage.client.waitFor(first);
    await this.#stage.client.waitFor(second);
    const [runOfFirst] = await this.#stage.evidence.runsOf(first);
    const [runOfSecond] = await this.#stage.evidence.runsOf(second);
    const gapMs = (runOfSecond?.startedAt ?? Number.NaN) - (runOfFirst?.endedAt ?? Number.NaN);
    this.#stage.tell(
      `   The second deploy started ${gapMs} ms after the first had ended; nobody polled for that.`,
    );
    const runs = (await this.#stage.evidence.runs()).filter(
      (run) => run.task === first || run.task === second,
    );
    return {
      healthCheckStartMsWhileDeploying: whileDeploying,
      exclusiveOverlaps: overlapCount(runs),
      secondDeployStartedAfterFirstEnded: gapMs >= 0,
      whyNamedTheHolder,
    };
  }

  async #askWhy(waiting: string, holder: string): Promise<boolean> {
    const explanation = await this.#stage.client.explain(waiting);
    const [leg] = explanation.legs;
    this.#stage.tell(`   berth why: ${leg?.summary ?? "?"}`);
    return leg?.causes.some((cause) => cause.blockers.some((blocker) => blocker.task === holder)) ?? false;
  }

  async runPoison(
    tool: string,
  ): Promise<Pick<Findings, "failedAttempts" | "oopsRaised" | "parked"> & { poison: Poison }> {
    const { client, evidence, tell } = this.#stage;
    tell("3. Three jobs that crash each time they are run, because a tool is missing on the machine.");
    const tasks: string[] = [];
    for (const name of poisonNames) {
      const script = this.#stage.script(`[ -x '${tool}' ] || kill -KILL $$`);
      tasks.push(await this.#stage.enqueue({ kind: "job", name: "poison", labels: { part: name }, script }));
    }
    const states: string[] = [];
    for (const task of tasks) states.push((await client.waitFor(task)).state);
    const runs = (await evidence.runs()).filter((run) => tasks.includes(run.task));
    const failedAttempts = runs.filter((run) => run.endedAt === null).length;
    const oops = [];
    for (const task of tasks) oops.push(...(await client.oops.page({ task })).items);
    tell(
      `   ${failedAttempts} attempts failed, with back-off between them, and raised ${oops.length} OOPS, such as`,
    );
    tell(`     ${oops[0]?.type ?? "?"}: ${oops[0]?.value ?? "?"}`);
    const parked = states.every((state) => state === "parked");
    if (parked) tell("   They are parked now: they block nothing, and nobody has to remember them.");
    return { failedAttempts, oopsRaised: oops.length, parked, poison: { tasks } };
  }

  async holdJobs(): Promise<Pick<Findings, "jobStoppedByHold" | "jobStartedAfterHoldLifted">> {
    this.#stage.tell(
      "4. A rollout begins. A hold, with an owner and a reason, stops all jobs of the target.",
    );
    const hold = await this.#stage.client.holds.place({
      scope: { kinds: ["job"], targets: [target] },
      owner: "anna",
      reason: "the database moves",
    });
    const job = await this.#stage.enqueue({
      kind: "job",
      name: "nightly",
      script: this.#stage.script("sleep 0.2"),
    });
    // Whatever else is enqueued after the job comes and goes, while the job stays where it is.
    await this.#stage.client.waitFor(await this.#stage.enqueue(this.#stage.check()));
    await this.#stage.client.waitFor(
      await this.#stage.enqueue({ kind: "deploy", name: "db", script: this.#stage.script("sleep 0.5") }),
    );
    const explanation = await this.#stage.client.explain(job);
    const isHeld = explanation.legs.some((leg) => leg.causes.some((cause) => cause.code === "held"));
    const jobStoppedByHold = isHeld && (await this.#stage.evidence.runsOf(job)).length === 0;
    this.#stage.tell(`   berth why: ${explanation.legs[0]?.summary ?? "?"}`);
    const liftedAt = Date.now();
    await this.#stage.client.holds.lift(hold.id);
    const { state } = await this.#stage.client.waitFor(job);
    const [run] = await this.#stage.evidence.runsOf(job);
    const startedMs = (run?.startedAt ?? Number.NaN) - liftedAt;
    this.#stage.tell(`   Anna lifts her hold: the job started ${startedMs} ms later, and has ${state}.`);
    return { jobStoppedByHold, jobStartedAfterHoldLifted: startedMs >= 0 && state === "succeeded" };
  }

  /** Median time from before the enqueue to the first command of the script, in ms. */
  async #measureChecks(): Promise<number> {
    const times: number[] = [];
    for (let nth = 0; nth < checksPerSituation; nth += 1) {
      const before = Date.now();
      const check = await this.#stage.enqueue(this.#stage.check());
      await this.#stage.client.waitFor(check);
      const [run] = await this.#stage.evidence.runsOf(check);
      times.push((run?.startedAt ?? Number.NaN) - before);
    }
    times.sort((one, other) => one - other);
    return times[Math.floor(times.length / 2)] ?? Number.NaN;
  }
}
