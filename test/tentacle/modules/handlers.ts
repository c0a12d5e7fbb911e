// Handlers that run in threads of their own.
import { type HandlerContext, HandlerFailed } from "@berth/tentacle";

/** Computes without a pause, so that the event loop of its thread never turns. */
export default function spin({ input }: HandlerContext): void {
  const untilMs = performance.now() + Number(input);
  while (performance.now() < untilMs);
}

export async function greet({ log, name, variables, token }: HandlerContext): Promise<void> {
  log(`hello ${name}, ${variables.Colour}, ${token}`);
  console.log("from console.log");
  console.error("from console.error");
}

export function exitCode(): { exitCode: number } {
  return { exitCode: 9 };
}

export function sayNo(): void {
  throw new HandlerFailed("the shop is closed", { exitCode: 4 });
}

export function breakDown(): void {
  throw new RangeError("out of shops");
}

export function vanish(): void {
  process.exit(0);
}

export function eatMemory(): number {
  const eaten: string[][] = [];
  for (;;) eaten.push(Array.from({ length: 100_000 }, (_, index) => `${index}`));
}

export async function untilAborted({ signal, log }: HandlerContext): Promise<void> {
  log("ready");
  // Something that keeps the thread alive; a listener alone does not.
  const timer = setInterval(() => {}, 1000);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  clearInterval(timer);
  log(`aborted: ${signal.reason.message}`);
}
