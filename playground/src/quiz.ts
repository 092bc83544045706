// Shapes and parameters of the network at the cursor, to be worked out by hand.
import type { Desk, Mark, Question } from "./desk";

const cell = (...children: (Node | string)[]) => { const made = document.createElement("td"); made.append(...children); return made; };
const field = (name: string) => {
  const made = document.createElement("input");
  made.setAttribute("aria-label", name);
  made.autocomplete = "off";
  return made;
};

export class Quiz {
  private asked = "";

  constructor(private readonly room: HTMLElement, private readonly desk: Desk, private readonly cursor: () => number) {}

  /** Ask about the network at the cursor; answers stay as long as the questions do. */
  async show(member: string, input: string) {
    const found = await this.desk.ask<Question[]>("questions", { at: this.cursor() });
    const now = JSON.stringify([member, input, found]);
    if (now === this.asked) return;
    this.asked = now;
    const table = document.createElement("table"), head = table.createTHead().insertRow();
    for (const name of ["", "layer", "reads", "output", "parameters"]) {
      const made = document.createElement("th");
      made.textContent = name;
      head.append(made);
    }
    const body = table.createTBody();
    for (const question of found) body.append(this.row(question));
    const told = document.createElement("p");
    told.textContent = `${member}: what shape comes out of each layer, and how many parameters has it? `
      + "Layers that keep the shape and have no weights are left out. Enter checks a line, ? shows its answers.";
    this.room.replaceChildren(told, table);
  }

  clear(why: string) { this.asked = ""; this.room.textContent = why; }

  private row(question: Question): HTMLTableRowElement {
    const row = document.createElement("tr"), reads = question.reads.join(", ");
    const name = document.createElement("code");
    name.textContent = question.layer;
    const path = document.createElement("small");
    path.textContent = ` ${question.path}`;
    row.append(cell(String(question.number)), cell(name, path), cell(reads));
    if (question.alike) {
      const as = cell(`as ${question.alike}`);
      as.colSpan = 2;
      row.append(as);
      return row;
    }
    const output = field(`output of ${question.number}`), params = field(`parameters of ${question.number}`);
    output.placeholder = "CxHxW";
    const show = document.createElement("button"), how = document.createElement("small");
    show.textContent = "?";
    show.title = "show the answers";
    show.setAttribute("aria-label", `show the answers of ${question.number}`);
    const check = async (reveal: boolean) => {
      const given = { at: this.cursor(), number: question.number, output: output.value, params: params.value };
      const mark = await this.desk.ask<Mark>("mark", given).catch(() => null);
      if (!mark) return;
      if (reveal) { output.value = mark.right.output; params.value = mark.right.params; mark.output = mark.params = true; how.textContent = mark.right.how; }
      for (const [box, right] of [[output, mark.output], [params, mark.params]] as const) {
        box.className = box.value ? (right ? "right" : "wrong") : "";
        box.setAttribute("aria-invalid", String(!!box.value && !right));
      }
      if (mark.output && mark.params) how.textContent = mark.right.how;
    };
    for (const box of [output, params]) {
      box.addEventListener("change", () => void check(false));
      box.addEventListener("keydown", event => { if (event.key === "Enter") void check(false); });
    }
    show.addEventListener("click", () => void check(true));
    row.append(cell(output), cell(params, show, how));
    return row;
  }
}
