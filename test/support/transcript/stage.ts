// The stage of one transcript: an engine, a clock, and the laws, which are checked after each command.
//
// Besides the commands (./command.ts) it understands `at +5s` and `next` (to the next timer) for the clock, the questions `explain TASK`,
// `clearance` and `semaphores`, `reload` (another owner goes on with what was stored), and `repeat 3 "submit k# …" "finished k# …"`.
import { type Command, type Decisions, Engine, noRecords } from "@berth/engine";
import { LawBook } from "../laws/decisions/check.ts";
import { canonical } from "../laws/decisions/stored.ts";
import { clearanceLines, explanationLines, semaphoreLines } from "./answer.ts";
import { calendar } from "./calendar.ts";
import { commandOf, type Grant, readScope, type Scene } from "./command.ts";
import { Line } from "./line.ts";
import { decisionLines, shortTokens } from "./render.ts";
import { momentAt, momentText, startAt, withRunIds, withShortRunIds } from "./time.ts";

export class Stage {
  readonly #laws = new LawBook();
  readonly #grants = new Map<string, Grant>();
  #epoch = 1;
  #at = startAt;
  #commands = 0;
  #engine: Engine = new Engine({ records: noRecords, epoch: 1, at: startAt, calendar });

  /** Plays one line; the lines of its answer. */
  play(text: string): string[] {
    const line = new Line(withRunIds(text));
    const answer = this.#play(line.word("the verb"), line);
    line.end();
    return answer.map(shortTokens).map(withShortRunIds);
  }

  #play(verb: string, line: Line): string[] {
    switch (verb) {
      case "at":
        this.#at = momentAt(line.word("the moment"));
        return [];
      case "next":
        return this.#next();
      case "explain":
        return this.#explain(line.word("the task"));
      case "repeat":
        return this.#repeat(Number(line.word("how often")), line);
      case "clearance":
        return clearanceLines(this.#engine.clearance(readScope(line), this.#at));
      case "semaphores":
        return semaphoreLines(this.#engine.semaphores());
      case "reload":
        return this.#reload();
      default:
        return decisionLines(this.#apply(this.#commandOf(verb, line)));
    }
  }

  /** The clock goes on to the next timer, which fires. */
  #next(): string[] {
    const next = this.#engine.nextTimerAt;
    if (next === null) return ["no timer is set"];
    this.#at = next;
    return [`at ${momentText(next)}`, ...decisionLines(this.#apply(this.#commandOf("tick", new Line(""))))];
  }

  /** The commands that follow, so many times, with a number for `#`; only the last answer is told. */
  #repeat(times: number, line: Line): string[] {
    const commands: string[] = [];
    for (let text = line.optionalWord(); text !== null; text = line.optionalWord()) commands.push(text);
    let answer: string[] = [];
    for (let number = 1; number <= times; number += 1)
      for (const text of commands) answer = this.play(text.replaceAll("#", String(number)));
    return answer;
  }

  #explain(task: string): string[] {
    const explanation = this.#engine.explain(task, this.#at);
    return explanation === null ? [`no task ${task} is alive`] : explanationLines(explanation);
  }

  /** Another owner takes over from what was stored. */
  #reload(): string[] {
    const records = structuredClone(this.#laws.stored.live());
    if (canonical(records) !== canonical(this.#engine.records())) throw new Error("the store differs");
    this.#epoch += 1;
    this.#engine = new Engine({ records, epoch: this.#epoch, at: this.#at, calendar });
    return decisionLines(this.#apply(this.#commandOf("resend", new Line(""))));
  }

  #commandOf(verb: string, line: Line): Command {
    this.#commands += 1;
    const scene: Scene = {
      id: `c${this.#commands}`,
      at: this.#at,
      grantOf: (leg) => this.#grants.get(leg) ?? { session: null, token: "none" },
      tokenOf,
    };
    return commandOf(verb, line, scene);
  }

  #apply(command: Command): Decisions {
    const decisions = this.#engine.apply(command);
    for (const change of decisions.changes) {
      if (change.type !== "leg" || change.leg.token === null) continue;
      this.#grants.set(change.leg.id, { session: change.leg.session, token: change.leg.token });
    }
    this.#laws.check(command, decisions, this.#engine);
    return decisions;
  }
}

function tokenOf(short: string): string {
  const [epoch = "", counter = ""] = short.split("-");
  return `${epoch.padStart(14, "0")}-${counter.padStart(12, "0")}`;
}
