import type { LogLine, LogPage } from "../port.ts";
import { list } from "./answer.ts";
import type { Connection } from "./connection.ts";

type LineValues = [
  leg: string,
  attempt: number,
  number: number,
  stream: LogLine["stream"],
  at: number,
  text: string,
];

/** A log is a list, and the position of a line its place in it, from 1. */
export async function readLog(
  connection: Connection,
  key: string,
  task: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<LogPage> {
  const texts = list("LRANGE", await connection.call("lrange", key, after, after + limit - 1));
  const lines = texts.map((line, index): LogLine => {
    const [leg, attempt, number, stream, at, text] = JSON.parse(line) as LineValues;
    return { task, leg, attempt, number, stream, at, text, position: after + index + 1 };
  });
  return { lines, next: after + lines.length };
}
