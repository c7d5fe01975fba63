import { startControlPlane } from "../../apps/controlplane/src/test-suites/start.ts";
import { startSimHost } from "../../apps/controlplane/src/test-suites/sim-host.ts";
import { desktop, launchBrowser, newContext, phone, troubles, type Theme } from "./browser.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMURR5PpRsYfaUiVCXWIhWyFBEjIDZVS ann@laptop";
const server = await startControlPlane("--dev", "--dashboard", "/tmp/w-dist");
const host = await startSimHost({ controlPlane: server.url });
const host2 = await startSimHost({ controlPlane: server.url, name: "sim-2" });
const browser = await launchBrowser();
try {
  for (const theme of ["light", "dark"] as Theme[]) {
    const context = await newContext(browser, { theme });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const wrong = troubles(page);
    const shot = async (name: string) => {
      for (const size of [desktop, phone]) {
        await page.setViewportSize(size);
        await page.waitForTimeout(150);
        await page.screenshot({ path: `/tmp/w-shots/${name}.${theme}.${size.width}.png` });
      }
      await page.setViewportSize(desktop);
    };
    try {
      await page.goto(`${server.url}/images`);
      await page.getByRole("heading", { name: "Images" }).waitFor();
      await shot("images-start");
      const disk = Buffer.alloc(6 * 1024 * 1024);
      disk[510] = 0x55;
      disk[511] = 0xaa;
      await page.locator('input[type=file]').first().setInputFiles([
        { name: `debian-12-${theme}.img`, mimeType: "application/octet-stream", buffer: disk },
        { name: "old.vmdk", mimeType: "application/octet-stream", buffer: Buffer.from("KDMV....") },
      ]);
      await page.getByText("Cannot be used").waitFor();
      await shot("upload-dialog");
      await page.getByRole("button", { name: "Upload", exact: true }).last().click();
      await page.getByText("Done").waitFor();
      await shot("images-uploaded");
      await page.getByRole("tab", { name: "Catalogue" }).click();
      await page.getByText("Debian 13").waitFor();
      await shot("catalogue");
      await page.getByRole("button", { name: "Import from URL" }).click();
      await page.getByLabel("Address").fill("https://example.org/images/ubuntu-24.04.qcow2");
      await shot("import");
      await page.keyboard.press("Escape");
      await page.getByRole("tab", { name: "Library" }).click();
      await page.getByRole("link", { name: `debian-12-${theme}` }).click();
      await page.getByRole("heading", { name: "Facts" }).waitFor();
      await shot("image");
      await page.getByRole("button", { name: "Edit" }).click();
      await shot("image-edit");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Create VM" }).click();
      await page.getByText("Cloud image").waitFor();
      await shot("step1-source");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("Give the VM a name").waitFor();
      await shot("step2-fault");
      await page.getByLabel("Name", { exact: true }).fill(`web-${theme}`);
      await page.getByLabel("Labels").fill("env=prod");
      await page.getByLabel("Name", { exact: true }).press("Enter");
      await page.getByText("vCPU").first().waitFor();
      await page.getByRole("button", { name: "Add a disk" }).click();
      await shot("step3-resources");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("Interface 1").waitFor();
      await shot("step4-network");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("Nobody can log in").first().waitFor();
      await shot("step5-access-none");
      await page.getByLabel("Password", { exact: true }).fill("short");
      await page.getByRole("button", { name: "Add a key" }).click();
      await page.getByLabel("SSH key 1", { exact: true }).fill(`${key}\n${key} again`);
      await page.getByRole("button", { name: "Write user-data" }).click();
      await page.locator(".cm-content").click();
      await page.keyboard.press("Control+End");
      await page.keyboard.type("packages: nginx: x\n");
      await page.getByText(/^Line \d/).waitFor();
      await page.getByRole("button", { name: "Next" }).click();
      await page.waitForTimeout(300);
      console.log("focused:", await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200)));
      await shot("step5-access-faults");
      await page.getByLabel("Password", { exact: true }).fill("correct horse");
      await page.getByLabel("Password again").fill("correct horse");
      await page.getByRole("button", { name: "Remove SSH key 2" }).click();
      await page.locator(".cm-content").click();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("#cloud-config\npackages: [nginx]\n");
      await page.getByText("Valid YAML").waitFor();
      await shot("step5-access");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("would be chosen").waitFor();
      await shot("step6-placement");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("Nothing stands in the way").waitFor();
      await shot("step7-review");
      await page.goBack();
      await page.getByText("would be chosen").waitFor();
      await page.goForward();
      await page.getByRole("button", { name: "Create VM" }).click();
      await page.waitForURL(/\/vms\/[0-9a-f-]{36}/);
      await page.getByText(`VM web-${theme} has been made`).waitFor();
      await shot("created");
      await page.goto(`${server.url}/vms/new?step=placement`);
      await page.getByText("Where the VM is to run").waitFor();
      await page.goto(`${server.url}/images`);
      await page.getByText("1 VM").first().waitFor();
      await page.getByRole("link", { name: `debian-12-${theme}` }).click();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByText("cannot be deleted").waitFor();
      await shot("delete-used");
    } catch (error) {
      console.log(theme, page.url(), error);
      await page.screenshot({ path: `/tmp/w-shots/FAILED.${theme}.png` });
    }
    for (const line of new Set(wrong)) console.log(`TROUBLE ${line}`);
    await context.close();
  }
} finally {
  await browser.close();
  await host[Symbol.asyncDispose]();
  await host2[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
}
console.log("end");
process.exit(0);
