import { StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { python } from "@codemirror/legacy-modes/mode/python";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { colours } from "./arch";
import { Desk, Refused, type Fix, type Problem, type Seen, type State } from "./desk";
import { FigureView } from "./figure";
import { markdown } from "./markdown";
import { Quiz } from "./quiz";
import { packed, unpacked } from "./share";
import { Text } from "./text";

const LINE = `# A lecture's line is a network as it stands.
model lenet {
  input 1x32x32
  Conv-Pool-Conv- Pool-Conv-FC-FC(SM)
}
`;
const at = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const desk = new Desk(), text = new Text(at("text"), desk), figure = new FigureView(at("figure"), at("paper"));
const quiz = new Quiz(at("quiz-pane"), desk, () => text.cursor);
const start = at<HTMLSelectElement>("start"), member = at<HTMLSelectElement>("member"), level = at<HTMLSelectElement>("level");
const input = at<HTMLInputElement>("input");
const narrow = matchMedia("(max-width: 760px)");
const code = new EditorView({ parent: at("code") });
type Lesson = { name: string; text: string };
let lessons: Lesson[] = [], lesson = -1, file = "net.arch", fragment = "", shown: "figure" | "counts" | "code" | "quiz" = "figure";
let places: Seen["places"] = {}, source = "", svg = "", known: State | null = null;

// -- what is said -----------------------------------------------------------------------------------------------------

function say(words: string, failed = false) {
  at("status").textContent = words;
  at("status").classList.toggle("failed", failed);
}

function later(wait: number, work: () => Promise<void>): () => void {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(() => void work().catch(told), wait); };
}

/** What a text that has changed meanwhile was asked for, nobody waits for. */
function told(error: unknown) { if (!(error instanceof Refused)) say(String(error), true); }

// -- the text and what follows from it --------------------------------------------------------------------------------

/** What an answer took last, in milliseconds. One that takes long waits until nothing has been typed for as long. */
const spent = { check: 0, look: 0 }, PAUSE = 150;
let typed = 0, version = 0;

async function inPause(what: keyof typeof spent, work: () => Promise<void>) {
  const mine = version, idle = () => performance.now() - typed;
  while (idle() < spent[what]) await new Promise(done => setTimeout(done, spent[what] - idle()));
  if (mine !== version) throw new Refused("the text has changed");
  const began = performance.now();
  await work();
  spent[what] = Math.min(performance.now() - began, PAUSE);
}

async function changed() {
  const { dataset } = document.body, began = performance.now(), since = () => String(Math.round(performance.now() - began));
  delete dataset.told; delete dataset.answered; delete dataset.settled;
  version += 1;
  const state = await desk.ask<State>("put", { name: file, words: text.words, cursor: text.cursor, input: shape() });
  tell(state);
  dataset.told = since();
  if (state.waits) await inPause("check", async () => tell(await desk.ask<State>("check")));
  await inPause("look", look);
  dataset.answered = since();
}

function tell(state: State) {
  known = state;
  at("chain").hidden = !state.members.some(one => !one.name);
  text.tell(state);
  const names = state.members.map(one => one.name || "the chain");
  if (names.join() !== Array.from(member.options, one => one.value).join()) member.replaceChildren(...names.map(name => new Option(name)));
  searchFixes();
}

/** The input of a bare line, as it is written for people. */
const shape = () => input.value.trim().toLowerCase().replace(/\s*[x×*,]\s*/g, "x");

const searchFixes = later(350, async () => {
  text.mend(await desk.ask<Fix[]>("fixes", { search: false }));
  if (known?.problems.some(one => one.severity === "error")) text.mend(await desk.ask<Fix[]>("fixes", { search: true }));
});

async function look() {
  const seen = await desk.ask<Seen>("look", { at: text.cursor, tab: shown, level: level.value });
  at("name").textContent = seen.member;
  at("counts").textContent = seen.counts || "there is no network without errors here yet";
  if (member.value !== seen.member && known?.members.some(one => one.name === seen.member)) member.value = seen.member;
  const nothing = shown === "figure" ? !seen.svg : shown === "counts" ? !seen.table : shown === "code" ? !seen.code : seen.partial;
  for (const pane of document.querySelectorAll("[role=tabpanel]")) pane.classList.toggle("stale", nothing);
  if (seen.svg && seen.svg !== svg) { svg = seen.svg; figure.show(svg, seen.member + level.value); }
  if (seen.svg) { places = seen.places; figure.mark(seen.at ?? []); }
  if (seen.table) {
    const table = new DOMParser().parseFromString(seen.table, "text/html").body;
    at("counts-pane").replaceChildren(...table.childNodes);
  }
  if (seen.code && seen.code !== source) {
    source = seen.code;
    code.setState(EditorState.create({ doc: source, extensions: [
      lineNumbers(), StreamLanguage.define(python), syntaxHighlighting(colours), EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ "aria-label": "PyTorch code" }),
    ] }));
  }
  if (shown === "quiz") {
    if (seen.partial) quiz.clear("A quiz is made of a network without errors.");
    else await quiz.show(seen.member, seen.counts);
  }
}

