import { type Failure, failureTextMax } from "@berth/protocol";

const typeMax = 200;
const lineMax = 2000;

/** A failure whose parts are cut to what the protocol allows. */
export function failure(type: string, value: string, text: string | null = null): Failure {
  return {
    type: cutInTheMiddle(type, typeMax) || "Error",
    value: cutInTheMiddle(value, lineMax),
    text: text === null ? null : cutInTheMiddle(text, failureTextMax),
  };
}

/** What was thrown, which need not be an error. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Error) return failure(thrown.name, thrown.message, thrown.stack ?? null);
  return failure("NonErrorThrown", `${typeof thrown}: ${String(thrown)}`);
}

/** A message for people, cut to what the protocol allows. */
export function shortMessage(text: string): string {
  return cutInTheMiddle(text, lineMax);
}

/** The beginning says what went wrong and the end where: both are kept. */
function cutInTheMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const mark = ` … ${text.length - max} characters left out … `;
  const kept = Math.max(0, max - mark.length);
  const head = Math.ceil(kept / 2);
  return text.slice(0, head) + mark + text.slice(text.length - (kept - head));
}
