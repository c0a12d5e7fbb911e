import { BrokerView } from "@berth/protocol";
import { type Operation, operation } from "../operation.ts";
import type { ApiSetup } from "../setup.ts";

export function brokerOperations({ inbox }: ApiSetup): Operation[] {
  return [
    operation({
      method: "GET",
      path: "/v1/:space/broker",
      summary: "What a tentacle has to know of the message broker.",
      answer: BrokerView,
      handle: async (): Promise<BrokerView> => ({ ...inbox.access }),
    }),
  ];
}
