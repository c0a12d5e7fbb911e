// How the processes of the parts begin and end, as their supervisor sees it.
import { once } from "node:events";
import { createServer } from "node:net";
import { ServiceProcess } from "@berth/process/child";
import { describe, expect, onTestFinished, test } from "vitest";
import { mainOf, type ServiceName } from "../support/stack/part.ts";

/** Nothing listens there, so that they wait for their servers. */
const nowhere = { BERTH_AMQP_URL: "amqp://127.0.0.1:1", BERTH_REDIS_URL: "redis://127.0.0.1:1" };
const usual = { ...nowhere, BERTH_TENTACLE: "web-1", BERTH_PORT: "0" };

function start(service: ServiceName, environment: Readonly<Record<string, string>>): ServiceProcess {
  const started = new ServiceProcess(mainOf(service), { ...usual, ...environment });
  onTestFinished(async () => void (await started.end("SIGKILL")));
  return started;
}

describe.for(["dispatcher", "api", "tentacle"] as const)("the process of the %s", (service) => {
  test("tells of a variable that cannot be used, and exits with 2", async () => {
    const wrong = start(service, { BERTH_AMQP_URL: "http://me:secret@broker" });
    expect(await wrong.ended).toEqual({ code: 2, signal: null });
    expect(wrong.errorText).toMatch(
      /^Berth cannot start.\nBERTH_AMQP_URL is "http:\/\/…@broker": expected an address/,
    );
  });

  test("tells of a port in use and which variable names it, and exits with 2", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const variable = service === "api" ? "BERTH_PORT" : "BERTH_HEALTH_PORT";
    const second = start(service, { [variable]: String(port) });
    expect(await second.ended).toEqual({ code: 2, signal: null });
    expect(second.errorText).toContain(`127.0.0.1:${port} is in use`);
    expect(second.errorText).toContain(`set ${variable} to a free port`);
  });

  test("ends with 0 when it is told to, also while it waits for its servers", async () => {
    const waiting = start(service, {});
    await waiting.logged("waits for the broker");
    expect(await waiting.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(waiting.errorText).toBe("");
  });
});
