import { afterAll, beforeAll, describe } from "vitest";
import { changesContract } from "./changes.ts";
import { commitsContract } from "./commits.ts";
import { factsContract } from "./facts.ts";
import { itemsContract } from "./items.ts";
import { lifecycleContract } from "./lifecycle.ts";
import { liveContract } from "./live.ts";
import { logContract } from "./log.ts";
import { oopsContract } from "./oops.ts";
import { ownershipContract } from "./ownership.ts";
import { pagingContract } from "./paging.ts";
import { plansContract } from "./plans.ts";
import { queriesContract } from "./queries.ts";
import { retentionContract } from "./retention.ts";
import { contractTest } from "./scene.ts";
import { stagingContract } from "./staging.ts";
import type { OpenStore, StoreSubject } from "./subject.ts";
import { survivalContract } from "./survival.ts";

/** Every sentence of the store port as a test. Runs over each adapter, against the real thing. */
export function storeContract(name: string, subject: StoreSubject): void {
  describe(`the store contract: ${name}`, () => {
    let opened: OpenStore;
    beforeAll(async () => {
      opened = await subject.open();
    });
    afterAll(async () => {
      await opened?.close();
    });

    const test = contractTest(() => opened.store);
    lifecycleContract(subject);
    ownershipContract(test);
    commitsContract(test);
    changesContract(test);
    plansContract(test);
    liveContract(test);
    itemsContract(test);
    queriesContract(test);
    pagingContract(test);
    factsContract(test);
    stagingContract(test);
    logContract(test);
    oopsContract(test);
    retentionContract(test);
    survivalContract(subject);
  });
}
