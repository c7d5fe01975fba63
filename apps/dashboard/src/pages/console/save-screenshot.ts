import { download } from "../../ui/download.ts";
import type { VncView } from "./vnc-view.ts";

/** Named by the VM and the moment: web-1 2026-01-31 12.00.00.png. */
export async function saveScreenshot(view: VncView | undefined, name: string): Promise<void> {
  const picture = await view?.picture();
  const when = new Date().toLocaleString("sv-SE").replaceAll(":", ".");
  if (picture) download(`${name} ${when}.png`, [picture], "image/png");
}
