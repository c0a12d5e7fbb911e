import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { openRabbitmq, whyNoPrivateRabbitmq } from "../../support/servers/open.ts";
import { skipBecause } from "../../support/skip.ts";
import { brokerContract } from "./contract.ts";
import type { BrokerSubject } from "./subject.ts";

const skip = skipBecause(await whyNoPrivateRabbitmq());

for (const queueType of ["classic", "quorum"] as const) {
  brokerContract(`RabbitMQ, target queues are ${queueType}`, rabbitmq(queueType), skip);
}

/** On a server of its own, since the contract restarts it. */
function rabbitmq(queueType: "classic" | "quorum"): BrokerSubject {
  return {
    capabilities: { durable: true, authenticatesUsers: true },
    userId: "guest",
    async open() {
      const server = await openRabbitmq();
      return {
        connect: async () =>
          createRabbitmqBroker({
            url: server.url,
            queueType,
            sessionQueueMs: 2_000,
            // The contract throws from handlers on purpose.
            onHandlerError: () => {},
          }),
        restart: () => server.restart(),
        close: () => server.stop(),
      };
    },
  };
}
