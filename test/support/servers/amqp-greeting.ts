// The first bytes of AMQP 0-9-1: a broker greets with its product and version before anybody has to say who he is. That is proof that
// it is up, which an open port is not.
import { connect } from "node:net";

const protocolHeader = Buffer.from("AMQP\0\0\x09\x01", "latin1");
const waitMs = 2_000;

/** The version of the broker that answers there, or undefined where none does. */
export function brokerVersionAt(port: number, host = "127.0.0.1"): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    let greeting = Buffer.alloc(0);
    const finish = (version: string | undefined): void => {
      socket.destroy();
      resolve(version);
    };
    socket.setTimeout(waitMs, () => finish(undefined));
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("connect", () => socket.write(protocolHeader));
    socket.on("data", (bytes) => {
      greeting = Buffer.concat([greeting, bytes]);
      const version = versionIn(greeting);
      if (version !== undefined) finish(version);
    });
  });
}

/** The server properties hold "version" as a long string: `S`, four bytes of length, text. */
function versionIn(greeting: Buffer): string | undefined {
  const key = greeting.indexOf("\x07versionS", 0, "latin1");
  if (key === -1 || greeting.length < key + 13) return undefined;
  const length = greeting.readUInt32BE(key + 9);
  const text = greeting.subarray(key + 13, key + 13 + length);
  return text.length === length ? text.toString("utf8") : undefined;
}
