// The process that runs everything, as a process of its own.
import { fileURLToPath } from "node:url";
import { ServiceProcess } from "@berth/process/child";

const main = fileURLToPath(new URL("../../services/standalone/src/main.ts", import.meta.url));

export class StandaloneProcess extends ServiceProcess {
  /** `environment`: the only variables of Berth that it gets. */
  static start(environment: Readonly<Record<string, string>>): StandaloneProcess {
    return new StandaloneProcess(main, environment);
  }

  /** Resolves with the address of its API. */
  async ready(): Promise<string> {
    const line = await this.logged("ready");
    return String(line.url);
  }
}
