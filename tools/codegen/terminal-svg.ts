import { text } from "node:stream/consumers";

/**
 * A picture of a terminal session for the README: reads what was typed ("$ …") and shown from standard input, prints SVG.
 *
 *     tools/node tools/codegen/terminal-svg.ts <session.txt >docs/images/first-vm.svg
 */
const lines = (await text(process.stdin)).trimEnd().split("\n");
const lineHeight = 18;
const width = 40 + 7.9 * Math.max(...lines.map((line) => line.length));
const height = 62 + lineHeight * lines.length;
const escape = (line: string): string => line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const colour = (line: string): string =>
  line.startsWith("$ ") ? "#e6edf3" : /^[A-Z][A-Z ]+$/.test(line) ? "#7d8590" : "#9fb1c1";
const rows = lines.map(
  (line, i) =>
    `<text x="20" y="${56 + i * lineHeight}" fill="${colour(line)}"${line.startsWith("$ ") ? ' font-weight="600"' : ""}>${escape(line)}</text>`,
);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" xml:space="preserve">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="20" r="5" fill="#f0655a"/><circle cx="37" cy="20" r="5" fill="#e3b341"/><circle cx="54" cy="20" r="5" fill="#56d364"/>
${rows.join("\n")}
</svg>`);
