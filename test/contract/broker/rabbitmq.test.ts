import { createRabbitmqBroker } from "@berth/broker/rabbitmq";
import { brokerContract } from "./contract.ts";
import type { BrokerSubject } from "./subject.ts";

for (const queueType of ["classic", "quorum"] as const) {
  brokerContract(`RabbitMQ with ${queueType} target queues`, rabbitmq(queueType));
}

function rabbitmq(queueType: "classic" | "quorum"): BrokerSubject {
  return {
    capabilities: { durable: true, authenticatesUsers: true },
    userId: "guest",
    restartIsImpossible: "no private server",
    async open() {
      const url = process.env.BERTH_TEST_AMQP_URL ?? "";
      return {
        connect: async () =>
          createRabbitmqBroker({ url, queueType, sessionQueueMs: 2_000, onHandlerError: () => {} }),
        close: async () => {},
      };
    },
  };
}
