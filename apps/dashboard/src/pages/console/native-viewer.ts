import { download } from "../../ui/download.ts";

/** What `lqx console open --url` understands; `lqx console register` makes a desktop hand it over. */
export function deepLink(vmId: string): string {
  return `limiquantix://console/${vmId}?server=${encodeURIComponent(location.origin)}`;
}

/**
 * For `lqx console open --url FILE`: our consoles are WebSockets, so the file has our address where virt-viewer's own
 * have a host and a port.
 */
export function downloadViewerFile(vmId: string, name: string): void {
  const title = name.replace(/[\r\n]/g, " ");
  const text = [
    "[virt-viewer]",
    "type=vnc",
    `title=${title}`,
    "delete-this-file=1",
    "[limiquantix]",
    `url=${deepLink(vmId)}`,
    "",
  ].join("\n");
  download(`${name}.vv`, [text], "application/x-virt-viewer");
}
