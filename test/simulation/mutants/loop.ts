import type { Mutant } from "./mutant.ts";

/** The loop around the engine: what is durable when, who owns the space, and what is sent again. */
export const loopMutants: readonly Mutant[] = [
  {
    name: "What was decided leaves before it is committed.",
    law: "9, durable first",
    file: "dispatcher/src/term.ts",
    find: `    await Promise.all([before, committed]);`,
    replace: `    committed.catch(() => undefined);
    await before;`,
  },
  {
    name: "The inbox is acknowledged before the commit.",
    law: "9, durable first",
    file: "dispatcher/src/term.ts",
    find: `    await Promise.all([before, committed]);`,
    replace: `    for (const message of messages) message.ack();
    await Promise.all([before, committed]);`,
  },
  {
    name: "What could not be committed leaves all the same.",
    law: "9, durable first",
    file: "dispatcher/src/term.ts",
    find: `    await Promise.all([before, committed]);`,
    replace: `    await Promise.allSettled([before, committed]);`,
  },
  {
    name: "A commit that failed counts as done.",
    law: "9, durable first",
    file: "dispatcher/src/commits.ts",
    find: `if (firstTry.type === "failed") await this.#setup.patience.pauseAfter(firstTry.failure);`,
    replace: `if (firstTry.type === "failed") commit.isDurable = true;`,
  },
  {
    name: "A commit that the store refused, because it came before the one before it, counts as done.",
    law: "9, durable first",
    file: "dispatcher/src/commits.ts",
    find: `else if (firstTry.type === "committed" || !isBehindAnother) await this.#take(commit, firstTry);`,
    replace: `else commit.isDurable = true;`,
  },
  {
    name: "An owner goes on although it was deposed.",
    law: "9, durable first",
    file: "dispatcher/src/commits.ts",
    find: `if (outcome.epoch > this.#setup.recent.epoch) throw new Deposed(this.#setup.space);
        await this.#heal();`,
    replace: `commit.isDurable = true;`,
  },
  {
    name: "What changes nothing is answered without a commit.",
    law: "9, durable first",
    file: "dispatcher/src/commits.ts",
    find: `if (changes.length === 0 && messages === 0 && batch.effects.length === 0)`,
    replace: `if (changes.length === 0)`,
  },
  {
    name: "All owners count their tokens as the first one.",
    isUnnoticed: true,
    law: "5, fencing",
    file: "dispatcher/src/term.ts",
    find: `const start = { records, epoch: this.#ownership.epoch, at`,
    replace: `const start = { records, epoch: 1, at`,
  },
  {
    // The store refuses it, so the term ends before anything can be seen from outside.
    name: "A submit that comes again after its task has ended is taken for a new one.",
    isUnnoticed: true,
    law: "8, truth",
    file: "dispatcher/src/term.ts",
    find: `return (redelivered || item.task.digest !== "") && this.#engine?.isAlive(item.task.id) === false;`,
    replace: `return !redelivered && item.task.digest === "never";`,
  },
  {
    name: "Whether a task has ended is looked for before its end is stored.",
    isUnnoticed: true,
    law: "8, truth",
    file: "dispatcher/src/term.ts",
    find: `    await this.#committing;
    const { store, space } = this.#setup;`,
    replace: `    const { store, space } = this.#setup;`,
  },
  {
    name: "The payload of a task is in memory only.",
    isUnnoticed: true,
    law: "3, nothing lost",
    file: "dispatcher/src/desk.ts",
    find: `    batch.addPayload(task, payload);\n`,
    replace: "",
  },
  {
    name: "The answer to a submit is stored, and its task is not.",
    law: "3, nothing lost",
    file: "dispatcher/src/batch.ts",
    find: `const changes: StoreChange[] = [...this.#decided, ...this.#records];`,
    replace: `const changes: StoreChange[] = [...this.#decided.filter(({ type }) => type !== "task.added"), ...this.#records];`,
  },
  {
    name: "What a broker lost that was restarted is not sent again.",
    isUnnoticed: true,
    law: "liveness",
    file: "dispatcher/src/term.ts",
    find: `broker.onMessagesLost(() => this.#resendSoon())`,
    replace: `broker.onMessagesLost(() => undefined)`,
  },
  {
    name: "A new owner does not look at what its predecessor may not have sent.",
    law: "liveness",
    file: "dispatcher/src/term.ts",
    find: `    this.#mustResend = true;
    await this.#queues.consume(`,
    replace: `    await this.#queues.consume(`,
  },
  {
    name: "A delivery that could not be sent is not sent again.",
    isUnnoticed: true,
    law: "liveness",
    file: "dispatcher/src/departures.ts",
    find: `if (unsent !== null) this.#resendLater(unsent);`,
    replace: "",
  },
  {
    name: "An owner that is broken off while it begins keeps its share of the inbox.",
    law: "liveness",
    file: "dispatcher/src/term.ts",
    find: `      this.#close();
      await this.#letGo();
    }
    this.#wake();`,
    replace: `    }
    this.#wake();`,
  },
  {
    name: "The queue of a session that the broker lost is not made again.",
    law: "liveness",
    file: "dispatcher/src/departures.ts",
    find: `if (sessionsWithoutQueue.length > 0) this.#declareSessions(sessionsWithoutQueue);`,
    replace: "",
  },
  {
    name: "Nobody wakes the owner when a timer is due.",
    isUnnoticed: true,
    law: "10, freed in time",
    file: "dispatcher/src/term.ts",
    find: `    this.#cancelTimer = this.#setup.timing.after(waitMs, () => this.#wake());`,
    replace: `    this.#cancelTimer = this.#setup.timing.after(waitMs + 5_000, () => this.#wake());`,
  },
  {
    name: "A clock that jumps forward ends the leases.",
    isUnnoticed: true,
    law: "10, freed in time",
    file: "dispatcher/src/pulse.ts",
    find: `if (jumpMs > clockToleranceMs) this.#missedMs += jumpMs;`,
    replace: "",
  },
  {
    name: "An owner believes that it has read everything.",
    isUnnoticed: true,
    law: "10, freed in time",
    file: "dispatcher/src/desk.ts",
    find: `type: "tick", heardUntil: this.#heardUntil }];`,
    replace: `type: "tick", heardUntil: at }];`,
  },
  {
    name: "An owner takes the marks of others in the inbox for its own.",
    isUnnoticed: true,
    law: "10, freed in time",
    file: "dispatcher/src/desk.ts",
    find: `if (owner === this.#setup.owner) this.#heardUntil`,
    replace: `if (owner !== "") this.#heardUntil`,
  },
  {
    name: "A store that went backwards gets back what lives, and not what has ended.",
    isUnnoticed: true,
    law: "3, nothing lost",
    file: "dispatcher/src/restoration.ts",
    find: `const ended = [...this.#traces.values()].filter(hasEnded);`,
    replace: `const ended = [...this.#traces.values()].filter((trace) => hasEnded(trace) && trace.id === "");`,
  },
  {
    name: "A store that went backwards keeps alive what has ended since.",
    isUnnoticed: true,
    law: "8, truth",
    file: "dispatcher/src/restoration.ts",
    find: `    yield* this.#staleTasks();\n`,
    replace: "",
  },
  {
    name: "An owner whose store went backwards goes on as if nothing were missing.",
    law: "3, nothing lost",
    file: "dispatcher/src/commits.ts",
    find: `else if (outcome.stored < commit.sequence - 1) await this.#heal();`,
    replace: `else if (outcome.stored < commit.sequence - 1) commit.isDurable = true;`,
  },
  {
    name: "A former owner keeps to itself what the store lost of its work.",
    isUnnoticed: true,
    law: "3, nothing lost",
    file: "dispatcher/src/dispatcher.ts",
    find: `this.#repeating = this.#repeating.then(() => this.#repeat(former, lost));`,
    replace: `if (lost.length < 0) this.#repeating = this.#repeating.then(() => this.#repeat(former, lost));`,
  },
];
