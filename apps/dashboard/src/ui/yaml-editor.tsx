import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { yaml } from "@codemirror/lang-yaml";
import { tags } from "@lezer/highlight";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef } from "react";

export interface YamlEditorProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  invalid?: boolean;
  /** The id of what says what is wrong with it. */
  describedBy?: string | undefined;
  readOnly?: boolean;
  /** It is as high as its text, within limits, unless this says otherwise: grow fills what there is. */
  className?: string;
}

/* The theme's own colours: both themes, without a second style sheet. */
const look = EditorView.theme({
  "&": { flexGrow: "1", minHeight: "0", fontSize: "12.5px", backgroundColor: "var(--surface)", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono, monospace)", minHeight: "11rem" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--faint)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.keyword, tags.atom], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--faint)" },
]);

/** An editor for YAML. It is large: load it lazily. Escape, then Tab, leaves it. */
export function YamlEditor(props: YamlEditorProps) {
  const { label, value, onChange, invalid = false, describedBy, readOnly = false, className = "max-h-96" } = props;
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);
  useEffect(() => {
    const editor = new EditorView({
      doc: value,
      parent: parent.current ?? document.body,
      extensions: [
        basicSetup,
        yaml(),
        look,
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        EditorView.editable.of(!readOnly),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.updateListener.of((update) => update.docChanged && changed.current(update.state.doc.toString())),
      ],
    });
    view.current = editor;
    return () => editor.destroy();
    // Its text is its own from then on.
  }, [label, readOnly]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const content = view.current?.contentDOM;
    content?.setAttribute("aria-invalid", String(invalid));
    if (describedBy) content?.setAttribute("aria-describedby", describedBy);
  }, [invalid, describedBy, readOnly]);
  return (
    <div
      ref={parent}
      data-keys
      className={`flex min-h-0 flex-col overflow-hidden rounded-md border focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent ${invalid ? "border-bad" : "border-line-strong"} ${className}`}
    />
  );
}
