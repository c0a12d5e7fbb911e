import { afterAll, beforeAll, describe, type TestOptions } from "vitest";
import { consumersContract } from "./consumers.ts";
import { lifecycleContract } from "./lifecycle.ts";
import { publishingContract } from "./publishing.ts";
import { queuesContract } from "./queues.ts";
import { recoveryContract } from "./recovery.ts";
import { contractTest } from "./scene.ts";
import { settlingContract } from "./settling.ts";
import type { BrokerSubject, OpenBroker } from "./subject.ts";

/** Every sentence of the broker port as a test. Runs over each adapter, against the real thing. */
export function brokerContract(name: string, subject: BrokerSubject, options: TestOptions = {}): void {
  describe(`the broker contract: ${name}`, options, () => {
    let broker: OpenBroker;
    beforeAll(async () => {
      broker = await subject.open();
    });
    afterAll(async () => {
      await broker?.close();
    });

    const test = contractTest(() => broker);
    lifecycleContract(test, subject);
    queuesContract(test);
    publishingContract(test, subject);
    consumersContract(test);
    settlingContract(test);
    recoveryContract(test, subject);
  });
}
