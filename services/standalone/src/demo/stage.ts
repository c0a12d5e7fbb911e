import type { BerthClient } from "@berth/client";
import type { LegView, TaskRequestInput, TaskState } from "@berth/protocol";
import type { Evidence } from "./evidence.ts";

/** Tells one step of the story to whoever watches. */
export type Tell = (text: string) => void;

/** The target that is there from the start. */
export const target = "local";

/** What the chapters of the story play on: the public API, and the scripts' own notes. */
export class Stage {
  readonly client: BerthClient;
  readonly evidence: Evidence;
  readonly tell: Tell;
  /** Ids of all tasks so far. */
  readonly enqueued: string[] = [];

  constructor(client: BerthClient, evidence: Evidence, tell: Tell) {
    this.client = client;
    this.evidence = evidence;
    this.tell = tell;
  }

  /** On the usual target, where the task names none. */
  async enqueue(request: TaskRequestInput): Promise<string> {
    const place = request.targets === undefined && request.target === undefined ? { target } : {};
    const { id } = await this.client.enqueue({ ...request, ...place });
    this.enqueued.push(id);
    return id;
  }

  script(work: string): { interpreter: string; text: string } {
    return { interpreter: "bash", text: this.evidence.script(work) };
  }

  check(): TaskRequestInput {
    return { kind: "health-check", name: "disk", script: this.script("df -k . > /dev/null") };
  }

  /** Resolves when the task has come to this state. */
  async reached(task: string, state: TaskState): Promise<void> {
    const reached = new AbortController();
    const onChange = (current: TaskState): void => {
      if (current === state) reached.abort();
    };
    try {
      await this.client.waitFor(task, { onChange, signal: reached.signal });
    } catch (error) {
      if (!reached.signal.aborted) throw error;
    }
  }

  /** Why it does not start, in one sentence. */
  async why(task: string): Promise<{ summary: string; codes: readonly string[] }> {
    const { legs } = await this.client.explain(task);
    const codes = legs.flatMap((leg) => leg.causes.map((cause) => cause.code));
    return { summary: legs[0]?.summary ?? "?", codes };
  }

  async legs(task: string): Promise<readonly LegView[]> {
    return (await this.client.task(task)).legs;
  }
}
