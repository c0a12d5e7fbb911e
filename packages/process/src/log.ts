import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

/** Lines to read on a terminal, JSON otherwise. */
export function createLogger(level: string, isTerminal: boolean): Logger {
  if (!isTerminal) return pino({ level });
  const stream = pretty({
    ignore: "pid,hostname",
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
    sync: true,
  });
  return pino({ level }, stream);
}
