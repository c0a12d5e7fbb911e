import type { LogLineView, TaskView } from "@berth/protocol";
import { stepOfText } from "./print/plan.ts";

/** Tells where the lines of the log of a task come from. */
export class LineOrigins {
  readonly #read: () => Promise<TaskView>;
  /** The last attempt that was heard of, by leg. */
  readonly #attempts = new Map<string, number>();
  #task: TaskView | undefined;

  /** `read` gives the task as it is. It is called once; for a task that has steps, also when another one has begun. */
  constructor(read: () => Promise<TaskView>) {
    this.#read = read;
  }

  /** `null`: the task has but one target, which need not be said. */
  async targetOf(line: LogLineView): Promise<string | null> {
    const task = await this.#known();
    return task.legs.length === 1 ? null : (legOf(task, line)?.target ?? line.leg);
  }

  /** What begins with this line, e.g. `attempt 2` or `step 2 of 3 (start)`. `null`: it goes on, or it is the only attempt. */
  async beginningOf(line: LogLineView): Promise<string | null> {
    if (line.attempt <= (this.#attempts.get(line.leg) ?? 0)) return null;
    this.#attempts.set(line.leg, line.attempt);
    const task = await this.#known();
    const attempt = `attempt ${line.attempt}`;
    if ((task.plan?.steps.length ?? 0) === 0) return line.attempt === 1 ? null : attempt;
    if (line.attempt === 1) return stepOfText(task, 0);
    const current = (legOf(task, line)?.attempt ?? 0) < line.attempt ? await this.#readAgain() : task;
    const leg = legOf(current, line);
    // It has gone on since, and nobody remembers which step that attempt was.
    if (leg === undefined || leg.attempt !== line.attempt) return attempt;
    const step = stepOfText(current, leg.step);
    return leg.failures === 0 ? step : `${step}, ${attempt}`;
  }

  async #known(): Promise<TaskView> {
    return this.#task ?? this.#readAgain();
  }

  async #readAgain(): Promise<TaskView> {
    this.#task = await this.#read();
    return this.#task;
  }
}

function legOf({ legs }: TaskView, { leg }: LogLineView): TaskView["legs"][number] | undefined {
  return legs.find(({ id }) => id === leg);
}
