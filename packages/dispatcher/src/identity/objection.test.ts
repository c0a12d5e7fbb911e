import { InboxItem, type InboxItemOf, topology } from "@berth/protocol";
import { describe, expect, test } from "vitest";
import { type Knowledge, objectionTo } from "./objection.ts";

const names = topology("berth");
const [web, evil] = [names.user("default", "web"), names.user("default", "evil")];

/** Target a is web's, b is evil's. Session web.1 holds leg t-1.1 on a; what web.0 left of t-0.1 keeps a slot of a shut. */
const space: Knowledge = {
  openerOf: (session) => ({ "web.1": web, "evil.1": evil, "server.1": null })[session],
  mayBeCalled: (user, tentacle) =>
    user === names.user("default", tentacle) || !user.startsWith("berth.default."),
  owns: (user, target) => target === "new" || user === { a: web, b: evil }[target],
  isWith: (session, leg, token) => session === "web.1" && leg === "t-1.1" && token === "1",
  targetOf: (leg) => ({ "t-1.1": "a", "t-2.1": "b" })[leg],
  quarantinedTarget: (token) => ({ "0": "a" })[token],
  quarantinedTargetsOf: (sessions) => (sessions.includes("web.0") ? ["a"] : []),
};

const opening: InboxItemOf<"session.open"> = {
  ...{ type: "session.open", id: "i-1", session: "web.2", tentacle: "web", version: "1", targets: ["a"] },
  ...{ capacity: 1, succeeds: [], knows: [] },
};
const known = (leg: string, token: string) => [{ leg, token, outcome: null }];
const report = { type: "report", id: "i-1", task: "t-1", attempt: 1, report: { type: "started" } } as const;

const tentacleTypes = [
  ...["session.open", "session.beat", "session.drain", "session.close"],
  ...["claim", "report", "decline"],
];
const everyType = InboxItem.options.map(({ shape }) => shape.type.value);

describe("a tentacle", () => {
  test.each(everyType.filter((type) => !tentacleTypes.includes(type)))("may not send %s", (type) => {
    // What else is in it does not matter.
    const item = { type, id: "i-1" } as InboxItem;
    expect(objectionTo(item, web, space)).toBe(`only the server may send ${type}`);
  });

  test.each<[string, Partial<InboxItemOf<"session.open">>, string | null]>([
    ["a session of its own target", {}, null],
    ["one that it has open already", { session: "web.1" }, null],
    ["one of a target that is not there yet", { targets: ["a", "new"] }, null],
    ["one that succeeds its own", { succeeds: ["web.1", "web.0"] }, null],
    ["one that knows what it holds", { knows: known("t-1.1", "1") }, null],
    ["one that knows what has ended", { knows: known("t-9.1", "9") }, null],
    ["one of another's target", { targets: ["a", "b"] }, "target b"],
    ["one that has not its name", { session: "webby.2" }, 'not named "web."'],
    ["one that has another's name", { session: "evil.2", tentacle: "evil" }, "may not be called evil"],
    ["one that succeeds another's", { succeeds: ["web.1", "evil.1"] }, "session evil.1"],
    ["one that succeeds another's that is over", { succeeds: ["evil.0"] }, "session evil.0"],
    ["one that knows of another's target", { knows: known("t-2.1", "2") }, "target b"],
  ])("opens %s: %j", (_what, parts, expected) => {
    expectObjection(objectionTo({ ...opening, ...parts }, web, space), expected);
  });

  test("does not open the slots of others by what it says of their sessions", () => {
    const forged = { ...opening, session: "evil.2", tentacle: "evil", targets: ["b"] };
    expectObjection(objectionTo({ ...forged, succeeds: ["web.0"] }, evil, space), "session web.0");
    // A user whose name says nothing of its tentacle.
    const other = { ...opening, session: "x.1", tentacle: "x", targets: ["new"], succeeds: ["web.0"] };
    expectObjection(objectionTo(other, "somebody", space), "target a");
    expectObjection(
      objectionTo({ ...other, succeeds: [], knows: known("t-9.1", "0") }, "somebody", space),
      "target a",
    );
  });

  test.each(["session.beat", "session.drain", "session.close"] as const)(
    "sends %s for its own session",
    (type) => {
      const of = (session: string): InboxItem => ({ type, id: "i-1", session });
      expect(objectionTo(of("web.1"), web, space)).toBeNull();
      // The engine answers it, and so the sender knows that it is over.
      expect(objectionTo(of("web.0"), web, space)).toBeNull();
      for (const foreign of ["web.1", "web.0", "server.1", "nonsense"])
        expectObjection(objectionTo(of(foreign), evil, space), `session ${foreign}`);
    },
  );

  test.each(["claim", "report", "decline"] as const)("sends %s of what is its own", (type) => {
    const of = (session: string, leg: string, token: string): InboxItem => {
      const item = { id: "i-1", session, leg, token };
      return type === "report" ? { ...report, ...item } : { type, ...item };
    };
    expect(objectionTo(of("web.1", "t-1.1", "1"), web, space)).toBeNull();
    expect(objectionTo(of("web.1", "t-1.1", "2"), web, space)).toBeNull();
    expect(objectionTo(of("web.0", "t-0.1", "0"), web, space)).toBeNull();
    expect(objectionTo(of("web.1", "t-9.1", "9"), web, space)).toBeNull();
    expectObjection(objectionTo(of("web.1", "t-1.1", "1"), evil, space), "session web.1");
    expectObjection(objectionTo(of("evil.1", "t-1.1", "1"), evil, space), "target a");
    expectObjection(objectionTo(of("evil.1", "t-1.1", "7"), evil, space), "target a");
    // The leg is its own, and the token that of another's.
    expectObjection(objectionTo(of("evil.1", "t-2.1", "0"), evil, space), "target a");
  });

  test("goes on with what it was granted when its target has become another user's", () => {
    const taken = { ...space, owns: () => false };
    const started: InboxItem = { ...report, session: "web.1", leg: "t-1.1", token: "1" };
    expect(objectionTo(started, web, taken)).toBeNull();
    expectObjection(objectionTo({ ...started, token: "2" }, web, taken), "target a");
  });
});

function expectObjection(objection: string | null, expected: string | null): void {
  if (expected === null) expect(objection).toBeNull();
  else expect(objection).toContain(expected);
}
