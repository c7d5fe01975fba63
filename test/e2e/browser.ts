import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

/** Debian's Chromium, which needs no download; the flags keep it from calling home. */
export function launchBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

export type Theme = "light" | "dark";

export interface Size {
  width: number;
  height: number;
}

export const desktop: Size = { width: 1280, height: 800 };
export const phone: Size = { width: 390, height: 844 };

export interface OpenOptions {
  theme?: Theme;
  size?: Size;
  /** Own authorities' certificates, as the control plane's. */
  anyCertificate?: boolean;
}

/** A browser profile of its own. */
export function newContext(browser: Browser, options: OpenOptions = {}): Promise<BrowserContext> {
  const { theme = "light", size = desktop, anyCertificate = false } = options;
  return browser.newContext({
    viewport: size,
    colorScheme: theme,
    ignoreHTTPSErrors: anyCertificate,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
}

/** What goes wrong on the page from now on: errors that nobody caught, and what is written to the console as one. */
export function troubles(page: Page): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(`${page.url()}: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") found.push(`${page.url()}: ${message.text()}`);
  });
  return found;
}
