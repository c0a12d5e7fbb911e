import type { Broker } from "@berth/broker";
import { createRabbitmqBroker, type RabbitmqBrokerOptions } from "@berth/broker/rabbitmq";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type ContractTest, contractTest } from "../../contract/broker/scene.ts";
import { openRabbitmq } from "../../support/servers/open.ts";
import type { RabbitmqOptions, RabbitmqServer } from "../../support/servers/rabbitmq.ts";

export interface RabbitmqScene {
  /** The contract's, on this server. */
  readonly test: ContractTest;
  readonly server: RabbitmqServer;
  /** A started connection with options of its own, which is stopped at the end of the test. */
  connect(options?: Partial<RabbitmqBrokerOptions>): Promise<Broker>;
}

interface SceneOptions extends RabbitmqOptions {
  /** Settings that rabbitmq.conf does not know. */
  readonly hidden?: Readonly<Record<string, number>>;
}

/** A RabbitMQ for the tests of one `describe`, which may do with it what they like. */
export function rabbitmqScene(options: SceneOptions = {}): RabbitmqScene {
  let server: RabbitmqServer | undefined;
  beforeAll(async () => {
    server = await openRabbitmq(options);
    for (const [key, value] of Object.entries(options.hidden ?? {})) {
      await server.ctl("eval", `application:set_env(rabbit, ${key}, ${value}).`);
    }
  });
  afterAll(async () => {
    await server?.stop();
  });
  const running = (): RabbitmqServer => {
    if (server === undefined) throw new Error("the server does not run yet");
    return server;
  };
  const connection = (own: Partial<RabbitmqBrokerOptions> = {}): Broker =>
    createRabbitmqBroker({ url: running().url, ...own });
  return {
    test: contractTest(() => ({ connect: async () => connection(), close: async () => {} })),
    get server() {
      return running();
    },
    async connect(own) {
      const broker = connection(own);
      onTestFinished(() => broker.stop());
      await broker.start();
      return broker;
    },
  };
}

/** Resolves when the connection was broken and is whole again. */
export function recovered(broker: Broker): Promise<void> {
  return new Promise((resolve) => {
    const stopListening = broker.onMessagesLost(() => {
      stopListening();
      resolve();
    });
  });
}

/** What a publish came to: its outcome, or the code of its error. */
export function outcomeOf(publish: Promise<string>): Promise<string> {
  return publish.catch((error: { code: string }) => error.code);
}

/** A logger that keeps what it is told. */
export class LogBook {
  readonly lines: string[] = [];
  readonly info = (_fields: object, message: string): void => void this.lines.push(message);
  readonly warn = (_fields: object, message: string): void => void this.lines.push(message);
  readonly error = (_fields: object, message: string): void => void this.lines.push(message);
}
