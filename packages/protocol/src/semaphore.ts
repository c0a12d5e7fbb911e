import { z } from "zod";

/** How many tasks may hold a semaphore at once. 0: nothing that names it starts. */
export const SemaphoreLimit = z.int().min(0).max(1_000_000);

/** The body of `PUT /v1/{space}/semaphores/{semaphore}`. */
export const SemaphoreRequest = z.strictObject({ limit: SemaphoreLimit });
export type SemaphoreRequest = z.infer<typeof SemaphoreRequest>;
