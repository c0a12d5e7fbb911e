export * from "./inbox-client.ts";
export { JsonMessage } from "./json-message.ts";
export * from "./port.ts";
