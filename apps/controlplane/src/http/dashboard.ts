import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { accepts } from "./accepts.ts";
import type { Route } from "./routes.ts";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * What the dashboard's page may do: run our own scripts and talk to us, which 'self' allows for WebSockets too (CSP 3,
 * 6.7.2.8). Styles may be inline, because toasts, the terminal and the editor bring theirs in a <style> element.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

interface File {
  type: string;
  /** Its name holds a hash of its content: the browser asks once. */
  immutable: boolean;
  plain: Buffer;
  /** Compressed when it was built. */
  br: Buffer | undefined;
  gzip: Buffer | undefined;
}

/** Answers the route of a path that nothing else answers; undefined: the dashboard has nothing there either. */
export type Dashboard = (path: string, request: IncomingMessage) => Route | undefined;

/**
 * The built dashboard in `directory`, read once: what is asked for is looked up among the names that were found, so no
 * path leads out of it, and a build that replaces the files does not mix with the one that browsers have. Whatever else a
 * browser opens is an address of the dashboard's own, and gets its page.
 */
export function dashboard(directory: string): Dashboard {
  let files = readFiles(directory);
  return (path, request) => {
    const wantsPage = path === "/" || (!isFilePath(path) && (request.headers.accept ?? "").includes("text/html"));
    if (!files.has("/index.html")) {
      if (!wantsPage) return undefined;
      files = readFiles(directory);
      if (!files.has("/index.html")) return notBuilt(directory);
    }
    const file = files.get(wantsPage ? "/index.html" : path);
    return file && ((asked, response) => send(file, asked, response));
  };
}

/** The page is no answer to whoever wants a script or a call. */
function isFilePath(path: string): boolean {
  return /^\/(?:assets\/|limiquantix\.|grpc\.|console\/|auth\/)/.test(path);
}

function readFiles(directory: string): Map<string, File> {
  const paths = readdir(directory);
  const known = new Set(paths);
  const read = (path: string) => (known.has(path) ? readFileSync(path) : undefined);
  const files = new Map<string, File>();
  for (const path of paths) {
    const type = types[extname(path)];
    if (!type) continue;
    const name = `/${relative(directory, path).split(sep).join("/")}`;
    files.set(name, {
      type,
      immutable: name.startsWith("/assets/"),
      plain: readFileSync(path),
      br: read(`${path}.br`),
      gzip: read(`${path}.gz`),
    });
  }
  return files;
}

/** Regular files only: a link could lead elsewhere. */
function readdir(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Error(`read the dashboard in ${directory}`, { cause });
  }
}

function send(file: File, request: IncomingMessage, response: ServerResponse): void {
  const accepted = request.headers["accept-encoding"]?.toString() ?? "";
  const encoding = (["br", "gzip"] as const).find((name) => file[name] && accepts(accepted, name));
  const body = (encoding && file[encoding]) ?? file.plain;
  if (file.type.startsWith("text/html")) response.setHeader("content-security-policy", pagePolicy);
  response.writeHead(200, {
    "content-type": file.type,
    "content-length": body.length,
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    ...(encoding && { "content-encoding": encoding }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function notBuilt(directory: string): Route {
  const place = directory.replaceAll(/[&<>"]/g, (char) => escapes[char] ?? char);
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>limiquantix</title>
<h1>The dashboard is not built</h1>
<p>There is none in <code>${place}</code>. In a checkout, <code>tools/dashboard</code> builds it, and so does
<code>npm start</code>; then load this page again. <code>--dashboard DIR</code> names another place.</p>
<p>The API answers all the same: <code>bin/lqx --help</code>, <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`;
  return (request, response) => {
    response.writeHead(503, { "content-type": "text/html; charset=utf-8", "content-length": Buffer.byteLength(body) });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
