/**
 * Where a machine's own Debian packages come from, and the same place with another suite. Sources are written in one
 * of two forms (sources.list(5)): a line `deb [options] URI suite components…`, or a deb822 stanza.
 */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** deb822 names and values of further options, such as Signed-By. */
  readonly options: Readonly<Record<string, string>>;
}

/** All binary package sources in a file of either form; `.sources` files hold deb822. */
export function parseAptSources(fileName: string, text: string): AptSource[] {
  return fileName.endsWith(".sources") ? parseStanzas(text) : parseLines(text);
}

/**
 * The stanza for `<codename>-backports` on the mirror that `codename` itself comes from; undefined when no source
 * serves that release's main component.
 */
export function backportsStanza(sources: readonly AptSource[], codename: string): string | undefined {
  const own = sources.find((source) => source.suites.includes(codename) && source.components.includes("main"));
  if (!own) return undefined;
  const options = Object.entries(own.options).map(([name, value]) => `${name}: ${value}\n`);
  return `Types: deb\nURIs: ${own.uri}\nSuites: ${codename}-backports\nComponents: main\n${options.join("")}`;
}

/** Whether some source already serves the suite. */
export function hasSuite(sources: readonly AptSource[], suite: string): boolean {
  return sources.some((source) => source.suites.includes(suite) && source.components.includes("main"));
}

function parseLines(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split("\n")) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line.trim());
    if (!match) continue;
    const [, options = "", uri = "", suite = "", components = ""] = match;
    sources.push({
      uri,
      suites: [suite],
      components: components.trim().split(/\s+/),
      options: Object.fromEntries(options.split(/\s+/).flatMap(lineOption)),
    });
  }
  return sources;
}

/** `signed-by=/x,/y` of a line is `Signed-By: /x /y` of a stanza. */
function lineOption(option: string): [string, string][] {
  const [name, value] = option.split("=", 2);
  if (!name || !value) return [];
  const names: Record<string, string> = {
    "signed-by": "Signed-By",
    trusted: "Trusted",
    "check-valid-until": "Check-Valid-Until",
  };
  const known = names[name.toLowerCase()];
  return known ? [[known, value.replaceAll(",", " ")]] : [];
}

function parseStanzas(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = parseFields(stanza);
    const words = (name: string) => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
    const [uri] = words("uris");
    if (!uri || !words("types").includes("deb") || fields.get("enabled")?.toLowerCase() === "no") continue;
    const options: Record<string, string> = {};
    for (const name of ["Signed-By", "Trusted", "Check-Valid-Until"]) {
      const value = fields.get(name.toLowerCase());
      if (value) options[name] = value;
    }
    sources.push({ uri, suites: words("suites"), components: words("components"), options });
  }
  return sources;
}

/** Field names are case-insensitive; a line that starts with a blank continues the field before it. */
function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current = "";
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue;
    const start = /^([\w-]+):\s*(.*)$/.exec(line);
    if (start) {
      current = (start[1] ?? "").toLowerCase();
      fields.set(current, start[2] ?? "");
    } else if (current && /^\s/.test(line)) {
      // A key written into the file itself (Signed-By with an armoured block) keeps its lines.
      fields.set(current, `${fields.get(current) ?? ""}\n${line}`);
    }
  }
  return fields;
}
