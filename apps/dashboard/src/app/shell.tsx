import { Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { Menu as MenuIcon, UserRound } from "lucide-react";
import { lazy, Suspense, use, useCallback, useEffect, useMemo, useState } from "react";
import { strings } from "../strings/index.ts";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { EarlyPalette, type EarlyKeys } from "./early-palette.tsx";
import { HeaderExtra } from "./header-extra.ts";
import { NotificationBell } from "./notification-bell.tsx";
import { loadLate } from "./load-late.ts";
import { sections } from "./sections.ts";
import { useShortcuts } from "./shortcuts.ts";
import { Sidebar } from "./sidebar.tsx";
import { TaskTrayButton } from "./task-tray-button.tsx";
import { OnDemand } from "../ui/on-demand.tsx";
import { useReturnFocus } from "../ui/return-focus.ts";
import { Keys } from "../ui/tooltip.tsx";

const Palette = lazy(() => loadLate(() => import("./palette.tsx")).then(({ Palette }) => ({ default: Palette })));
const Help = lazy(() => loadLate(() => import("./help.tsx")).then(({ Help }) => ({ default: Help })));

const loadAccountMenu = () => import("./account-menu.tsx").then(({ AccountMenu }) => AccountMenu);

/** What is around every page. */
export function Shell() {
  const navigate = useNavigate();
  const router = useRouter();
  const [open, setOpen] = useState<"palette" | "help">();
  const [drawer, setDrawer] = useState(false);
  const close = useCallback(() => setOpen(undefined), []);
  const shortcuts = useMemo(
    () => ({
      "mod+k": () => setOpen("palette"),
      "/": () => setOpen("palette"),
      "?": () => setOpen("help"),
      ...Object.fromEntries(sections.map(({ key, path }) => [`g ${key}`, () => void navigate({ to: path } as never)])),
    }),
    [navigate],
  );
  useShortcuts(shortcuts);
  useEffect(() => router.subscribe("onBeforeNavigate", () => setDrawer(false)), [router]);
  // Whoever goes on by keyboard, or hears the page, goes on in the new page and not in a link that is gone.
  useEffect(
    () =>
      router.subscribe("onResolved", ({ fromLocation, pathChanged }) => {
        const content = document.getElementById("content");
        if (fromLocation && pathChanged && !content?.contains(document.activeElement)) {
          content?.focus({ preventScroll: true });
        }
      }),
    [router],
  );

  return (
    <div className="flex h-full">
      <a
        href="#content"
        className="sr-only z-50 rounded bg-raised p-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {strings.shell.skip}
      </a>
      <Sidebar drawer={drawer} onClose={() => setDrawer(false)} />
      <div className="flex min-w-0 grow flex-col">
        <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-ground px-3">
          <button
            type="button"
            aria-label={strings.shell.menu}
            className="rounded-md p-1.5 hover:bg-hover md:hidden"
            onClick={() => setDrawer(true)}
          >
            <MenuIcon size={16} />
          </button>
          <button
            type="button"
            onClick={() => setOpen("palette")}
            className="flex h-7 w-full max-w-96 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-left text-faint hover:border-line-strong"
          >
            <span className="grow truncate">{strings.shell.search}</span>
            <span className="max-sm:hidden">
              <Keys>mod+k</Keys>
            </span>
          </button>
          <div className="grow" />
          {use(HeaderExtra)}
          <TaskTrayButton />
          <NotificationBell />
          <OnDemand
            load={loadAccountMenu}
            props={{ onHelp: () => setOpen("help") }}
            label={strings.shell.account}
            className="flex size-8 shrink-0 items-center justify-center rounded-md hover:bg-hover"
            face={<UserRound aria-hidden size={16} />}
          />
        </header>
        <ConnectionBanner />
        <main id="content" tabIndex={-1} className="flex min-h-0 grow flex-col outline-none">
          <Breadcrumbs />
          <Suspense fallback={null}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {open === "palette" && <PaletteInTime onClose={close} />}
      <Suspense fallback={null}>{open === "help" && <Help onClose={close} />}</Suspense>
    </div>
  );
}

/** No key is lost that is typed while its code is on the way. */
function PaletteInTime({ onClose }: { onClose: () => void }) {
  const [early, setEarly] = useState<EarlyKeys>({ text: "", entered: false });
  const returnFocus = useReturnFocus();
  return (
    <Suspense fallback={<EarlyPalette early={early} onKeys={setEarly} onClose={onClose} returnFocus={returnFocus} />}>
      <Palette early={early} onClose={onClose} returnFocus={returnFocus} />
    </Suspense>
  );
}
