import { expect, test } from "vitest";
import { deepLinkIn, parseDeepLink } from "./deep-link.ts";
import { desktopEntry } from "./register.ts";

const vmId = "01980000-0000-7000-8000-000000000001";
const link = `limiquantix://console/${vmId}?server=https%3A%2F%2Fdc.example%3A8443`;

test("a console's address, alone and in the dashboard's file", () => {
  const wanted = { vmId, server: "https://dc.example:8443" };
  expect(parseDeepLink(link)).toEqual(wanted);
  const file = (more: string) => `[virt-viewer]\ntype=vnc\ntitle=web\n${more}[limiquantix]\nurl=${link}\n`;
  expect(deepLinkIn(file(""))).toEqual({ link: wanted, deleteFile: false });
  expect(deepLinkIn(file("delete-this-file=1\n"))).toEqual({ link: wanted, deleteFile: true });
});

test.each([
  "https://dc.example/console",
  `limiquantix://console/${vmId}`,
  `limiquantix://console/${vmId}?server=file:///etc/passwd`,
  `limiquantix://vm/${vmId}?server=https://dc.example`,
  "limiquantix://console/--help?server=https://dc.example",
])("%s is none", (text) => expect(() => parseDeepLink(text)).toThrow(/is no console's address/));

test("virt-viewer's own files are not ours", () => {
  expect(deepLinkIn("[virt-viewer]\ntype=spice\nhost=h\ndelete-this-file=1\n")).toBeUndefined();
});

test("the desktop's entry quotes the way to lqx only where it has to: xdg-open takes quotes for part of a name", () => {
  expect(desktopEntry("/opt/limiquantix-1.0/bin/lqx")).toContain(
    "\nExec=/opt/limiquantix-1.0/bin/lqx console open --url %u\n",
  );
  expect(desktopEntry('/opt/my lqx/100%/a"b/$c')).toContain(
    '\nExec="/opt/my lqx/100%%/a\\\\"b/\\\\$c" console open --url %u\n',
  );
  expect(desktopEntry("lqx")).toContain("\nMimeType=x-scheme-handler/limiquantix;application/x-virt-viewer;\n");
});
