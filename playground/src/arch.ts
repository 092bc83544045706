// The language's colours, from the grammar that VS Code reads.
import { HighlightStyle, LanguageSupport, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags as t, type Tag } from "@lezer/highlight";
import grammar from "../../editors/vscode/syntaxes/arch.tmLanguage.json";

type Form = { match?: string; captures?: Record<string, { name: string }>; begin?: string; end?: string; name?: string };
type Word = { from: number; to: number; tag: string };
type State = { open: number; words: Word[]; line: string };

const TAGS: [string, string, Tag][] = [
  ["comment", "comment", t.comment], ["storage.type", "keyword", t.keyword],
  ["keyword.control", "keyword", t.keyword], ["keyword.operator.word", "keyword", t.keyword],
  ["keyword.operator", "operator", t.operator], ["entity.name.type", "typeName", t.typeName],
  ["entity.name.tag", "labelName", t.labelName], ["variable.parameter", "propertyName", t.propertyName],
  ["constant.language", "atom", t.atom], ["constant.numeric", "number", t.number],
  ["support.class", "className", t.className], ["support.function", "macroName", t.macroName],
  ["string", "string", t.string], ["meta.brace", "bracket", t.bracket],
];
const tagOf = (scope: string) => TAGS.find(([start]) => scope.startsWith(start))?.[1] ?? "";
const FORMS = (grammar.patterns as Form[]).map(form => ({
  at: new RegExp(form.match ?? form.begin!, "dy"),
  end: form.end ? new RegExp(form.end, "g") : null,
  tags: form.captures ? Object.values(form.captures).map(one => tagOf(one.name)) : [tagOf(form.name!)],
}));

/** The coloured words of a line, given the text that is open at its start (-1 for none), and what is open at its end. */
function words(line: string, open: number): [Word[], number] {
  const found: Word[] = [];
  let at = 0;
  while (at < line.length || open >= 0) {
    if (open >= 0) {
      const { end, tags } = FORMS[open];
      end!.lastIndex = at;
      const closing = end!.exec(line);
      const to = closing ? closing.index + closing[0].length : line.length;
      if (to > at) found.push({ from: at, to, tag: tags[0] });
      if (!closing) return [found, open];
      at = to; open = -1;
      continue;
    }
    const next = FORMS.findIndex(form => { form.at.lastIndex = at; return form.at.test(line); });
    if (next < 0) {
      at = /\w/.test(line[at]) ? at + /^\w+/.exec(line.slice(at))![0].length : at + 1;
      continue;
    }
    const form = FORMS[next];
    form.at.lastIndex = at;
    const match = form.at.exec(line)!;
    if (form.end) {
      found.push({ from: at, to: at + match[0].length, tag: form.tags[0] });
      open = next;
    } else {
      match.indices!.slice(1).forEach((group, n) => group && found.push({ from: group[0], to: group[1], tag: form.tags[n] }));
    }
    at = Math.max(at + 1, match.index + match[0].length);
  }
  return [found, open];
}

const language = StreamLanguage.define<State>({
  name: "arch",
  startState: () => ({ open: -1, words: [], line: "" }),
  copyState: state => ({ ...state }),
  token(stream, state) {
    if (stream.sol()) {
      state.line = stream.string;
      [state.words, state.open] = words(stream.string, state.open);
    }
    const word = state.words.find(one => one.to > stream.pos);
    if (!word) { stream.skipToEnd(); return null; }
    if (word.from > stream.pos) { stream.pos = word.from; return null; }
    stream.pos = word.to;
    return word.tag || null;
  },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
  tokenTable: Object.fromEntries(TAGS.map(([, name, tag]) => [name, tag])),
});

/** The colours are the style sheet's, so that light and dark are said in one place. */
export const colours = HighlightStyle.define([
  { tag: t.comment, class: "c-comment" }, { tag: t.keyword, class: "c-keyword" }, { tag: t.operator, class: "c-operator" },
  { tag: [t.typeName, t.className, t.definition(t.variableName)], class: "c-class" }, { tag: t.labelName, class: "c-label" },
  { tag: t.propertyName, class: "c-property" }, { tag: [t.number, t.atom, t.bool, t.null], class: "c-number" },
  { tag: t.macroName, class: "c-function" }, { tag: t.string, class: "c-string" },
]);

export const arch = () => new LanguageSupport(language, [syntaxHighlighting(colours)]);
