/** An element of XML. Text is text: it is escaped where it is printed, and nowhere else. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

type Value = string | number | bigint;

/** Attributes and children that are undefined are left out. */
export function el(
  name: string,
  attributes: Readonly<Record<string, Value | undefined>> = {},
  ...children: readonly (XmlElement | Value | undefined)[]
): XmlElement {
  const present = Object.entries(attributes).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return {
    name,
    attributes: Object.fromEntries(present.map(([key, value]) => [key, String(value)])),
    children: children.filter((child) => child !== undefined).map((c) => (typeof c === "object" ? c : String(c))),
  };
}

/** Indented by two spaces; an element with text keeps it on its line. */
export function printXml(element: XmlElement, indent = ""): string {
  const attributes = Object.entries(element.attributes).map(([key, value]) => ` ${key}='${escapeXml(value, true)}'`);
  const open = `${indent}<${element.name}${attributes.join("")}`;
  if (element.children.length === 0) return `${open}/>\n`;
  if (element.children.some((child) => typeof child === "string")) {
    const inner = element.children.map((child) =>
      typeof child === "string" ? escapeXml(child, false) : printXml(child).trim(),
    );
    return `${open}>${inner.join("")}</${element.name}>\n`;
  }
  const inner = element.children.map((child) => printXml(child as XmlElement, `${indent}  `));
  return `${open}>\n${inner.join("")}${indent}</${element.name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&apos;",
  '"': "&quot;",
};

/** XML 1.0, 2.2: what no document may hold, not even escaped. */
// oxlint-disable-next-line no-control-regex
const NEVER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escapeXml(text: string, inAttribute: boolean): string {
  const legal = text.toWellFormed().replace(NEVER, "\ufffd");
  const escaped = legal.replace(/[&<>'"]/g, (character) => ENTITIES[character] ?? character);
  // A parser would turn these into spaces (3.3.3), or a carriage return into a line feed (2.11).
  return inAttribute
    ? escaped.replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    : escaped.replaceAll("\r", "&#13;");
}
