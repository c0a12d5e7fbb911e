import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { monotonicMs } from "../clock.ts";
import { DelayProxy } from "./delay-proxy.ts";

const delayMs = 30;
const open: { proxies: DelayProxy[]; servers: Server[] } = { proxies: [], servers: [] };

afterEach(async () => {
  for (const proxy of open.proxies.splice(0)) await proxy.stop();
  for (const server of open.servers.splice(0)) server.close();
});

/** A proxy in front of a server that does this with each connection, and a connection through it. */
async function through(serve: (socket: Socket) => void): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true }, serve);
  open.servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = new DelayProxy({
    url: `amqp://me:secret@127.0.0.1:${port}/host?a=b`,
    defaultPort: 1,
    delayMs,
  });
  open.proxies.push(proxy);
  await proxy.start();
  const url = new URL(proxy.url);
  expect(proxy.url).toBe(`amqp://me:secret@127.0.0.1:${url.port}/host?a=b`);
  return connect({ host: url.hostname, port: Number(url.port), allowHalfOpen: true });
}

test("what is sent comes back as it was, whatever its length, after the delay of both ways", async () => {
  const socket = await through((server) => server.pipe(server));
  const startedAt = monotonicMs();
  const sent = Array.from({ length: 200_000 }, (_, index) => `${index} `).join("");
  socket.end(sent);
  expect(await text(socket)).toBe(sent);
  expect(monotonicMs() - startedAt).toBeGreaterThanOrEqual(2 * delayMs);
});

test("each of many small messages is late by the delay, and they are late at the same time", async () => {
  const socket = await through((server) => server.pipe(server));
  socket.setNoDelay(true);
  const startedAt = monotonicMs();
  for (let count = 0; count < 50; count += 1) {
    socket.write("x");
    await new Promise(setImmediate);
  }
  socket.end();
  expect(await text(socket)).toBe("x".repeat(50));
  // One after the other, they would take longer than this many delays.
  expect(monotonicMs() - startedAt).toBeLessThan(50 * delayMs);
});

test("a server that ends first is heard to its end, and one that breaks off breaks the connection off", async () => {
  const ending = await through((server) => server.end("goodbye"));
  expect(await text(ending)).toBe("goodbye");
  ending.end();
  const breaking = await through((server) => server.once("data", () => server.resetAndDestroy()));
  const broken = new Promise<NodeJS.ErrnoException>((resolve) => breaking.once("error", resolve));
  breaking.resume();
  breaking.write("hello");
  expect((await broken).code).toBe("ECONNRESET");
});

test("a stopped proxy has cut its connections", async () => {
  const socket = await through((server) => server.on("error", () => {}).write("hello"));
  await new Promise((resolve) => socket.once("data", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  await Promise.all([open.proxies.pop()?.stop(), closed]);
});
