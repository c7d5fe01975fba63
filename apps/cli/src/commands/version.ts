import manifest from "../../package.json" with { type: "json" };
import { isMachine } from "../output/format.ts";
import type { Verb } from "./verb.ts";

export const version: Verb = (command, cli) => {
  command.option("--client", "do not ask the server").action(async (flags: { client?: boolean }) => {
    const client = manifest.version;
    if (flags.client && !isMachine(cli.flags.output)) return cli.print(`lqx ${client}`);
    const { printData } = await import("../output/print.ts");
    const server = flags.client ? undefined : await serverVersion();
    if (isMachine(cli.flags.output)) return printData(cli, { client, ...(server ? { server } : {}) });
    cli.print(`lqx           ${client}`, `control plane ${server?.version ?? "?"} at ${server?.address ?? "?"}`);
  });

  async function serverVersion() {
    const session = await cli.connect();
    const info = await session.system.getSystemInfo({});
    return { version: info.version, address: session.server };
  }
};
