import { UsageError } from "../../usage-error.ts";

export interface DeepLink {
  vmId: string;
  /** https://HOST:PORT */
  server: string;
}

const form = "limiquantix://console/VM-ID?server=https://HOST";

/** `limiquantix://console/<vm id>?server=…`, as the dashboard's menu has it. Anybody may have made it up. */
export function parseDeepLink(text: string): DeepLink {
  const url = URL.parse(text);
  const server = URL.parse(url?.searchParams.get("server") ?? "");
  const vmId = url?.pathname.slice(1) ?? "";
  const good =
    url?.protocol === "limiquantix:" &&
    url.host === "console" &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(vmId) &&
    (server?.protocol === "https:" || server?.protocol === "http:");
  if (!good || !server)
    throw new UsageError(`${JSON.stringify(text)} is no console's address`, `It looks like ${form}`);
  return { vmId, server: server.origin };
}

/** What a .vv file of the dashboard holds; undefined: it is another product's. */
export function deepLinkIn(viewerFile: string): { link: DeepLink; deleteFile: boolean } | undefined {
  const line = /^url=(limiquantix:.*)$/m.exec(viewerFile)?.[1];
  if (!line) return undefined;
  return { link: parseDeepLink(line.trim()), deleteFile: /^delete-this-file=1\s*$/m.test(viewerFile) };
}
