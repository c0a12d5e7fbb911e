import type { Command } from "commander";
import type { Dependencies } from "../dependencies.ts";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { scheduleColumns, scheduleLines, scheduleSentence } from "../print/schedule.ts";
import { requestOfView } from "../schedule-request.ts";
import { addPutSchedule } from "./schedule-put.ts";

export function addSchedules(program: Command, act: Act, dependencies: Dependencies): void {
  const schedule = program
    .command("schedule")
    .summary("what enqueues tasks by itself")
    .description("Schedules: each enqueues a task at each of its times.");
  addDefaultList(schedule, "Lists schedules, with the time at which each enqueues next.").action(
    act(listSchedules),
  );
  schedule
    .command("show")
    .summary("show one")
    .description("Shows one schedule. With --json as berth schedule put --file takes it.")
    .argument("<schedule>", "its name")
    .action(act(showSchedule));
  addPutSchedule(schedule, act, dependencies);
  addPauses(schedule, act);
  schedule
    .command("remove")
    .summary("remove one")
    .description("Removes a schedule. What it has enqueued goes on.")
    .argument("<schedule>", "its name")
    .action(act(removeSchedule));
}

function addPauses(schedule: Command, act: Act): void {
  schedule
    .command("pause")
    .summary("enqueue nothing until it is resumed")
    .description("Pauses a schedule. What it would have enqueued meanwhile is left out.")
    .argument("<schedule>", "its name")
    .action(act((invocation, name: string) => setPaused(invocation, name, true)));
  schedule
    .command("resume")
    .summary("end a pause")
    .description("Resumes a schedule: it enqueues at the next of its times.")
    .argument("<schedule>", "its name")
    .action(act((invocation, name: string) => setPaused(invocation, name, false)));
}

async function listSchedules(invocation: Invocation): Promise<undefined> {
  const items = await invocation.client.schedules.list();
  invocation.list({ items, next: null }, scheduleColumns(invocation.now), "There are no schedules.");
}

async function showSchedule(invocation: Invocation, name: string): Promise<undefined> {
  const schedule = await invocation.client.schedules.get(name);
  invocation.answer(schedule, () => scheduleLines(schedule, invocation.now, invocation.paint));
}

async function setPaused(invocation: Invocation, name: string, paused: boolean): Promise<undefined> {
  const { schedules } = invocation.client;
  const before = await schedules.get(name);
  const schedule =
    before.paused === paused ? before : await schedules.put(name, { ...requestOfView(before), paused });
  invocation.answer(schedule, () => [scheduleSentence(schedule, invocation.now)]);
}

async function removeSchedule(invocation: Invocation, name: string): Promise<undefined> {
  await invocation.client.schedules.remove(name);
  invocation.answer({ schedule: name, removed: true }, () => [
    `Removed ${name}. What it has enqueued goes on.`,
  ]);
}
