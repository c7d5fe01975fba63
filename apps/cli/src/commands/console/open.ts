import type { Cli } from "../../cli.ts";
import { parseWhole } from "../../values/count.ts";
import type { Verb } from "../verb.ts";
import type { DeepLink } from "./deep-link.ts";
import { startViewer } from "./viewer.ts";

interface OpenFlags {
  url?: string;
  port: number;
  viewer: boolean;
  viewOnly?: boolean;
}

export const open: Verb = (command, cli) => {
  command
    .argument("[vm]", "name or id")
    .option("--url <address>", "a limiquantix://console/… address, or a .vv file, in place of a VM")
    .option("--port <port>", "listen on this port of 127.0.0.1", parseWhole, 0)
    .option("--no-viewer", "start none: print the address for a VNC viewer of your own")
    .option("--view-only", "what is typed and pointed at does not reach the guest")
    .addHelpText("after", "\nStarts remote-viewer (package virt-viewer) where it is installed.")
    .action(async (ref: string | undefined, flags: OpenFlags) => {
      const link = flags.url === undefined ? undefined : await readLink(flags.url);
      if (link && "foreignFile" in link) return openForeign(link.foreignFile);
      const [{ endpoint, session, vm }, { forwardConsole }, { tlsOptions }, { webSocketUrl }] = await Promise.all([
        find(cli, ref, link),
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
      const viewer = flags.viewer ? await startViewer(address, { title: vm.name }) : undefined;
      if (!viewer) {
        cli.print(address);
        cli.note(`Open it with a VNC viewer: it shows ${vm.name} once, to whoever comes first on this machine.`);
      }
      await (viewer ? Promise.race([viewer.ended, forward.over]) : forward.over);
    });
};

async function find(cli: Cli, ref: string | undefined, link: DeepLink | undefined) {
  const [{ getVm }, { UsageError }] = await Promise.all([
    import("../../rpc/resolve.ts"),
    import("../../usage-error.ts"),
  ]);
  if (!link) {
    if (ref === undefined) throw new UsageError("which VM?", "lqx console open VM");
    const [session, endpoint] = await Promise.all([cli.connect(), cli.endpoint()]);
    return { session, endpoint, vm: await getVm(session, ref) };
  }
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

/** Of a file it is read like remote-viewer does: some ask to be deleted once they are. */
async function readLink(text: string): Promise<DeepLink | { foreignFile: string }> {
  const { deepLinkIn, parseDeepLink } = await import("./deep-link.ts");
  if (text.startsWith("limiquantix:")) return parseDeepLink(text);
  const [{ readFile, rm }, { fileURLToPath }] = await Promise.all([import("node:fs/promises"), import("node:url")]);
  const file = text.startsWith("file:") ? fileURLToPath(text) : text;
  const found = deepLinkIn(await readFile(file, "utf8"));
  if (!found) return { foreignFile: file };
  if (found.deleteFile) await rm(file, { force: true });
  return found.link;
}

/** We are the desktop's way to open .vv files: what is not ours goes on to where it would have gone. */
async function openForeign(file: string): Promise<void> {
  const viewer = await startViewer(file);
  if (!viewer) {
    const { UsageError } = await import("../../usage-error.ts");
    throw new UsageError(`${file} is for remote-viewer, which is not installed`, "Install the package virt-viewer.");
  }
  await viewer.ended;
}