/** The address says what is seen, so that it can be kept and given away. */
function place(now: string) {
  fragment = now;
  history.replaceState(null, "", now ? `#${now}` : location.pathname + location.search);
}

/** The text for an address. */
const asLink = async () => `text=${await packed(text.words)}${shape() && `&input=${shape()}`}`;

const write = later(600, async () => place(await asLink()));
const change = later(30, changed), moved = later(90, look);
text.onChange = byHand => { if (byHand) { typed = performance.now(); write(); } change(); };
text.onMove = () => moved();
desk.onSettled = state => { tell(state); document.body.dataset.settled = ""; };
desk.onFault = words => say(`a fault of archc: ${words.trim().split("\n").pop()}`, true);
figure.onSelect = path => {
  for (let name = path; name; name = name.split(".").slice(0, -1).join(".")) {
    if (!places?.[name]) continue;
    text.select(places[name], !narrow.matches);
    if (narrow.matches) show("text");
    return;
  }
};

const ORDER = ["error", "warning", "note"];
text.onProblems = problems => at("problems").replaceChildren(
  ...problems.toSorted((one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity)).map(problemLine),
);

function problemLine(problem: Problem): HTMLElement {
  const line = document.createElement("div"), words = document.createElement("span"), page = document.createElement("button");
  line.className = `problem ${problem.severity}`;
  const { number } = text.view.state.doc.lineAt(Math.min(problem.from, text.view.state.doc.length));
  const said = problem.severity === "note" ? problem.message.split("\n")[0] : problem.message;
  words.textContent = `${number}: ${said.replaceAll("`", "")}`;
  for (const one of problem.related) {
    const more = document.createElement("small");
    more.className = "more";
    more.textContent = `\n${text.view.state.doc.lineAt(Math.min(one.from, text.view.state.doc.length)).number}: ${one.text}`;
    words.append(more);
  }
  page.className = "code";
  page.textContent = problem.code;
  page.title = "what this means";
  page.onclick = event => { event.stopPropagation(); void explain(problem.code); };
  line.append(page, words, ...text.fixesOf(problem).map(fix => {
    const made = document.createElement("button");
    made.className = "fix";
    made.textContent = fix.title.replaceAll("`", "");
    made.onclick = event => { event.stopPropagation(); text.apply(fix.edits); };
    return made;
  }));
  line.onclick = () => text.select(problem, !narrow.matches);
  return line;
}

async function explain(name: string) {
  const page = at<HTMLDialogElement>("page");
  page.querySelector("div")!.replaceChildren(markdown(await desk.ask<string>("page", { code: name })));
  page.showModal();
}

// -- what is opened ---------------------------------------------------------------------------------------------------

function open(name: string, words: string, cursor = 0) {
  file = name;
  svg = source = "";
  at("lesson").hidden = lesson < 0;
  at("lecture").setAttribute("aria-pressed", String(lesson >= 0));
  text.open(words, cursor);
}

async function openShipped(name: string) {
  lesson = -1;
  const words = await desk.ask<string>("spec", { name });
  start.value = name;
  place(`spec=${name}`);
  open(`${name}.arch`, words, Math.max(0, words.search(/^model /m)));
}

function openLesson(number: number) {
  lesson = Math.max(0, Math.min(lessons.length - 1, number));
  const one = lessons[lesson], title = /"""([^\n]*)/.exec(one.text)?.[1].replace(/"""$/, "") ?? one.name;
  at("lesson-title").textContent = title.split(":")[0].replace(/\.$/, "");
  at("lesson-number").textContent = `${lesson + 1} of ${lessons.length}`;
  at<HTMLButtonElement>("previous").disabled = lesson === 0;
  at<HTMLButtonElement>("next").disabled = lesson === lessons.length - 1;
  start.value = "";
  place(`lesson=${lesson + 1}`);
  open("lesson.arch", one.text, Math.max(0, one.text.search(/^model /m)));
  if (narrow.matches) show("text");
  text.top(); // what the lesson says stands above its network
}

