// Ids, digests, and the way from a request to a submission. Needs node:crypto, so it is not part of index.ts, which a
// browser imports.
import { createHash, randomFillSync } from "node:crypto";
import type { ScheduledTask, ScheduledTaskRequest, Submission, TaskRequest } from "./task.ts";
import { type Work, workOf } from "./work.ts";

/** Crockford's base 32 in lower case: no letters that look alike, and its order is that of ASCII. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** 45 bits of milliseconds last until the year 3084. */
const timeDigits = 9;
const countDigits = 3;
const countMax = 32 ** countDigits;
const randomDigits = 10;

let lastMs = 0;
let count = 0;
let timePart = "";

/**
 * `t-` and 22 digits of base 32: time in ms, a count within the ms, 50 bits of chance. In one process each id is
 * greater than the one before, also as a string and when the clock goes back.
 */
export function newTaskId(): string {
  return `t-${timeOrdered()}`;
}

/** The id of one inbox item, made like that of a task. */
export function newItemId(): string {
  return `i-${timeOrdered()}`;
}

/** The id of a hold, made like that of a task. */
export function newHoldId(): string {
  return `h-${timeOrdered()}`;
}

/** The same id for the same key in the same space, always: `k-` and 24 digits of base 32 of a SHA-256. */
export function taskIdForKey(space: string, key: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([space, key]))
    .digest();
  return `k-${digitsOf(hash, 0, 24)}`;
}

/** SHA-256 of the value's canonical JSON, in base64url. Neither the order of keys nor a field that is undefined changes it. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("base64url");
}

/**
 * Completes a request whose fields have been checked: id, defaults, absolute times. Throws a `BerthError` for what no
 * schema of single fields can see.
 */
export function submissionOf(space: string, request: TaskRequest, now: number): Submission {
  const { idempotencyKey, queueExpiryMs } = request;
  const notBefore = request.notBefore === undefined ? null : Date.parse(request.notBefore);
  const work = workOf(request);
  return {
    id: idempotencyKey === undefined ? newTaskId() : taskIdForKey(space, idempotencyKey),
    // Every field by name: spreading would cost more than all the rest.
    kind: work.kind,
    name: work.name,
    targets: work.targets,
    mutex: work.mutex,
    priority: work.priority,
    timeoutMs: work.timeoutMs,
    estimateMs: work.estimateMs,
    cancelGraceMs: work.cancelGraceMs,
    plan: work.plan,
    payload: work.payload,
    // Hashing costs more than all the rest, and only these are ever compared.
    digest:
      idempotencyKey === undefined && work.kind !== "health-check"
        ? ""
        : digestOfWork(work, { notBefore, queueExpiryMs }),
    notBefore,
    // A task that may not start yet has not begun to wait for its slot.
    queueExpiresAt: queueExpiryMs === undefined ? null : Math.max(now, notBefore ?? 0) + queueExpiryMs,
  };
}

/** The same for what a schedule enqueues. Its health checks are equal to those that people ask for. */
export function scheduledTaskOf(request: ScheduledTaskRequest): ScheduledTask {
  const { queueExpiryMs } = request;
  const work = workOf({ ...request, parent: undefined });
  const digest = work.kind === "health-check" ? digestOfWork(work, { notBefore: null, queueExpiryMs }) : "";
  return { ...work, digest, queueExpiryMs: queueExpiryMs ?? null };
}

interface WaitingTimes {
  readonly notBefore: number | null;
  readonly queueExpiryMs: number | undefined;
}

/**
 * Of the request as it is after all defaults, without what differs each time it is sent: its id and the time.
 * Health checks are equal when they check the same, whoever asks: they join each other.
 */
function digestOfWork(work: Work, times: WaitingTimes): string {
  if (work.kind !== "health-check") return digestOf({ ...work, ...times });
  const { labels: _labels, requestedBy: _requestedBy, ...checked } = work.payload;
  return digestOf({ ...work, ...times, payload: checked });
}

function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

function timeOrdered(): string {
  const now = Date.now();
  if (now > lastMs) beginMs(now);
  else if (count === countMax - 1) beginMs(lastMs + 1);
  else count += 1;
  return timePart + base32(count, countDigits) + randomText();
}

function beginMs(ms: number): void {
  lastMs = ms;
  count = 0;
  timePart = base32(ms, timeDigits);
}

function base32(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = alphabet.charAt(rest % 32) + text;
  }
  return text;
}

// One call of the random source for many ids: a call for each would cost more than the id.
const pool = Buffer.alloc(randomDigits * 1024);
let poolUsed: number = pool.length;

function randomText(): string {
  if (poolUsed === pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += randomDigits;
  return digitsOf(pool, poolUsed - randomDigits, randomDigits);
}

function digitsOf(bytes: Buffer, from: number, length: number): string {
  let text = "";
  for (let index = from; index < from + length; index += 1) {
    text += alphabet.charAt((bytes[index] ?? 0) & 31);
  }
  return text;
}
