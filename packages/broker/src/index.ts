export * from "./inbox-client.ts";
export * from "./port.ts";
