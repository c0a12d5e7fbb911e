import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ServerSentEvent,
  ServerSentEventParser,
  serverSentEvents,
} from "../../packages/client/src/server-sent-events.ts";
import { collect } from "../support/collect.ts";

function parse(...pieces: string[]): ServerSentEvent[] {
  const parser = new ServerSentEventParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

function read(bytes: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  return collect(serverSentEvents(ReadableStream.from(bytes), () => {}));
}

describe("a stream of server-sent events", () => {
  test("has names and data, and a name that is not given is message", () => {
    expect(parse("event: task\ndata: 1\n\ndata: 2\n\n")).toEqual([
      { name: "task", data: "1" },
      { name: "message", data: "2" },
    ]);
  });

  test("may have several lines of data, values without a space, and fields without a value", () => {
    expect(parse("data: one\ndata:two\ndata\n\n")).toEqual([{ name: "message", data: "one\ntwo\n" }]);
  });

  test("leaves out comments, unknown fields and events without data", () => {
    expect(parse(": still here\n\nid: 7\nretry: 10\n\nevent: task\n\ndata: x\n\n")).toEqual([
      { name: "message", data: "x" },
    ]);
  });

  test("drops an event that the end of the stream cut off", () => {
    expect(parse("data: whole\n\nevent: task\ndata: half")).toEqual([{ name: "message", data: "whole" }]);
  });

  test("takes a carriage return and a line feed for one line end when they come in two pieces", () => {
    expect(parse("event: task\r", "\ndata: 1\r", "\n\r", "", "\n", "data: 2\r\r")).toEqual([
      { name: "task", data: "1" },
      { name: "message", data: "2" },
    ]);
  });

  test("reads the same with each of the three line ends, wherever the bytes are cut", async () => {
    const text = '\uFEFFevent: task\ndata: {"note":"größer ✓ 🚢"}\n\n: alive\n\ndata: a\ndata: b\n\n';
    const expected = [
      { name: "task", data: '{"note":"größer ✓ 🚢"}' },
      { name: "message", data: "a\nb" },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("\n", "\r", "\r\n"),
        fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
        async (lineEnd, cuts) => {
          const bytes = new TextEncoder().encode(text.replaceAll("\n", lineEnd));
          expect(await read(cutAt(bytes, cuts))).toEqual(expected);
        },
      ),
    );
  });

  test("can come byte by byte", async () => {
    const bytes = new TextEncoder().encode("event: task\r\ndata: ✓\r\n\r\n");
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([{ name: "task", data: "✓" }]);
  });
});

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.filter((cut) => cut <= bytes.length).sort((one, other) => one - other), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}
