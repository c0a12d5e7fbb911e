import { connect } from "node:net";

const waitMs = 2_000;

export interface RedisAddress {
  readonly port: number;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  readonly password?: string | undefined;
}

/** The version of the Redis that answers there and has loaded its data, or undefined where none does. */
export function redisVersionAt(address: RedisAddress): Promise<string | undefined> {
  const { port, host = "127.0.0.1", password } = address;
  const greeting = password === undefined ? "" : `AUTH ${password}\r\n`;
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    let answer = "";
    const finish = (version: string | undefined): void => {
      socket.destroy();
      resolve(version);
    };
    socket.setTimeout(waitMs, () => finish(undefined));
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("connect", () => socket.write(`${greeting}PING\r\nINFO server\r\n`));
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
      if (/^-/m.test(answer)) finish(undefined);
      const version = /^redis_version:(\S+)\r$/m.exec(answer)?.[1];
      if (version !== undefined) finish(version);
    });
  });
}
