// The editor: what archc says of the text is shown in it.
import { autocompletion, snippet, type Completion, type CompletionContext } from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { indentUnit } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState, StateEffect, StateField, Transaction, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, WidgetType, hoverTooltip, keymap, type DecorationSet } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { arch } from "./arch";
import type { Desk, Edit, Fix, Place, Problem, State } from "./desk";
import { markdown } from "./markdown";

type Item = Place & { label: string; kind: string; text: string; detail: string; doc: string; snippet: boolean; order: number };

class Aside extends WidgetType {
  constructor(readonly text: string, readonly tip: string, readonly kind: "hint" | "lens") { super(); }
  eq(other: Aside) { return other.text === this.text && other.tip === this.tip && other.kind === this.kind; }
  toDOM() {
    const made = document.createElement(this.kind === "hint" ? "span" : "div");
    made.className = `cm-archc-${this.kind}`;
    made.textContent = this.text;
    made.title = this.tip;
    return made;
  }
}

const showState = StateEffect.define<State>();
const asides = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, change) {
    shown = shown.map(change.changes);
    for (const effect of change.effects) if (effect.is(showState)) shown = decorations(change.state, effect.value);
    return shown;
  },
  provide: field => EditorView.decorations.from(field),
});

function decorations(state: EditorState, { hints, lenses, colours }: State): DecorationSet {
  const end = state.doc.length, made: Range<Decoration>[] = [];
  for (const { at, text, tip } of hints) if (at <= end) {
    made.push(Decoration.widget({ widget: new Aside(text, tip, "hint"), side: 1 }).range(at));
  }
  const over = new Map<number, string[]>();
  for (const { from, text } of lenses) if (from <= end) {
    const line = state.doc.lineAt(from).from;
    over.set(line, [...(over.get(line) ?? []), text]);
  }
  for (const [line, texts] of over) {
    made.push(Decoration.widget({ widget: new Aside(texts.join(" · "), "", "lens"), block: true, side: -1 }).range(line));
  }
  for (const [from, to, kind] of colours) if (from < to && to <= end) made.push(Decoration.mark({ class: `s-${kind}` }).range(from, to));
  return Decoration.set(made, true);
}

export class Text {
  onChange: (typed: boolean) => void = () => {};
  onMove: () => void = () => {};
  onProblems: (problems: Problem[]) => void = () => {};
  readonly view: EditorView;
  private problems: Problem[] = [];
  private fixes: Fix[] = [];

  constructor(parent: HTMLElement, private readonly desk: Desk) {
    this.view = new EditorView({ parent, state: this.state("") });
  }

  get words() { return this.view.state.doc.toString(); }
  get cursor() { return this.view.state.selection.main.head; }

  /** Begin with another text; what was typed before cannot be undone into it. */
  open(words: string, cursor = 0) {
    this.view.setState(this.state(words));
    this.problems = []; this.fixes = [];
    this.select({ from: Math.min(cursor, words.length), to: Math.min(cursor, words.length) }, false);
    this.onChange(false);
  }

  /** Shows the first line, wherever the cursor is. */
  top() { this.view.dispatch({ effects: EditorView.scrollIntoView(0, { y: "start" }) }); }

  select(place: Place, focus = true) {
    const at = { anchor: place.from, head: place.to };
    this.view.dispatch({ selection: at, effects: EditorView.scrollIntoView(place.from, { y: "center" }) });
    if (focus) this.view.focus();
  }

  apply(edits: Edit[]) {
    this.view.dispatch({ changes: edits.map(({ from, to, text }) => ({ from, to, insert: text })), userEvent: "input.fix" });
  }

  /** Show what is known. Quick fixes stay until new ones are known, where their problems do. */
  tell(state: State) {
    this.problems = state.problems;
    this.view.dispatch({ effects: showState.of(state) });
    this.told();
  }

  mend(fixes: Fix[]) { this.fixes = fixes; this.told(); }

  fixesOf(problem: Problem) {
    return this.fixes.filter(one => one.code === problem.code && one.from === problem.from && one.to === problem.to);
  }

  private told() {
    const end = this.view.state.doc.length;
    const shown = this.problems.filter(one => one.to <= end).map((one): Diagnostic => ({
      from: one.from, to: one.to, message: one.message, severity: one.severity === "note" ? "info" : one.severity,
      source: one.code,
      markClass: one.unused ? "cm-archc-unused" : undefined,
      actions: this.fixesOf(one).map(fix => ({ name: fix.title, apply: () => this.apply(fix.edits) })),
    }));
    this.view.dispatch(setDiagnostics(this.view.state, shown));
    this.onProblems(this.problems);
  }

  private state(doc: string): EditorState {
    const changed = EditorView.updateListener.of(update => {
      if (update.docChanged && update.transactions.some(one => one.annotation(Transaction.userEvent) !== undefined)) {
        this.fixes = [];
        this.onChange(true);
      } else if (update.selectionSet) this.onMove();
    });
    const extensions: Extension[] = [
      basicSetup, keymap.of([indentWithTab]), indentUnit.of("  "), EditorState.tabSize.of(2), arch(), asides, lintGutter(), changed, EditorView.lineWrapping,
      autocompletion({ override: [context => this.complete(context)] }),
      hoverTooltip((_, at) => this.hover(at)),
      EditorView.contentAttributes.of({ "aria-label": "spec", spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
      EditorView.domEventHandlers({ mousedown: event => this.follow(event) }),
    ];
    return EditorState.create({ doc, extensions });
  }

  private async complete(context: CompletionContext) {
    const before = context.matchBefore(/[\w.]+$/);
    if (!before && !context.explicit && !/[-(."]\s?$/.test(context.state.sliceDoc(Math.max(0, context.pos - 2), context.pos))) return null;
    const items = await this.desk.ask<Item[]>("complete", { at: context.pos }).catch(() => []);
    if (!items.length) return null;
    const options = items.map((item): Completion => ({
      label: item.label, detail: item.detail, boost: -item.order, type: item.kind.replace(" ", "-"),
      info: item.doc ? () => markdown(item.doc) : undefined,
      apply: item.snippet
        ? (view, completion, _, to) => snippet(item.text.replace(/\$(\d+)/g, "${$1}"))(view, completion, item.from, to)
        : item.text,
    }));
    return { from: items[0].from, options, validFor: /^\w*$/ };
  }

  private async hover(at: number) {
    const said = await this.desk.ask<(Place & { text: string }) | null>("hover", { at }).catch(() => null);
    if (!said) return null;
    return { pos: said.from, end: said.to, create: () => ({ dom: markdown(said.text) }) };
  }

  /** Ctrl and a click lead to the definition. */
  private follow(event: MouseEvent) {
    if (!event.ctrlKey && !event.metaKey) return false;
    const at = this.view.posAtCoords({ x: event.clientX, y: event.clientY });
    if (at === null) return false;
    void this.desk.ask<Place | null>("definition", { at }).then(place => place && this.select(place), () => {});
    event.preventDefault();
    return true;
  }
}
