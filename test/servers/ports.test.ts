import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { reservePort } from "../support/servers/ports.ts";

test("ports that are reserved at the same moment are all different, and free", async () => {
  const reserved = await Promise.all(Array.from({ length: 50 }, reservePort));
  onTestFinished(async () => {
    await Promise.all(reserved.map(({ path }) => rm(path)));
  });
  const ports = reserved.map(({ port }) => port);
  expect(new Set(ports).size).toBe(50);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports[0], "127.0.0.1", resolve));
  await new Promise((resolve) => server.close(resolve));
});
