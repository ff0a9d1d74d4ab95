import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the page's own colours, which follow the reader's setting. */
export const theme = [
  EditorView.theme({
    "&": { color: "var(--text)", backgroundColor: "var(--panel)", border: "1px solid var(--edge)", borderRadius: "6px", fontSize: "14px" },
    "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "ui-monospace, monospace", maxHeight: "60vh", minHeight: "16rem" },
    ".cm-content": { caretColor: "var(--text)" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--active)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--select)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--back)",
      color: "var(--text)",
      border: "1px solid var(--edge)",
      borderRadius: "6px",
      maxWidth: "30rem",
    },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--onaccent)" },
    ".cm-completionDetail": { fontStyle: "normal" },
    ".cm-completionInfo": { padding: ".4rem .6rem" },
    ".meaning": { padding: ".4rem .6rem" },
    ".meaning p": { margin: ".2rem 0 0" },
    ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
    ".cm-diagnostic": { padding: ".3rem .6rem", whiteSpace: "pre-wrap" },
    ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
      { tag: [tags.string, tags.content], color: "var(--text)" },
      { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--mixed)" },
      { tag: [tags.comment, tags.lineComment], color: "var(--soft)", fontStyle: "italic" },
      { tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace], color: "var(--soft)" },
      { tag: tags.invalid, color: "var(--bad)" },
    ]),
  ),
];
