import type { BerthClient } from "@berth/client";
import type { TaskRequestInput, TaskState } from "@berth/protocol";
import { type Evidence, overlapCount } from "./evidence.ts";

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
  tasksLost: number;
}

/** Tells one step of the story to whoever watches. */
export type Tell = (text: string) => void;

const target = "local";
const checksPerSituation = 5;

/** The demo: what Berth is for, played on real scripts through the public API. */
export class Story {
  readonly #client: BerthClient;
  readonly #evidence: Evidence;
  readonly #tell: Tell;
  readonly #enqueued: string[] = [];

  constructor(client: BerthClient, evidence: Evidence, tell: Tell) {
    this.#client = client;
    this.#evidence = evidence;
    this.#tell = tell;
  }

  async play(): Promise<Findings> {
    // Three attempts instead of five, so that nobody has to watch a minute of back-off.
    await this.#client.targets.put(target, { policy: { attempts: { job: 3 } } });
    const idle = await this.#checkIdleTarget();
    const deploys = await this.#deployTwice();
    const poison = await this.#runPoison();
    const hold = await this.#holdJobs();
    const tasksLost = await this.#countLost();
    return { healthCheckStartMsIdle: idle, ...deploys, ...poison, ...hold, tasksLost };
  }

  async #checkIdleTarget(): Promise<number> {
    this.#tell(
      `1. Nothing runs on the target "${target}". ${checksPerSituation} health checks, one after the other:`,
    );
    const ms = await this.#measureChecks();
    this.#tell(`   half of them started within ${ms} ms of being enqueued.`);
    return ms;
  }

  async #deployTwice(): Promise<
    Pick<
      Findings,
      | "healthCheckStartMsWhileDeploying"
      | "exclusiveOverlaps"
      | "secondDeployStartedAfterFirstEnded"
      | "whyNamedTheHolder"
    >
  > {
    this.#tell("2. A deploy starts, and takes a few seconds. It holds the target's slot alone.");
    const first = await this.#enqueue({ kind: "deploy", name: "shop 1", script: this.#script("sleep 4") });
    await this.#reached(first, "running");
    this.#tell("   A second deploy is enqueued meanwhile. It waits — but why?");
    const second = await this.#enqueue({ kind: "deploy", name: "shop 2", script: this.#script("sleep 1") });
    const whyNamedTheHolder = await this.#askWhy(second, first);
    const whileDeploying = await this.#measureChecks();
    this.#tell(
      `   ${checksPerSituation} health checks went past it: half started within ${whileDeploying} ms.`,
    );
    await this.#client.waitFor(first);
    await this.#client.waitFor(second);
    const [runOfFirst] = await this.#evidence.runsOf(first);
    const [runOfSecond] = await this.#evidence.runsOf(second);
    const gapMs = (runOfSecond?.startedAt ?? Number.NaN) - (runOfFirst?.endedAt ?? Number.NaN);
    this.#tell(`   The second deploy started ${gapMs} ms after the first had ended; nobody polled for that.`);
    const runs = (await this.#evidence.runs()).filter((run) => run.task === first || run.task === second);
    return {
      healthCheckStartMsWhileDeploying: whileDeploying,
      exclusiveOverlaps: overlapCount(runs),
      secondDeployStartedAfterFirstEnded: gapMs >= 0,
      whyNamedTheHolder,
    };
  }

  async #askWhy(waiting: string, holder: string): Promise<boolean> {
    const explanation = await this.#client.explain(waiting);
    const [leg] = explanation.legs;
    this.#tell(`   berth why: ${leg?.summary ?? "?"}`);
    return leg?.causes.some((cause) => cause.blockers.some((blocker) => blocker.task === holder)) ?? false;
  }

  async #runPoison(): Promise<Pick<Findings, "failedAttempts" | "oopsRaised" | "parked">> {
    this.#tell("3. A job that crashes each time it is run: it kills its own process.");
    const poison = await this.#enqueue({
      kind: "job",
      name: "poison",
      script: this.#script("kill -KILL $$"),
    });
    const { state } = await this.#client.waitFor(poison);
    const attempts = await this.#evidence.runsOf(poison);
    const failedAttempts = attempts.filter((run) => run.endedAt === null).length;
    const oops = (await this.#client.oops.page({ task: poison })).items;
    this.#tell(
      `   ${failedAttempts} attempts failed, with back-off between them, and raised ${oops.length} OOPS:`,
    );
    for (const { type, value } of oops) this.#tell(`     ${type}: ${value}`);
    this.#tell(`   It is ${state} now: it blocks nothing, and waits for somebody to release or discard it.`);
    return { failedAttempts, oopsRaised: oops.length, parked: state === "parked" };
  }

  async #holdJobs(): Promise<Pick<Findings, "jobStoppedByHold" | "jobStartedAfterHoldLifted">> {
    this.#tell("4. A rollout begins. A hold, with an owner and a reason, stops all jobs of the target.");
    const hold = await this.#client.holds.place({
      scope: { kinds: ["job"], targets: [target] },
      owner: "anna",
      reason: "the database moves",
    });
    const job = await this.#enqueue({ kind: "job", name: "nightly", script: this.#script("sleep 0.2") });
    // Whatever else is enqueued after the job comes and goes, while the job stays where it is.
    await this.#client.waitFor(await this.#enqueue(this.#check()));
    await this.#client.waitFor(
      await this.#enqueue({ kind: "deploy", name: "db", script: this.#script("sleep 0.5") }),
    );
    const explanation = await this.#client.explain(job);
    const isHeld = explanation.legs.some((leg) => leg.causes.some((cause) => cause.code === "held"));
    const jobStoppedByHold = isHeld && (await this.#evidence.runsOf(job)).length === 0;
    this.#tell(`   berth why: ${explanation.legs[0]?.summary ?? "?"}`);
    const liftedAt = Date.now();
    await this.#client.holds.lift(hold.id);
    const { state } = await this.#client.waitFor(job);
    const [run] = await this.#evidence.runsOf(job);
    const startedMs = (run?.startedAt ?? Number.NaN) - liftedAt;
    this.#tell(`   Anna lifts her hold: the job started ${startedMs} ms later, and has ${state}.`);
    return { jobStoppedByHold, jobStartedAfterHoldLifted: startedMs >= 0 && state === "succeeded" };
  }

  /** An enqueued task is lost when it is neither parked nor ended now that nothing runs any more. */
  async #countLost(): Promise<number> {
    let lost = 0;
    for (const id of this.#enqueued) {
      const { state } = await this.#client.task(id);
      if (!settled.has(state)) lost += 1;
    }
    this.#tell(`5. ${this.#enqueued.length} tasks were enqueued; ${lost} of them were lost.`);
    return lost;
  }

  /** Median time from before the enqueue to the first command of the script, in ms. */
  async #measureChecks(): Promise<number> {
    const times: number[] = [];
    for (let nth = 0; nth < checksPerSituation; nth += 1) {
      const before = Date.now();
      const check = await this.#enqueue(this.#check());
      await this.#client.waitFor(check);
      const [run] = await this.#evidence.runsOf(check);
      times.push((run?.startedAt ?? Number.NaN) - before);
    }
    times.sort((one, other) => one - other);
    return times[Math.floor(times.length / 2)] ?? Number.NaN;
  }

  #check(): Omit<TaskRequestInput, "target"> {
    return { kind: "health-check", name: "disk", script: this.#script("df -k . > /dev/null") };
  }

  #script(work: string): { interpreter: string; text: string } {
    return { interpreter: "bash", text: this.#evidence.script(work) };
  }

  async #enqueue(request: Omit<TaskRequestInput, "target">): Promise<string> {
    const { id } = await this.#client.enqueue({ ...request, target });
    this.#enqueued.push(id);
    return id;
  }

  async #reached(task: string, state: TaskState): Promise<void> {
    const reached = new AbortController();
    const onChange = (current: TaskState): void => {
      if (current === state) reached.abort();
    };
    try {
      await this.#client.waitFor(task, { onChange, signal: reached.signal });
    } catch (error) {
      if (!reached.signal.aborted) throw error;
    }
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
