import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { el, printXml } from "./element.ts";
import { parseXml } from "./parse.ts";

describe("XML", () => {
  it("indents elements and leaves out what is undefined", () => {
    const xml = printXml(el("a", { x: 1, y: undefined }, el("b", {}, "text"), undefined, el("c", { d: "e" })));
    expect(xml).toBe("<a x='1'>\n  <b>text</b>\n  <c d='e'/>\n</a>\n");
  });

  it("carries any text through an attribute and an element", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        // oxlint-disable-next-line no-control-regex
        const legal = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
        const root = parseXml(printXml(el("a", { x: text }, el("b", {}, `|${text}|`))));
        expect(root.attribute("x")).toBe(legal);
        expect(root.find("b")?.text).toBe(`|${legal}|`);
      }),
      { numRuns: 500 },
    );
  });

  it("carries what looks like XML, however much of it", () => {
    const text = "\t\r\n&#13;&amp;lt;<![CDATA[x]]>'\"".repeat(2000);
    const root = parseXml(printXml(el("a", { x: text }, el("b", {}, `|${text}|`))));
    expect(root.attribute("x")).toBe(text);
    expect(root.find("b")?.text).toBe(`|${text}|`);
  });

  it("finds by path, in order", () => {
    const root = parseXml("<?xml version='1.0'?><a><b><c i='1'/></b><d/><b><c i='2'/></b></a>");
    expect(root.all("b/c").map((c) => c.attribute("i"))).toEqual(["1", "2"]);
    expect(root.find("x/y")).toBeUndefined();
    expect(root.children.map(({ name }) => name)).toEqual(["b", "d", "b"]);
  });
});
