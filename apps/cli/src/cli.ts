import { join } from "node:path";
import { defaultServer, type Settings } from "./config.ts";
import { chooseEndpoint, loadContexts, type Endpoint } from "./contexts.ts";
import type { Format } from "./output/format.ts";
import type { Session } from "./rpc/session.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Flags that every verb knows. */
export interface GlobalFlags {
  output: Format;
  server?: string;
  context?: string;
  debug?: boolean;
  color: boolean;
}

/** What a verb works with: where it is called, and the way to the server. */
export class Cli {
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** What the process answers when no error is thrown. */
  exitCode = 0;
  readonly #flags: () => GlobalFlags;
  #session: Promise<Session> | undefined;

  constructor(settings: Settings, terminal: Terminal, flags: () => GlobalFlags) {
    this.settings = settings;
    this.terminal = terminal;
    this.#flags = flags;
  }

  /** Known once the command line is parsed. */
  get flags(): GlobalFlags {
    return this.#flags();
  }

  get contextsFile(): string {
    return join(this.settings.configDir, "config.json");
  }

  async endpoint(): Promise<Endpoint> {
    return chooseEndpoint({
      saved: await loadContexts(this.contextsFile),
      context: this.flags.context,
      server: this.flags.server,
      environment: this.settings,
      fallback: defaultServer,
    });
  }

  /** The clients. The RPC stack is loaded here and not before, so that `--help` is quick. */
  connect(): Promise<Session> {
    this.#session ??= (async () => {
      const [{ openSession }, endpoint] = await Promise.all([import("./rpc/session.ts"), this.endpoint()]);
      return openSession(endpoint);
    })();
    return this.#session;
  }

  /** A line of the result. */
  print(...lines: string[]): void {
    for (const line of lines) this.terminal.output.write(`${line}\n`);
  }

  /** A line for the person beside the result: hints, warnings, progress. */
  note(...lines: string[]): void {
    for (const line of lines) this.terminal.errors.write(`${line}\n`);
  }

  warn(...lines: string[]): void {
    for (const line of lines) this.note(`${this.terminal.paintErrors.yellow("warning:")} ${line}`);
  }
}
