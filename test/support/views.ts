// Views of the API as a server would answer them, for tests of its clients. Each is what its schema demands; what matters to a
// test is given, the rest is ordinary.
import type {
  ClearanceView,
  DeadLetterView,
  ExplainView,
  HoldView,
  LegView,
  LogLineView,
  OopsView,
  ScheduleView,
  SummaryView,
  TargetView,
  TaskState,
  TaskView,
} from "@berth/protocol";

/** The time of these tests. */
export const now: number = Date.parse("2026-03-01T12:00:00.000Z");

export function agoText(ms: number): string {
  return new Date(now - ms).toISOString();
}

export function aLeg(fields: Partial<LegView> = {}): LegView {
  return {
    id: "t-1/web-1",
    target: "web-1",
    mode: "exclusive",
    state: "waiting",
    attempt: 0,
    failures: 0,
    token: null,
    session: null,
    readyAt: null,
    grantedAt: null,
    startedAt: null,
    endedAt: null,
    exitCode: null,
    reason: null,
    cancel: null,
    joined: null,
    step: null,
    parking: null,
    ...fields,
  };
}

export function aTask(fields: Partial<TaskView> = {}): TaskView {
  const state: TaskState = fields.state ?? "waiting";
  return {
    id: "t-1",
    space: "default",
    kind: "deploy",
    name: "shop",
    targets: ["web-1"],
    mutex: "script",
    state,
    priority: "normal",
    queuedAt: agoText(180_000),
    startedAt: null,
    endedAt: null,
    notBefore: null,
    queueExpiresAt: null,
    timeoutMs: null,
    estimateMs: null,
    plan: null,
    schedule: null,
    legs: [aLeg({ state })],
    ...fields,
  };
}

export function aLine(position: number, text: string, fields: Partial<LogLineView> = {}): LogLineView {
  return { position, leg: "t-1/web-1", attempt: 1, stream: "stdout", at: agoText(1000), text, ...fields };
}

/** A task that waits behind another one on its target. */
export function anExplanation(fields: Partial<ExplainView> = {}): ExplainView {
  return {
    task: "t-1",
    state: "waiting",
    legs: [
      {
        leg: "t-1/web-1",
        target: "web-1",
        mode: "exclusive",
        state: "waiting",
        position: 1,
        estimatedStartAt: null,
        causes: [
          {
            code: "slot-taken",
            message: "the slot script of web-1 is taken",
            blockers: [
              {
                type: "leg",
                id: "t-0/web-1",
                task: "t-0",
                since: agoText(600_000),
                note: "deploy shop, exclusive, running",
              },
            ],
            until: null,
          },
        ],
        summary: "waits for deploy shop (t-0), which holds the slot script of web-1",
      },
    ],
    ...fields,
  };
}

export function aTarget(fields: Partial<TargetView> = {}): TargetView {
  return {
    name: "web-1",
    policy: {},
    tags: [],
    users: [],
    sessions: [
      { id: "s-1", tentacle: "web-1", version: "1.4.0", openedAt: agoText(7_200_000), draining: false },
    ],
    quarantines: [],
    ...fields,
  };
}

export function aHold(fields: Partial<HoldView> = {}): HoldView {
  return {
    id: "h-1",
    scope: { kinds: [], names: [], targets: ["web-1"], tags: [] },
    owner: "ada",
    reason: "the database is moved",
    placedAt: agoText(3_600_000),
    from: agoText(3_600_000),
    until: null,
    longerThanMs: null,
    active: true,
    ...fields,
  };
}

export function anOops(fields: Partial<OopsView> = {}): OopsView {
  return {
    id: "OOPS-1",
    type: "SessionLost",
    value: "the lease of session s-1 ended while it ran",
    text: null,
    at: agoText(300_000),
    task: "t-1",
    leg: "t-1/web-1",
    attempt: 1,
    kind: "deploy",
    name: "shop",
    target: "web-1",
    session: "s-1",
    tentacle: "web-1",
    version: "1.4.0",
    fingerprint: "deploy|shop|SessionLost|the lease of session <id> ended while it ran",
    grantedAt: agoText(400_000),
    startedAt: agoText(399_000),
    consequence: "parked",
    ...fields,
  };
}

export function aDeadLetter(fields: Partial<DeadLetterView> = {}): DeadLetterView {
  const legs = [aLeg({ state: "parked", attempt: 5, failures: 5, reason: "all 5 attempts failed" })];
  return { ...aTask({ state: "parked", legs }), oops: anOops(), ...fields };
}

export function aSummary(fields: Partial<SummaryView> = {}): SummaryView {
  return {
    space: "default",
    tasks: {
      waiting: 3,
      granted: 0,
      running: 2,
      cancelling: 0,
      parked: 1,
      succeeded: 120,
      failed: 4,
      canceled: 0,
      "timed-out": 0,
      unavailable: 0,
    },
    parked: 1,
    targets: 3,
    targetsOnline: 2,
    quarantines: 0,
    holdsActive: 1,
    ...fields,
  };
}

/** A deploy runs on web-1 for another five minutes. */
export function aClearance(fields: Partial<ClearanceView> = {}): ClearanceView {
  const expectedEndAt = agoText(-300_000);
  const leg = { leg: "t-1/web-1", task: "t-1", kind: "deploy", name: "shop", target: "web-1" } as const;
  const running = [
    { ...leg, mode: "exclusive", state: "running", since: agoText(180_000), expectedEndAt } as const,
  ];
  return { isClear: false, clearAt: expectedEndAt, running, quarantines: [], ...fields };
}

export function aSchedule(fields: Partial<ScheduleView> = {}): ScheduleView {
  return {
    name: "backup",
    cron: "30 3 * * 1-5",
    timeZone: "Europe/Berlin",
    missed: "skip",
    overlap: "skip",
    paused: false,
    owner: "ada",
    nextAt: agoText(-7_200_000),
    lastTask: "backup:1772330400000",
    task: {
      kind: "job",
      name: "nightly",
      target: "db-1",
      mutex: "script",
      priority: "normal",
      script: { interpreter: "bash", text: "./backup.sh", arguments: [] },
      variables: {},
      labels: {},
    },
    ...fields,
  };
}
