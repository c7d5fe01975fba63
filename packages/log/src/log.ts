import type { Log, LogFields } from "@limiquantix/kit";
import { pino, type Logger } from "pino";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export function isLogLevel(text: string): text is LogLevel {
  return logLevels.some((level) => level === text);
}

/** What never reaches a log, however it got into the fields. */
const secrets = ["password", "token", "secret", "authorization", "cookie", "joinToken", "privateKey", "csrPem"];

/** JSON lines to stderr, written before the call returns: the last words of a dying process are the ones needed. */
export function createLog(level: LogLevel): Log {
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = {
    level,
    base: null,
    redact: { paths, censor: "(redacted)" },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return wrap(pino(options, pino.destination({ dest: 2, sync: true })));
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields, message),
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    child: (fields: LogFields) => wrap(logger.child({ ...fields })),
  };
}
