import { createMemoryBroker } from "@berth/broker/memory";
import { brokerContract } from "./contract.ts";
import type { BrokerSubject } from "./subject.ts";

brokerContract("in-process, of users it knows", inProcess("contract"));
brokerContract("in-process, of nobody in particular", inProcess(null));

function inProcess(userId: string | null): BrokerSubject {
  return {
    capabilities: { durable: false, authenticatesUsers: userId !== null },
    userId,
    async open() {
      // The contract throws from handlers on purpose.
      const broker = createMemoryBroker({ onHandlerError: () => {} });
      return {
        connect: async () => broker.connect(userId === null ? {} : { userId }),
        close: async () => {},
      };
    },
  };
}
