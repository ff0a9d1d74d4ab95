import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { type Diagnostic, linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import type { Schema } from "../shared/schema.ts";
import { schemaCompletion, schemaHover } from "./completion.ts";
import { theme } from "./theme.ts";

interface Checked {
  readonly faults: readonly {
    readonly line: number;
    readonly column: number;
    readonly path: string;
    readonly message: string;
    readonly remedy: string;
  }[];
  /** HTML of the portal, with every value escaped. */
  readonly view: string;
  readonly draft: string;
}

/** Nothing is sent while somebody types; this long after the last key. Milliseconds. */
const CHECK_AFTER_MS = 500;

for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-editor]")) void edit(area);

/** Puts the editor over a text area, which keeps the text for the form. */
async function edit(area: HTMLTextAreaElement): Promise<void> {
  const { editor: schemaUrl = "", check } = area.dataset;
  const answer = await fetch(schemaUrl === "" ? "" : schemaUrl);
  const schema = (await answer.json()) as Schema;
  const label = document.querySelector<HTMLLabelElement>(`label[for="${area.id}"]`);
  const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
  const view = new EditorView({
    parent: area.parentElement ?? document.body,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        EditorView.cspNonce.of(nonce),
        theme,
        lineNumbers(),
        foldGutter(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        drawSelection(),
        history(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        yaml(),
        EditorView.lineWrapping,
        EditorState.readOnly.of(area.readOnly),
        EditorView.contentAttributes.of({
          tabindex: "0",
          "aria-label": label?.textContent?.trim() ?? "Document",
          "aria-describedby": "editor-help",
        }),
        autocompletion({ override: [schemaCompletion(schema)] }),
        schemaHover(schema),
        lintGutter(),
        ...(check === undefined || area.readOnly ? [] : [linter((current) => faultsOf(current, check, area), { delay: CHECK_AFTER_MS })]),
        // Tab leaves the editor, as it leaves every other field.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  area.after(view.dom);
  const help = document.createElement("p");
  help.id = "editor-help";
  help.className = "help";
  help.textContent = "Ctrl+Space offers what fits, Ctrl+Shift+M lists the faults, F8 goes to the next one, Tab leaves the editor.";
  view.dom.after(help);
  area.hidden = true;
  label?.addEventListener("click", () => view.focus());
}

/** Asks the portal for the faults of the text, and shows beside the editor what it would make. */
async function faultsOf(view: EditorView, check: string, area: HTMLTextAreaElement): Promise<readonly Diagnostic[]> {
  const { doc } = view.state;
  const csrf = area.form?.querySelector<HTMLInputElement>("input[name=csrf]")?.value ?? "";
  const answer = await fetch(check, {
    method: "POST",
    body: new URLSearchParams({ csrf, text: doc.toString() }),
    headers: { accept: "application/json" },
  });
  if (!answer.ok) {
    say("faults", await problemOf(answer));
    return [];
  }
  const { faults, view: list, draft } = (await answer.json()) as Checked;
  put("faults", list);
  put("draft", draft);
  return faults.map(({ line, column, path, message, remedy }) => {
    const from = offsetOf(doc, line, column);
    return {
      from,
      to: Math.max(endOfWord(doc, from), from),
      severity: "error",
      message: `${path === "" ? "" : `${path}: `}${message}. ${remedy}`,
    };
  });
}

async function problemOf(answer: Response): Promise<string> {
  if (answer.status === 401) return "You are signed out. Copy what you typed, then sign in again.";
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: unknown };
  return `Not checked: ${typeof detail === "string" ? detail : `the portal answered ${answer.status}`}`;
}

function put(id: string, html: string): void {
  const place = document.getElementById(id);
  if (place === null) return;
  const open = place.querySelector("details")?.open ?? false;
  place.innerHTML = html;
  const details = place.querySelector("details");
  if (details !== null) details.open = open;
}

function say(id: string, text: string): void {
  const place = document.getElementById(id);
  if (place !== null) place.textContent = text;
}

function offsetOf(doc: Text, line: number, column: number): number {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(found.from + Math.max(column, 1) - 1, found.to);
}

function endOfWord(doc: Text, from: number): number {
  const line = doc.lineAt(from);
  const word = /^[^\s:,{}[\]]+/.exec(line.text.slice(from - line.from));
  return from + (word?.[0].length ?? Math.min(1, line.to - from));
}
