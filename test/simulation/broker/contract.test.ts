import { brokerContract } from "../../contract/broker/contract.ts";
import { Chance } from "../world/chance.ts";
import { Machine } from "../world/machine.ts";
import { runInRealTurns } from "../world/real-turns.ts";
import { Scheduler } from "../world/scheduler.ts";
import { SimulatedBroker } from "./connection.ts";
import { BrokerServer } from "./server.ts";
import { fairBrokerWeather } from "./weather.ts";

const downMs = 50;

brokerContract("the broker of the simulation", {
  capabilities: { durable: true, authenticatesUsers: true },
  userId: "octavia",
  async open() {
    const scheduler = new Scheduler(new Chance(1), 0);
    runInRealTurns(scheduler);
    const server = new BrokerServer(scheduler);
    return {
      connect: async () =>
        new SimulatedBroker(new Machine(scheduler, "test"), server, fairBrokerWeather, "octavia"),
      restart: () =>
        new Promise((resolve) => {
          server.restart(downMs);
          scheduler.after(downMs + 1, "restarted", resolve);
        }),
      close: async () => {},
    };
  },
});
