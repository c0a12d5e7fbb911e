// Ids, digests, and the way from a request to a submission. Needs node:crypto, so it is not part of index.ts, which a
// browser imports.
import { createHash, randomFillSync } from "node:crypto";
import { BerthError } from "./errors.ts";
import type { Payload, Submission, TaskRequest } from "./task.ts";

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
  const { kind, mutex, priority, idempotencyKey } = request;
  const targets = targetsOf(request);
  checkWork(request);
  const notBefore = request.notBefore === undefined ? null : Date.parse(request.notBefore);
  const submission: Submission = {
    id: idempotencyKey === undefined ? newTaskId() : taskIdForKey(space, idempotencyKey),
    kind,
    name: request.name ?? kind,
    targets,
    mutex,
    priority,
    digest: "",
    notBefore,
    // A task that may not start yet has not begun to wait for its slot.
    queueExpiresAt:
      request.queueExpiryMs === undefined ? null : Math.max(now, notBefore ?? 0) + request.queueExpiryMs,
    timeoutMs: request.timeoutMs ?? null,
    estimateMs: request.estimateMs ?? null,
    cancelGraceMs: request.cancelGraceMs ?? null,
    payload: payloadOf(request),
  };
  // Hashing costs more than all the rest, and only these are ever compared.
  if (idempotencyKey !== undefined || kind === "health-check") {
    submission.digest = digestOfRequest(request, submission);
  }
  return submission;
}

function targetsOf({ target, targets }: TaskRequest): string[] {
  if (target !== undefined && targets !== undefined) {
    throw new BerthError("target_missing", "the task has both `target` and `targets`; give one of them");
  }
  if (target !== undefined) return [target];
  if (targets === undefined) {
    throw new BerthError("target_missing", 'the task names no target; give `target`, e.g. "web-1"');
  }
  const seen = new Set<string>();
  const twice = targets.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    const message = `target "${twice}" is named twice; name each target once`;
    throw new BerthError("request_invalid", message, { fields: [{ path: "targets", message }] });
  }
  return targets;
}

function checkWork({ kind, script, handler }: TaskRequest): void {
  if (script !== undefined && handler !== undefined) {
    throw new BerthError("script_and_handler", "the task has both `script` and `handler`; give one of them");
  }
  // A health check without either proves that the tentacle is there, which is what most checks are for.
  if (script === undefined && handler === undefined && kind !== "health-check") {
    throw new BerthError(
      "script_missing",
      `a ${kind} needs something to run; give \`script\`, e.g. {"text": "echo hello"}, or \`handler\``,
    );
  }
}

function payloadOf(request: TaskRequest): Payload {
  return {
    script: request.script ?? null,
    handler: request.handler ?? null,
    variables: request.variables,
    labels: request.labels,
    requestedBy: request.requestedBy ?? null,
  };
}

/**
 * The request as it is after all defaults, without what differs each time it is sent: its id and the time.
 * Health checks are equal when they check the same, whoever asks: they join each other.
 */
function digestOfRequest(request: TaskRequest, submission: Submission): string {
  const { id: _id, digest: _digest, queueExpiresAt: _expiresAt, payload, ...rest } = submission;
  const body = { ...rest, queueExpiryMs: request.queueExpiryMs };
  if (request.kind !== "health-check") return digestOf({ ...body, payload });
  const { labels: _labels, requestedBy: _requestedBy, ...checked } = payload;
  return digestOf({ ...body, payload: checked });
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
