// What `berth target` tells of the user that a tentacle needs on RabbitMQ. What it does there by itself is tested on the server.
import { brokerPermissions } from "@berth/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CannedApi, nothing, refused } from "../support/canned-api.ts";
import { aTarget } from "../support/views.ts";
import { berth, jsonOf } from "./berth.ts";

const list = "GET /v1/default/targets";
const one = "GET /v1/default/targets/web-1";
const put = "PUT /v1/default/targets/web-1";
const noTarget = refused("target_unknown", "there is no target web-1");

const page = (...items: ReturnType<typeof aTarget>[]) => ({ items, next: null });
const served = (name: string, tentacle = name) => aTarget({ name, users: [`berth.default.${tentacle}`] });
const { write, read } = brokerPermissions("berth", "default", "web-1", ["web-1"]);

let api: CannedApi;
beforeEach(async () => {
  api = await CannedApi.start();
  api.answer("GET /v1/default/broker", { vouchesForUsers: true, prefix: "berth" });
});
afterEach(() => api.stop());

const add = (...options: string[]) => berth({ url: api.url }, "target", "add", "web-1", ...options);

describe("berth target add", () => {
  test("prints what makes the tentacle's user, and its password once", async () => {
    api
      .on(one, noTarget)
      .answer(list, page(), page(served("web-1")))
      .answer(put, served("web-1"));
    const { exitCode, out } = await add();
    expect(exitCode).toBe(0);
    const password = /^ {2}BERTH_AMQP_URL=amqp:\/\/berth\.default\.web-1:([\w-]{32})@127\.0\.0\.1:5672$/.exec(
      out[7] ?? "",
    )?.[1];
    expect(out.join("\n").split(password ?? "?")).toHaveLength(2);
    expect(out.with(7, "…")).toEqual([
      "Added web-1: the defaults of each kind",
      "",
      "Run where RabbitMQ is. It asks for the password: the one in BERTH_AMQP_URL below.",
      "  rabbitmqctl add_user berth.default.web-1",
      `  rabbitmqctl set_permissions --vhost / berth.default.web-1 '' '${write}' '${read}'`,
      "",
      "The tentacle's environment. The password is not shown again:",
      "…",
      "  BERTH_PREFIX=berth",
      "  BERTH_SPACE=default",
      "  BERTH_TENTACLE=web-1",
      "  BERTH_TARGETS=web-1",
    ]);
    expect(api.requests(put)[0]?.body).toMatchObject({ users: ["berth.default.web-1"] });
  });

  test("gives a tentacle that has a user already one target more, and leaves its password alone", async () => {
    api
      .on(one, noTarget)
      .answer(list, page(served("web-2", "web")), page(served("web-1", "web"), served("web-2", "web")));
    api.answer(put, served("web-1", "web"));
    const { out } = await add("--tentacle", "web");
    const both = brokerPermissions("berth", "default", "web", ["web-1", "web-2"]);
    expect(out.slice(1)).toEqual([
      "",
      "Run where RabbitMQ is.",
      `  rabbitmqctl set_permissions --vhost / berth.default.web '' '${both.write}' '${both.read}'`,
      "",
      "The tentacle's environment, besides its BERTH_AMQP_URL, which user berth.default.web keeps:",
      "  BERTH_PREFIX=berth",
      "  BERTH_SPACE=default",
      "  BERTH_TENTACLE=web",
      "  BERTH_TARGETS=web-1,web-2",
    ]);
  });

  test("gives another password where that is asked for", async () => {
    api.answer(one, served("web-1")).answer(list, page(served("web-1")));
    const { out } = await add("--new-password", "--broker", "amqps://mq.example.org/shop%2Fa");
    expect(out[3]).toContain("  rabbitmqctl change_password berth.default.web-1 ");
    expect(out[4]).toContain("set_permissions --vhost shop/a berth.default.web-1 ");
    expect(out.join("\n")).toMatch(
      /BERTH_AMQP_URL=amqps:\/\/berth\.default\.web-1:[\w-]{32}@mq\.example\.org\/shop%2Fa$/m,
    );
  });

  test("takes from the tentacle before what it could read of the target", async () => {
    api.answer(one, served("web-1", "old")).answer(list, page(served("web-1", "old")), page(served("web-1")));
    api.answer(put, served("web-1"));
    expect((await add()).exitCode).toBe(5);
    const { out } = await add("--replace");
    expect(out.filter((line) => line.includes("rabbitmqctl")).at(-1)).toBe(
      "  rabbitmqctl delete_user berth.default.old",
    );
  });

  test("answers with JSON in one line, the password in the environment only", async () => {
    api
      .on(one, noTarget)
      .answer(list, page(), page(served("web-1")))
      .answer(put, served("web-1"));
    const { access } = jsonOf(await add("--json")) as { access: Record<string, unknown> };
    expect(access).toMatchObject({
      user: "berth.default.web-1",
      commands: [expect.stringContaining("add_user"), expect.stringContaining("set_permissions")],
      environment: { BERTH_AMQP_URL: expect.stringMatching(/^amqp:\/\/berth\.default\.web-1:/) },
    });
  });

  test.each([
    [["--broker", "http://x"], "--broker: expected an address such as amqp://127.0.0.1:5672"],
    [["--management", "mq:15672"], "--management: expected an address such as http://127.0.0.1:15672"],
    [
      ["--management", "http://me:hunter2@127.0.0.1:9"],
      "RabbitMQ's management API at http://127.0.0.1:9: it cannot be reached.",
    ],
  ])("says what is wrong with %j, and no password", async (options, message) => {
    api.on(one, noTarget).answer(list, page()).answer(put, served("web-1"));
    const { exitCode, err } = await add(...options);
    expect([exitCode, err[0]]).toEqual([2, expect.stringContaining(message)]);
    expect(err.join("\n")).not.toContain("hunter2");
  });

  test("knows a broker that is built in", async () => {
    api.answer("GET /v1/default/broker", { vouchesForUsers: false, prefix: "berth" });
    const { exitCode, err } = await add("--management", "http://127.0.0.1:15672");
    expect([exitCode, err[0]]).toEqual([
      2,
      "berth: --management: the broker of this server is built in, and has no users.",
    ]);
  });
});

describe("berth target remove", () => {
  const remove = () => berth({ url: api.url }, "target", "remove", "web-1");

  test("deletes a user that has no target any more, and leaves alone what somebody else made", async () => {
    api.answer(one, aTarget({ users: ["berth.default.web-1", "mine"] })).answer(list, page());
    api.on("DELETE /v1/default/targets/web-1", nothing);
    expect((await remove()).out).toEqual([
      "Removed web-1.",
      "",
      "Run where RabbitMQ is:",
      "  rabbitmqctl delete_user berth.default.web-1",
    ]);
  });

  test("leaves a user what it needs for its other targets", async () => {
    api.answer(one, served("web-1", "web")).answer(list, page(served("web-2", "web")));
    api.on("DELETE /v1/default/targets/web-1", nothing);
    const left = brokerPermissions("berth", "default", "web", ["web-2"]);
    expect((await remove()).out.at(-1)).toBe(
      `  rabbitmqctl set_permissions --vhost / berth.default.web '' '${left.write}' '${left.read}'`,
    );
  });
});
