import fc from "fast-check";
import { expect, test } from "vitest";
import { ReturnedMessages } from "./returned-messages.ts";
import type { StoredMessage } from "./stored-message.ts";

test("returned messages come out by their place in the queue, in whatever order they came back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000)), fc.nat(20), (sequences, takenEarly) => {
      const returned = new ReturnedMessages();
      const model: number[] = [];
      for (const [index, sequence] of sequences.entries()) {
        returned.push(message(sequence));
        model.push(sequence);
        model.sort((left, right) => left - right);
        if (index < takenEarly) continue;
        expect(returned.shift()?.sequence).toBe(model.shift());
      }
      while (model.length > 0) expect(returned.shift()?.sequence).toBe(model.shift());
      expect([returned.shift(), returned.length]).toEqual([undefined, 0]);
    }),
  );
});

function message(sequence: number): StoredMessage {
  return { sequence, content: { body: Buffer.alloc(0) }, userId: null, redelivered: true };
}