function openLine() {
  lesson = -1;
  start.value = "";
  place("");
  open("net.arch", LINE, LINE.indexOf("Conv"));
}

async function openFragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (location.hash.slice(1) === fragment && fragment) return;
  fragment = location.hash.slice(1);
  const spec = given.get("spec"), number = given.get("lesson"), words = given.get("text");
  if (words !== null) {
    lesson = -1;
    input.value = given.get("input") ?? "";
    await unpacked(words).then(found => open("text.arch", found), () => say("the link is damaged: its text cannot be read", true));
  } else if (spec !== null) await desk.ready.then(() => openShipped(spec));
  else if (number !== null) openLesson(Number(number) - 1);
  else openLine();
}

// -- buttons ----------------------------------------------------------------------------------------------------------

function show(tab: string) {
  document.body.dataset.tab = tab;
  if (tab !== "text") document.body.dataset.shown = shown = tab as typeof shown;
  for (const one of document.querySelectorAll<HTMLElement>("[role=tab]")) {
    const selected = one.dataset.tab === (narrow.matches ? tab : shown);
    one.setAttribute("aria-selected", String(selected));
    one.tabIndex = selected ? 0 : -1;
  }
  if (tab !== "text") void look().catch(told);
}

async function copied(button: HTMLElement, words: string) {
  const before = button.textContent;
  await navigator.clipboard.writeText(words).then(() => { button.textContent = "Copied"; }, () => { button.textContent = "Not allowed here"; });
  setTimeout(() => { button.textContent = before; }, 1200);
}

function save(name: string, kind: string, words: string) {
  const link = document.createElement("a"), address = URL.createObjectURL(new Blob([words], { type: kind }));
  link.href = address; link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

for (const tab of document.querySelectorAll<HTMLElement>("[role=tab]")) tab.onclick = () => show(tab.dataset.tab!);
document.querySelector("nav")!.addEventListener("keydown", event => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const tabs = Array.from(document.querySelectorAll<HTMLElement>("[role=tab]")).filter(one => one.offsetParent);
  const next = tabs[(tabs.indexOf(document.activeElement as HTMLElement) + by + tabs.length) % tabs.length];
  next.focus(); next.click();
});
narrow.onchange = () => show(document.body.dataset.tab!);
start.onchange = () => { if (start.value) void openShipped(start.value).catch(told); else openLine(); };
member.onchange = () => { const one = known?.members[member.selectedIndex]; if (one) text.select({ from: one.at, to: one.at }, false); };
input.onchange = () => { change(); write(); };
level.onchange = () => void look().catch(told);
at("larger").onclick = () => figure.zoom(1.25);
at("smaller").onclick = () => figure.zoom(.8);
at("fit").onclick = () => figure.fit();
at("copy").onclick = () => void copied(at("copy"), source);
at("save").onclick = () => save(`${at("name").textContent}.svg`, "image/svg+xml", svg);
at("save-code").onclick = () => save(`${at("name").textContent}.py`, "text/x-python", source);
at("link").onclick = async () => {
  const link = new URL(location.href);
  link.hash = await asLink();
  await copied(at("link"), link.href);
};
at("format").onclick = () => void desk.ask<Fix["edits"]>("format").then(edits => {
  text.apply(edits);
  if (!narrow.matches) text.view.focus();
}).catch(told);
at("lecture").onclick = () => { if (lesson >= 0) openLine(); else openLesson(0); };
at("previous").onclick = () => openLesson(lesson - 1);
at("next").onclick = () => openLesson(lesson + 1);
at("published").onclick = () => void openShipped(lessons[lesson].name.replace(/^\d+-|\.arch$/g, "")).catch(told);
addEventListener("hashchange", () => void openFragment());

show("figure");
if (narrow.matches) show("text");
say("starting Python …");
const began = performance.now();
desk.ready.then(() => {
  say("");
  document.body.dataset.ready = String(Math.round(performance.now() - began));
}, error => say(`the playground could not start: ${error.message}`, true));
void desk.ask<{ name: string; title: string }[]>("families").then(found => {
  start.replaceChildren(new Option("the lecture's line", ""), ...found.map(one => new Option(one.name)));
  for (const [n, one] of found.entries()) start.options[n + 1].title = one.title;
}, told);
lessons = await (await fetch("lessons.json")).json();
await openFragment();
