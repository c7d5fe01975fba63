import { XMLParser } from "fast-xml-parser";

/** An element as read: `find` one by its path, `all` of a path, attributes and text as they stand there. */
export class XmlNode {
  readonly name: string;
  readonly #raw: RawNode;

  constructor(name: string, raw: RawNode) {
    this.name = name;
    this.#raw = raw;
  }

  attribute(name: string): string | undefined {
    return this.#raw.attributes[name];
  }

  get attributes(): Readonly<Record<string, string>> {
    return this.#raw.attributes;
  }

  /** Without white space around it. */
  get text(): string {
    return this.#raw.text.trim();
  }

  /** `devices/disk`: all such elements, in the document's order. */
  all(path: string): XmlNode[] {
    const [first = "", ...rest] = path.split("/");
    const here = this.children.filter(({ name }) => name === first);
    return rest.length === 0 ? here : here.flatMap((node) => node.all(rest.join("/")));
  }

  find(path: string): XmlNode | undefined {
    return this.all(path)[0];
  }

  get children(): XmlNode[] {
    return this.#raw.children.map(([name, raw]) => new XmlNode(name, raw));
  }
}

interface RawNode {
  attributes: Record<string, string>;
  text: string;
  children: [name: string, raw: RawNode][];
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // It knows no numeric ones, and gives up on a document with many.
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** Reads a document and answers its root. Names keep their prefixes. */
export function parseXml(text: string): XmlNode {
  const [root] = toRaw(parser.parse(text) as unknown[]).children;
  if (!root) throw new Error("an XML document without an element");
  return new XmlNode(root[0], root[1]);
}

/** fast-xml-parser's ordered form: `[{ name: [children], ":@": attributes }, { "#text": … }]`. */
function toRaw(ordered: unknown[], attributes: Record<string, string> = {}): RawNode {
  const values = Object.entries(attributes).map(([name, value]) => [name, unescape(value)] as const);
  const raw: RawNode = { attributes: Object.fromEntries(values), text: "", children: [] };
  for (const item of ordered as Record<string, unknown>[]) {
    if ("#text" in item) raw.text += unescape(String(item["#text"]));
    else
      for (const [name, children] of Object.entries(item))
        if (name !== ":@")
          raw.children.push([name, toRaw(children as unknown[], item[":@"] as Record<string, string> | undefined)]);
  }
  return raw;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** XML 1.0, 4.1 and 4.6; there is no DTD that could define others. */
function unescape(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
