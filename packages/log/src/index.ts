export { createLog, isLogLevel, logLevels, type LogLevel } from "./log.ts";
