import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { NotFound } from "./not-found.tsx";
import { PageFailed } from "./page-failed.tsx";
import { pages, type PageDefinition } from "./pages.ts";
import { Shell } from "./shell.tsx";

/** Search parameters are plain text: every state of a page has an address that people can read and send. */
type Search = Record<string, string | undefined>;

export function createAppRouter(basepath: string) {
  const root = createRootRoute({
    component: Shell,
    notFoundComponent: NotFound,
    validateSearch: (search: Record<string, unknown>): Search =>
      Object.fromEntries(
        Object.entries(search).map(([key, value]) => [key, typeof value === "string" ? value : undefined]),
      ),
  });
  const routes = pages.map((page: PageDefinition) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: lazyRouteComponent(page.load, page.name),
    }),
  );
  return createRouter({
    routeTree: root.addChildren(routes),
    basepath,
    defaultErrorComponent: PageFailed,
    defaultPreload: "intent",
    scrollRestoration: true,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const present = Object.entries(search).flatMap(([key, value]) =>
        value === undefined || value === "" ? [] : [[key, String(value)]],
      );
      const text = new URLSearchParams(present).toString();
      return text ? `?${text}` : "";
    },
  });
}
