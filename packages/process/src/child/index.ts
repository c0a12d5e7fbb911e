export { type LoggedLine, type ProcessEnd, ServiceProcess } from "./service-process.ts";
