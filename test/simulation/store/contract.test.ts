import { storeContract } from "../../contract/store/contract.ts";
import { Chance } from "../world/chance.ts";
import { Machine } from "../world/machine.ts";
import { runInRealTurns } from "../world/real-turns.ts";
import { Scheduler } from "../world/scheduler.ts";
import { fairWeather, SimulatedStore } from "./client.ts";
import { StoreServer } from "./server.ts";

storeContract("the store of the simulation", {
  isLasting: true,
  async open() {
    const scheduler = new Scheduler(new Chance(1), 0);
    runInRealTurns(scheduler);
    const server = new StoreServer();
    const start = async (): Promise<SimulatedStore> => {
      const store = new SimulatedStore(new Machine(scheduler, "test"), server, fairWeather);
      await store.start();
      return store;
    };
    let current = await start();
    return {
      store: current,
      async reopen() {
        await current.stop();
        current = await start();
        return current;
      },
      close: () => current.stop(),
    };
  },
});
