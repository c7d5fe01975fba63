import { expect, test } from "vitest";
import { deepLinkIn, parseDeepLink } from "./deep-link.ts";
import { desktopEntry } from "./register.ts";

const vmId = "01980000-0000-7000-8000-000000000001";
const link = `limiquantix://console/${vmId}?server=https%3A%2F%2Fdc.example%3A8443`;

test("a console's address, alone and in the dashboard's file", () => {
  const wanted = { vmId, server: "https://dc.example:8443" };
  expect(parseDeepLink(link)).toEqual(wanted);
  expect(deepLinkIn(`[virt-viewer]\ntype=vnc\ntitle=web\n[limiquantix]\nurl=${link}\n`)).toEqual(wanted);
});

test.each([
  "https://dc.example/console",
  `limiquantix://console/${vmId}`,
  `limiquantix://console/${vmId}?server=file:///etc/passwd`,
  `limiquantix://vm/${vmId}?server=https://dc.example`,
  "limiquantix://console/--help?server=https://dc.example",
])("%s is none", (text) => expect(() => parseDeepLink(text)).toThrow(/is no console's address/));

test("virt-viewer's own files are not ours", () => {
  expect(() => deepLinkIn("[virt-viewer]\ntype=spice\nhost=h\n")).toThrow(/not one of limiquantix/);
});

test("the desktop's entry quotes the way to lqx", () => {
  const entry = desktopEntry(["/opt/my node/100%/node", '/srv/a"b/$c/main.ts']);
  expect(entry).toContain('Exec="/opt/my node/100%%/node" "/srv/a\\\\"b/\\\\$c/main.ts" "console" "open" "--url" %u\n');
  expect(entry).toContain("MimeType=x-scheme-handler/limiquantix;\n");
});
