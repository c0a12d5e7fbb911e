import type { ChannelModel } from "amqplib";
import type { RabbitmqLogger } from "./options.ts";

const firstMajor = 3;
/** Of 3.x: the first that knows a consumer timeout for each queue. */
const firstMinor = 12;

/** Says so where long tasks depend on a setting of the server. */
export function warnOfConsumerTimeout(model: ChannelModel, logger: RabbitmqLogger): void {
  const version = String(model.connection.serverProperties.version);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > firstMajor || (major === firstMajor && minor >= firstMinor)) return;
  logger.warn(
    { version },
    `RabbitMQ ${version} has no consumer timeout for each queue (3.12 and later have). Tasks that run longer than the ` +
      "server's consumer_timeout (30 minutes unless it is set) are delivered again while they run.",
  );
}
