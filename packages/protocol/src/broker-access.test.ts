import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { brokerPermissions } from "./broker-access.ts";
import { brokerUser, topology } from "./topology.ts";

const { inbox, refused, replies, session, target } = topology("berth");
const chance = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const allows = (expression: string, name: string): boolean => new RegExp(expression).test(name);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/);

describe("the permissions of a tentacle's user", () => {
  const { configure, write, read } = brokerPermissions("berth", "default", "web", ["web-2", "web.1"]);

  test("are these very expressions", () => {
    expect({ configure, write, read }).toEqual({
      configure: "",
      write: "^berth/default/inbox$",
      read: "^(berth/default/target/web-2|berth/default/target/web\\.1|berth/default/session/web\\.[0-9a-f-]+)$",
    });
  });

  test("let it read its targets and its sessions, and nothing else", () => {
    const readable = [
      target("default", "web-2"),
      target("default", "web.1"),
      session("default", `web.${chance}`),
    ];
    for (const queue of readable) expect([queue, allows(read, queue)]).toEqual([queue, true]);
    const others = [
      target("default", "web"),
      target("default", "web-22"),
      target("default", "webx1"),
      target("other", "web-2"),
      session("default", `web-2.${chance}`),
      session("default", `web.eu.${chance}`),
      session("other", `web.${chance}`),
      inbox("default"),
      refused("default"),
      replies("api"),
      `x${target("default", "web-2")}`,
    ];
    for (const queue of others) expect([queue, allows(read, queue)]).toEqual([queue, false]);
  });

  test("let it write to the inbox of its space, and neither to the default exchange nor to any other", () => {
    expect(allows(write, inbox("default"))).toBe(true);
    const others = ["", "amq.default", inbox("other"), refused("default"), target("default", "web-2")];
    for (const exchange of others) expect([exchange, allows(write, exchange)]).toEqual([exchange, false]);
  });

  test("name one tentacle, whatever dots there are in its name", () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        const permissions = brokerPermissions("berth", "default", one, [one]);
        expect(allows(permissions.read, session("default", `${one}.${chance}`))).toBe(true);
        expect(allows(permissions.read, session("default", `${other}.${chance}`))).toBe(false);
        expect(allows(permissions.read, target("default", other))).toBe(false);
      }),
    );
  });

  test("quote a prefix with characters that mean something in an expression", () => {
    const odd = brokerPermissions("b+(erth)", "default", "web", ["web"]);
    expect(allows(odd.write, "b+(erth)/default/inbox")).toBe(true);
    expect(allows(odd.write, "bb(erth)/default/inbox")).toBe(false);
  });
});

describe("the name of a tentacle's user", () => {
  test("is made of prefix, space and tentacle", () => {
    expect(brokerUser("berth", "default", "web-1")).toBe("berth.default.web-1");
  });

  test("is never that of another tentacle, whatever dots there are in the names", () => {
    const near = fc.stringMatching(/^[ab][ab.]{0,4}$/);
    fc.assert(
      fc.property(fc.tuple(near, near), fc.tuple(near, near), (one, other) => {
        fc.pre(one[0] !== other[0] || one[1] !== other[1]);
        expect(brokerUser("berth", ...one)).not.toBe(brokerUser("berth", ...other));
      }),
      { numRuns: 2000 },
    );
  });
});
