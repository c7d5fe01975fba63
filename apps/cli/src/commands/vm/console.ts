import type { Verb } from "../verb.ts";
import { parseSeconds } from "../../values/duration.ts";

interface ConsoleFlags {
  vnc?: boolean;
  linger: number;
}

export const console: Verb = (command, cli) => {
  command
    .argument("<vm>", "name or id")
    .option("--vnc", "print a WebSocket address for a VNC client instead; it is good once, for a minute")
    .option("--linger <duration>", "after the end of piped input, leave when nothing came for so long", parseSeconds, 5)
    .addHelpText("after", "\nCtrl-] leaves the console; the guest does not notice.")
    .action(async (ref: string, flags: ConsoleFlags) => {
      const session = await cli.connect();
      const [{ ConsoleInfo_Type, ConsoleInfoSchema }, { getVm }, { webSocketUrl }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../terminal/web-socket-url.ts"),
      ]);
      const vm = await getVm(session, ref);
      const type = flags.vnc ? ConsoleInfo_Type.VNC : ConsoleInfo_Type.SERIAL;
      const info = await session.vms.getConsole({ vmId: vm.id, type });
      const url = webSocketUrl(session.server, info.websocketUrl);
      if (flags.vnc) {
        const { printMessage } = await import("../../output/print.ts");
        info.websocketUrl = url;
        return printMessage(cli, ConsoleInfoSchema, info, () => [
          url,
          ...(info.password ? [`password: ${info.password}`] : []),
        ]);
      }
      const [{ runConsole }, { tlsOptions }, endpoint] = await Promise.all([
        import("../../terminal/console-session.ts"),
        import("../../rpc/tls.ts"),
        cli.endpoint(),
      ]);
      await runConsole(cli.terminal, {
        url,
        name: vm.name,
        lingerMs: flags.linger * 1000,
        tls: url.startsWith("wss:") ? tlsOptions(endpoint) : {},
      });
    });
};
