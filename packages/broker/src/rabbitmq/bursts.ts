import { Duplex } from "node:stream";
import type { ChannelModel } from "amqplib";

/**
 * amqplib hands each frame to the socket by itself, which is a system call and, without Nagle's delay, a packet each. All that
 * it writes in one turn leaves together: the stream is corked at the first write, and uncorked as soon as the turn is over.
 * The stream is no documented part of amqplib. Where it is missing, everything works, and more slowly.
 */
export function writeInBursts(model: ChannelModel): void {
  const { stream } = model.connection as { readonly stream?: unknown };
  if (!(stream instanceof Duplex)) return;
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    stream.uncork();
  };
  const write = stream.write.bind(stream);
  stream.write = (chunk: unknown): boolean => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    return write(chunk);
  };
}
