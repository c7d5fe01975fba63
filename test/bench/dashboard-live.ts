import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { VMService } from "@limiquantix/api";
import type { Page } from "playwright-core";
import { startSimHost } from "../../apps/controlplane/src/test-suites/sim-host.ts";
import { launchBrowser, newContext } from "../e2e/browser.ts";
import { startDashboard } from "../e2e/dashboard.ts";
import { type Bench, quantile } from "./figure.ts";

const changesOf = { full: 200, tiny: 5 };

/** From the call that changes a VM to the frame in which an open page shows it, the browser and the server sharing the machine. */
export const dashboardLive: Bench = {
  name: "dashboard-live",
  needsLibvirt: false,
  needsBrowser: true,
  async run(size) {
    await using server = await startDashboard();
    await using host = await startSimHost({ controlPlane: server.url });
    const browser = await launchBrowser();
    try {
      const vms = createClient(VMService, createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }));
      const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }], nics: [{}] };
      const { vm } = await vms.createVM({ name: "measured", spec });
      const page = await (await newContext(browser)).newPage();
      await page.goto(`${server.url}/vms/${vm?.id}`);
      await page.getByRole("heading", { level: 1, name: "measured" }).waitFor();
      const samples = [];
      for (let i = 0; i < changesOf[size] + 3; i++) {
        const description = `change number ${i}`;
        const shown = shownAt(page, description);
        const started = performance.timeOrigin + performance.now();
        await vms.updateVM({ id: vm?.id ?? "", description, updateMask: { paths: ["description"] } });
        const took = (await shown) - started;
        // The first ones load what the page did not need before.
        if (i >= 3) samples.push(took);
      }
      if (!host.registered()) throw new Error("the simulated host was lost on the way");
      const name = "a change by the API shows in an open page";
      return [
        { name: `${name}, p50`, unit: "ms", ours: quantile(samples, 0.5), aim: "< 300 ms" },
        { name: `${name}, p99`, unit: "ms", ours: quantile(samples, 0.99), aim: "< 300 ms" },
      ];
    } finally {
      await browser.close();
    }
  },
};

/** Milliseconds since 1970, of the frame in which the text is there: both processes have the machine's clock. */
function shownAt(page: Page, text: string): Promise<number> {
  return page.evaluate(
    (text) =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          if (!document.body.textContent?.includes(text)) return;
          watch.disconnect();
          requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
        };
        const watch = new MutationObserver(look);
        watch.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
      }),
    text,
  );
}
