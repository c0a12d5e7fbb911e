import type { IncomingMessage } from "@berth/broker";
import type { InboxItem } from "@berth/protocol";
import { describe, expect, test } from "vitest";
import { Intake } from "./intake.ts";

const message: IncomingMessage = {
  queue: "inbox",
  body: Buffer.alloc(0),
  redelivered: false,
  userId: null,
  json: () => null,
  ack: () => {},
  nack: () => {},
};

const ask = (id: string): InboxItem => ({ type: "cancel", id, task: "t-1", by: "dana", reason: "" });
const beat = (id: string): InboxItem => ({ type: "session.beat", id, session: "s-1" });
const mark = (id: string): InboxItem => ({ type: "mark", id, owner: "d-1", at: 1 });

function intakeOf(...items: InboxItem[]): Intake {
  const intake = new Intake();
  for (const item of items) add(intake, item);
  return intake;
}

function add(intake: Intake, item: InboxItem, isRepeated = false): void {
  const entries = [{ item, replyTo: null, sender: null, redelivered: false, isRepeated }];
  const repeatedBy = isRepeated ? { owner: "d-0", epoch: 1 } : null;
  intake.add({ message, opened: { entries, unreadable: [], repeatedBy, sender: null, isDeadLetter: false } });
}

function taken(intake: Intake, most = 100): string {
  const ids = intake.take(most).flatMap(({ opened }) => opened.entries.map(({ item }) => item.id));
  return ids.join(" ");
}

describe("an intake", () => {
  test("gives what sessions say first, and then takes turns", () => {
    const intake = intakeOf(ask("c1"), ask("c2"), beat("s1"), ask("c3"), beat("s2"));
    expect(taken(intake)).toBe("s1 s2");
    add(intake, beat("s3"));
    expect(taken(intake)).toBe("c1");
    expect(taken(intake)).toBe("s3");
    expect(taken(intake)).toBe("c2 c3");
    expect(intake.size).toBe(0);
    expect(taken(intake)).toBe("");
  });

  test("gives no more than it is asked for", () => {
    const intake = intakeOf(beat("s1"), beat("s2"), beat("s3"));
    expect(taken(intake, 2)).toBe("s1 s2");
    expect(taken(intake, 1)).toBe("s3");
    const others = intakeOf(ask("c1"), ask("c2"));
    expect(taken(others, 1)).toBe("c1");
    expect(others.size).toBe(1);
  });

  test("gives a mark after every heartbeat that came before it, whosever turn it is", () => {
    const intake = intakeOf(beat("s1"), ask("c1"));
    expect(taken(intake)).toBe("s1");
    for (const item of [beat("s2"), mark("m1"), ask("c2")]) add(intake, item);
    expect(taken(intake)).toBe("c1");
    expect(taken(intake)).toBe("s2 m1");
    expect(taken(intake)).toBe("c2");
  });

  test("keeps the order of what a former owner repeats", () => {
    const intake = intakeOf(ask("c1"));
    add(intake, ask("r1"), true);
    add(intake, beat("r2"), true);
    add(intake, ask("r3"), true);
    expect(taken(intake)).toBe("c1 r1 r2 r3");
  });

  test("has nothing left when it is cleared", () => {
    const intake = intakeOf(ask("c1"), beat("s1"));
    intake.clear();
    expect(intake.size).toBe(0);
  });
});
