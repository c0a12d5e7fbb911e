import type { Command } from "commander";
import { addDefaultList } from "../group.ts";
import type { Act, Invocation } from "../invocation.ts";
import { parseCount } from "../parse/value.ts";
import { limitText, semaphoreColumns } from "../print/semaphore.ts";

export function addSemaphores(program: Command, act: Act): void {
  const semaphore = program
    .command("semaphore")
    .summary("how many tasks may do something at once")
    .description(
      "Semaphores: how many tasks may do something at once. task-cap is that of the whole space, lane.KIND that of the tasks of a kind which bypass their slots.",
    );
  addDefaultList(semaphore, "Lists semaphores, with how many tasks hold each.").action(act(listSemaphores));
  semaphore
    .command("set")
    .summary("set a limit")
    .description(
      "Sets how many tasks may hold a semaphore at once. What runs goes on, also when there are more.",
    )
    .argument("<name>", "its name, e.g. licence, task-cap or lane.health-check")
    .argument("<limit>", "how many; 0: none", parseCount)
    .action(act(setSemaphore));
  semaphore
    .command("unset")
    .summary("take a limit back")
    .description("Takes back what was set: 1 for a name of yours, none for task-cap, 1000 for lanes.")
    .argument("<name>", "its name")
    .action(act(unsetSemaphore));
}

async function listSemaphores(invocation: Invocation): Promise<undefined> {
  const items = await invocation.client.semaphores.list();
  invocation.list({ items, next: null }, semaphoreColumns(), "There are no semaphores.");
}

async function setSemaphore(invocation: Invocation, name: string, limit: number): Promise<undefined> {
  const semaphore = await invocation.client.semaphores.put(name, limit);
  invocation.answer(semaphore, () => [
    `${name} has the limit ${limitText(semaphore.limit)} now; ${semaphore.held} held.`,
  ]);
}

async function unsetSemaphore(invocation: Invocation, name: string): Promise<undefined> {
  await invocation.client.semaphores.remove(name);
  invocation.answer({ semaphore: name, unset: true }, () => [`${name} has its default limit again.`]);
}
