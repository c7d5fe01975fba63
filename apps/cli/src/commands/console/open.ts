import type { Cli } from "../../cli.ts";
import { parseWhole } from "../../values/count.ts";
import type { Verb } from "../verb.ts";
import type { DeepLink } from "./deep-link.ts";

interface OpenFlags {
  url?: string;
  port: number;
  viewer: boolean;
  viewOnly?: boolean;
}

export const open: Verb = (command, cli) => {
  command
    .argument("[vm]", "name or id")
    .option("--url <address>", "a limiquantix://console/… address, or a .vv file from the dashboard, in place of a VM")
    .option("--port <port>", "listen on this port of 127.0.0.1", parseWhole, 0)
    .option("--no-viewer", "start none: print the address for a VNC viewer of your own")
    .option("--view-only", "what is typed and pointed at does not reach the guest")
    .addHelpText("after", "\nStarts remote-viewer (package virt-viewer) where it is installed.")
    .action(async (ref: string | undefined, flags: OpenFlags) => {
      const [{ endpoint, session, vm }, { forwardConsole }, { tlsOptions }, { webSocketUrl }] = await Promise.all([
        find(cli, ref, flags),
        import("../../terminal/console-forward.ts"),
        import("../../rpc/tls.ts"),
        import("../../terminal/web-socket-url.ts"),
      ]);
      const url = async () => {
        const info = await session.vms.getConsole({ vmId: vm.id, type: 1, viewOnly: flags.viewOnly ?? false });
        return webSocketUrl(session.server, info.websocketUrl);
      };
      await using forward = await forwardConsole({ port: flags.port, url, tls: tlsOptions(endpoint) });
      const address = `vnc://127.0.0.1:${forward.port}`;
      const viewer = flags.viewer ? await startViewer(address, vm.name) : undefined;
      if (!viewer) {
        cli.print(address);
        cli.note(`Open it with a VNC viewer: it shows ${vm.name} once, to whoever comes first on this machine.`);
      }
      await (viewer ? Promise.race([viewer.ended, forward.over]) : forward.over);
    });
};

async function find(cli: Cli, ref: string | undefined, flags: OpenFlags) {
  const [{ getVm }, { UsageError }] = await Promise.all([
    import("../../rpc/resolve.ts"),
    import("../../usage-error.ts"),
  ]);
  if (flags.url === undefined) {
    if (ref === undefined) throw new UsageError("which VM?", "lqx console open VM");
    const [session, endpoint] = await Promise.all([cli.connect(), cli.endpoint()]);
    return { session, endpoint, vm: await getVm(session, ref) };
  }
  const link = await readLink(flags.url);
  const [{ chooseEndpoint, loadContexts }, { openSession }] = await Promise.all([
    import("../../contexts.ts"),
    import("../../rpc/session.ts"),
  ]);
  const endpoint = chooseEndpoint({
    saved: await loadContexts(cli.contextsFile),
    context: undefined,
    server: link.server,
    environment: { server: undefined, token: undefined },
    fallback: link.server,
  });
  // Any web page can hand over an address: only servers that one logged in to are spoken to.
  if (!endpoint.token) {
    throw new UsageError(`you are not logged in to ${link.server}`, `lqx login ${link.server}`);
  }
  const session = openSession(endpoint);
  return { session, endpoint, vm: await getVm(session, link.vmId) };
}

async function readLink(text: string): Promise<DeepLink> {
  const { deepLinkIn, parseDeepLink } = await import("./deep-link.ts");
  if (text.startsWith("limiquantix:")) return parseDeepLink(text);
  const { readFile } = await import("node:fs/promises");
  return deepLinkIn(await readFile(text, "utf8"));
}

/** Undefined: it is not installed. */
async function startViewer(address: string, title: string): Promise<{ ended: Promise<void> } | undefined> {
  const { spawn } = await import("node:child_process");
  const child = spawn("remote-viewer", ["--title", title, "--", address], { stdio: "ignore" });
  const started = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  if (!started) return undefined;
  return { ended: new Promise((resolve) => void child.once("exit", () => resolve())) };
}
