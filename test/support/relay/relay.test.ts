import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../eventually.ts";
import { AmqpMethods } from "./amqp-methods.ts";
import { openRelay, type Relay } from "./relay.ts";

/** A server that answers each piece with its name and that piece. */
async function openEcho(name: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => socket.write(`${name}:${bytes}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function openAnd(target: number): Promise<Relay> {
  const relay = await openRelay(target);
  onTestFinished(() => relay.close());
  return relay;
}

function dial(port: number): { socket: Socket; heard: string[]; closed: Promise<void> } {
  const heard: string[] = [];
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined).on("data", (bytes) => heard.push(String(bytes)));
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  return { socket, heard, closed };
}

test("what is behind the address moves, and connections to what was there break", async () => {
  const relay = await openAnd(await openEcho("one"));
  const first = dial(relay.port);
  first.socket.write("a");
  await eventually("an answer", () => first.heard.includes("one:a"));
  relay.moveTo(await openEcho("two"));
  await first.closed;
  const second = dial(relay.port);
  second.socket.write("b");
  await eventually("an answer of the other one", () => second.heard.includes("two:b"));
});

test("answers are held back until they are released, while questions arrive", async () => {
  const relay = await openAnd(await openEcho("one"));
  const seen: string[] = [];
  relay.watch((bytes) => seen.push(String(bytes)));
  const { socket, heard } = dial(relay.port);
  relay.holdAnswers();
  socket.write("a");
  await eventually("it is sent", () => seen.includes("a"));
  // Whoever asks after the release is answered after what was held.
  relay.releaseAnswers();
  socket.write("b");
  await eventually("the answers", () => heard.join(" ") === "one:a one:b" || heard.join("") === "one:aone:b");
});

test("nobody behind the address: the connection ends", async () => {
  const port = await openEcho("gone");
  const relay = await openAnd(port);
  relay.moveTo(1);
  await dial(relay.port).closed;
});

test("methods are read from frames in whatever pieces they come", () => {
  const methods: string[] = [];
  const reader = new AmqpMethods((method) => methods.push(method));
  const frame = (type: number, payload: number[]): number[] => [
    ...[type, 0, 1, 0, 0, 0, payload.length],
    ...[...payload, 0xce],
  ];
  const stream = Buffer.from([
    ...Buffer.from("AMQP\0\0\x09\x01", "latin1"),
    ...frame(1, [0, 60, 0, 40, 9]),
    ...frame(8, []),
    ...frame(3, [0, 60, 0, 40]),
    ...frame(1, [0, 60, 0, 80]),
  ]);
  for (const byte of stream) reader.take(Buffer.from([byte]));
  expect(methods).toEqual(["60.40", "60.80"]);
});
