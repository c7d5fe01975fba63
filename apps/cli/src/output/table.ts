import { stripVTControlCharacters } from "node:util";

export interface Column<Row> {
  header: string;
  value: (row: Row) => string;
  /** Figures stand to the right. */
  right?: boolean;
  /** Colours a cell after it was padded. */
  paint?: (text: string, row: Row) => string;
}

/** Aligned columns, two spaces between, no frame. One header line, then a line a row. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const widths = columns.map((column, at) =>
    Math.max(width(column.header), ...cells.map((line) => width(line[at] ?? ""))),
  );
  const line = (texts: readonly string[], paint: (text: string, at: number) => string) =>
    texts
      .map((text, at) =>
        paint(
          pad(text, at === texts.length - 1 && !columns[at]?.right ? 0 : (widths[at] ?? 0), columns[at]?.right),
          at,
        ),
      )
      .join("  ")
      .trimEnd();
  return [
    line(
      columns.map((column) => column.header),
      (text) => text,
    ),
    ...cells.map((texts, index) => {
      const row = rows[index] as Row;
      return line(texts, (text, at) => columns[at]?.paint?.(text, row) ?? text);
    }),
  ];
}

/** `Name:    web` lines, further lines of a value below its first; empty values are left out. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[]): string[] {
  const present = fields.filter(([, value]) => value !== "");
  const longest = Math.max(0, ...present.map(([name]) => name.length));
  const indent = " ".repeat(longest + 3);
  return present.map(
    ([name, value]) => `${`${name}:`.padEnd(longest + 2)} ${printable(value, true).replaceAll("\n", `\n${indent}`)}`,
  );
}

/**
 * Text from elsewhere must not steer the terminal: control characters become visible. A guest can put anything into a
 * message that ends up here.
 */
export function printable(text: string, keepLines = false): string {
  return text.replace(/\p{Cc}/gu, (control) => (keepLines && control === "\n" ? control : "\u00b7"));
}

function pad(text: string, size: number, right = false): string {
  const missing = " ".repeat(Math.max(0, size - width(text)));
  return right ? missing + text : text + missing;
}

/** Columns on the screen, with one for each code point. */
function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
