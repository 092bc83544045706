// The figure in the page: builds the elements of a graph, draws the lines between them, and lets the reader fold,
// search, pan and zoom. The data is the JSON that archc/targets/figure/interactive.py describes. Text goes in as text only.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const [view, sheet, figure, lines, panel] = ["view", "sheet", "figure", "lines", "panel"].map((id) => document.getElementById(id));
  const LEAST = 0.2; // the scale below which nobody could read a figure that is whole on the screen
  const SVG = "http://www.w3.org/2000/svg";

  const element = (tag, kind, text) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // -- parts: each is made with its own state; `links` collects the pairs of elements that a line joins ---------------

  const open = new Set(); // the parts (objects of the data) that are unfolded
  let links = [];
  let elements = new Map(); // part -> the element to show and to mark

  const both = (outer) => [[outer], [outer]]; // an element that is its own beginning and end
  const gives = new Map(); // element -> the nodes that others read of it
  const reads = new Map(); // element -> the nodes that it reads
  const join = (starts, ends) => {
    for (const start of starts) for (const end of ends) links.push([start, end]);
  };
  const isWay = (one) => one.classList.contains("way");

  // Only what reads the other stays joined: a module that is unfolded may be read in several places. A bend of a line
  // passes on what comes to it, from wherever that is, and one that leads nowhere is none.
  const settle = () => {
    const spread = (from, into, pairs) => {
      for (let grown = true; grown; ) {
        grown = false;
        for (const [a, b] of pairs) {
          if (!isWay(b)) continue;
          const nodes = into.get(b) ?? new Set();
          const before = nodes.size;
          for (const node of from.get(a) ?? []) nodes.add(node);
          into.set(b, nodes);
          grown ||= nodes.size > before;
        }
      }
    };
    spread(gives, gives, links);
    spread(reads, reads, links.map(([start, end]) => [end, start]));
    links = links.filter(([start, end]) => {
      const [given, read] = [gives.get(start), reads.get(end)];
      return !given?.size || !read?.size || [...given].some((node) => read.has(node));
    });
    for (let count = -1; count !== links.length; ) {
      count = links.length;
      const used = new Set(links.map(([start]) => start));
      links = links.filter(([, end]) => !isWay(end) || used.has(end));
    }
  };

  const partOf = (part) => {
    if (part.inside && (part.frame !== undefined || open.has(part))) return frameOf(part);
    const cell = element("div", "cell");
    const box = element("div", `box ${part.kind}${part.merge ? " merge" : ""}${part.repeat > 1 ? " repeat" : ""}`);
    box.style.background = `var(--fill-${part.kind})`;
    const name = element("button", "name");
    name.type = "button";
    const notes = part.notes.map((note) => element("small", "", note));
    name.append(...notes.slice(0, part.above), element("b", "", part.title), ...notes.slice(part.above));
    if (part.repeat > 1) name.append(element("span", "times", `×${part.repeat}`));
    if (part.frozen) box.append(frost(part, name));
    name.addEventListener("click", () => choose(part));
    box.append(name);
    if (part.inside) box.append(toggle(part, "+", `Unfold ${part.path || part.title}`));
    cell.append(box);
    if (part.shape) cell.append(element("span", "size", part.shape));
    elements.set(part, box);
    gives.set(cell, new Set(part.gives));
    reads.set(box, new Set(part.reads));
    return [cell, [box], [cell]];
  };

  // A snowflake at the corner; `name` gets its meaning as words.
  const frost = (part, name) => {
    const flake = document.createElementNS(SVG, "svg");
    flake.setAttribute("class", `frost ${part.frozen.replaceAll(" ", "-")}`);
    flake.setAttribute("viewBox", "-8 -8 16 16");
    flake.setAttribute("aria-hidden", "true");
    for (let arm = 0; arm < 6; arm += 1) {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("d", "M0 0V-5.4M-2 -4.6L0 -2.8L2 -4.6");
      line.setAttribute("transform", `rotate(${arm * 60})`);
      flake.append(line);
    }
    name.append(element("span", "hidden", part.frozen));
    return flake;
  };

  const toggle = (part, sign, said) => {
    const button = element("button", "toggle", sign);
    button.type = "button";
    button.setAttribute("aria-label", said);
    button.setAttribute("aria-expanded", String(sign !== "+"));
    button.addEventListener("click", () => {
      if (!open.delete(part)) open.add(part);
      keeping(button, () => elements.get(part));
    });
    return button;
  };

  const frameOf = (part) => {
    const frame = element("div", "frame");
    const label = element("div", "label");
    const words = [part.frame ?? part.title, part.repeat > 1 ? `×${part.repeat}` : "", part.frame === undefined ? part.path : "", part.uses];
    label.append(element("span", "", words.filter(Boolean).join(" · ")));
    // at the left, where no line comes in: the lines past the inside of a frame are at its right
    if (part.frame === undefined) label.prepend(toggle(part, "−", `Fold ${part.path || part.title}`));
    if (part.frozen) label.append(frost(part, label));
    const [inside, heads, tails] = graphOf(part.inside);
    frame.append(label, inside);
    elements.set(part, frame);
    return [frame, heads, tails];
  };

  const graphOf = (graph) => {
    const outer = element("div", "graph");
    const [heads, tails] = chainOf(graph, graph.main, outer);
    return [outer, heads, tails];
  };

  // A chain of elements inside `outer`; what its first ones read and its last ones give is joined by the caller.
  const chainOf = (graph, chain, outer) => {
    let heads = null;
    let tails = [];
    for (const item of chain) {
      const [made, starts, ends] = itemOf(graph, item);
      outer.append(made);
      if (heads === null) heads = starts;
      else join(tails, starts);
      tails = ends;
    }
    return [heads ?? [], tails];
  };

  const itemOf = (graph, item) => {
    if (item.fork) return forkOf(graph, item);
    if (item.rows) return tangleOf(graph, item);
    const [made, starts, ends] = partOf(graph.parts[item.part]);
    const sides = graph.sides[item.part];
    if (!sides) return [made, starts, ends];
    const row = element("div", "beside");
    row.append(made);
    for (const side of sides) {
      const branch = element("div", "branch");
      const [first] = chainOf(graph, side, branch);
      join(ends, first);
      row.append(branch);
    }
    return [row, starts, ends];
  };

  const forkOf = (graph, item) => {
    const outer = element("div", "fork");
    const starts = [];
    const ends = [];
    for (const chain of item.fork) {
      const branch = element("div", "branch");
      const [first, last] = chainOf(graph, chain, branch);
      const way = element("div", "way"); // so that a short branch's line goes straight down
      branch.append(way);
      join(last, [way]);
      outer.append(branch);
      starts.push(...first);
      ends.push(way);
    }
    if (item.direct) {
      const way = element("div", "way");
      outer.append(way);
      starts.push(way);
      ends.push(way);
    }
    return [outer, starts, ends];
  };

  const tangleOf = (graph, item) => {
    const outer = element("div", "tangle");
    const cells = new Map(); // id -> [beginnings, ends]
    for (const row of item.rows) {
      const line = element("div", "row");
      for (const [id, part] of row) {
        if (part === null) {
          const way = element("div", "way");
          way.style.flex = "none";
          line.append(way);
          cells.set(id, both(way));
        } else {
          const [made, starts, ends] = partOf(graph.parts[part]);
          line.append(made);
          cells.set(id, [starts, ends]);
        }
      }
      outer.append(line);
    }
    const starts = [];
    const ends = [];
    for (const [from, to] of item.edges) {
      if (from === -1 && to !== -2) starts.push(...cells.get(to)[0]);
      else if (to === -2 && from !== -1) ends.push(...cells.get(from)[1]);
      else if (from >= 0 || from < -2) join(cells.get(from)[1], cells.get(to)[0]);
    }
    return [outer, starts, ends];
  };

  // -- lines ------------------------------------------------------------------------------------------------------------

  const drawLines = () => {
    const origin = sheet.getBoundingClientRect();
    const place = (one) => {
      const r = one.getBoundingClientRect();
      return { x: (r.left + r.width / 2 - origin.left) / scale, top: (r.top - origin.top) / scale, bottom: (r.bottom - origin.top) / scale };
    };
    // where the outermost frame begins that a line comes into
    const above = (from, to) => {
      let top = Infinity;
      for (let frame = to.closest(".frame"); frame && !frame.contains(from); frame = frame.parentElement.closest(".frame"))
        top = place(frame).top;
      return top;
    };
    const shapes = [];
    const path = (d, kind) => {
      const made = document.createElementNS(SVG, "path");
      made.setAttribute("d", d);
      if (kind) made.setAttribute("class", kind);
      shapes.push(made);
    };
    const used = new Set(links.map(([start]) => start));
    for (const way of sheet.querySelectorAll(".way")) {
      if (!used.has(way)) continue;
      const { x, top, bottom } = place(way);
      path(`M${x} ${top}V${bottom}`);
    }
    for (const [from, to] of links) {
      const a = place(from);
      const b = place(to);
      const tip = isWay(to) ? 0 : 5;
      const end = b.top - tip;
      if (Math.abs(a.x - b.x) < 1) path(`M${a.x} ${a.bottom}L${b.x} ${end}`);
      else {
        const bend = Math.max(Math.min(14, (end - a.bottom) / 2), 6);
        const right = b.x > a.x ? 1 : -1;
        // down, across close to the end that lies alone, and down again
        const into = isWay(from) || a.bottom > b.top - 40;
        const y = into ? Math.max(Math.min(end - bend, above(from, to) - bend), a.bottom + 1) : a.bottom + bend;
        const r = Math.min(5, Math.abs(b.x - a.x) / 2, bend, y - a.bottom);
        path(`M${a.x} ${a.bottom}V${y - r}Q${a.x} ${y} ${a.x + right * r} ${y}H${b.x - right * r}Q${b.x} ${y} ${b.x} ${y + r}V${end}`);
      }
      if (tip) path(`M${b.x} ${b.top}l-3 -6h6z`, "tip");
    }
    lines.replaceChildren(...shapes);
  };

  // What hangs from a part begins below it, so that its line comes from what the part gives, not from what it reads.
  const hang = () => {
    for (const row of [...sheet.querySelectorAll(".beside")].reverse())
      for (const branch of [...row.children].slice(1)) branch.style.marginTop = `${row.firstElementChild.offsetHeight + 18}px`;
  };

  const layOut = () => {
    links = [];
    gives.clear();
    reads.clear();
    elements = new Map();
    const [made] = graphOf(data.graph);
    figure.replaceChildren(made);
    settle();
    hang();
    drawLines();
    mark();
  };

  // Lay out anew with the place of `before` staying where it is on the screen, and the focus on what took its place.
  const keeping = (before, after) => {
    const old = before.getBoundingClientRect();
    layOut();
    const now = after();
    const button = now.querySelector(".toggle") ?? now;
    const place = button.getBoundingClientRect();
    move(old.left - place.left, old.top - place.top);
    button.focus({ preventScroll: true });
  };

  // -- pan and zoom -----------------------------------------------------------------------------------------------------

  let scale = 1;
  let at = { x: 0, y: 0 };
  const apply = () => { sheet.style.transform = `translate(${at.x}px, ${at.y}px) scale(${scale})`; };
  const move = (x, y) => { at = { x: at.x + x, y: at.y + y }; apply(); };
  const zoom = (factor, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const next = Math.min(Math.max(scale * factor, 0.05), 6);
    at = { x: x - ((x - at.x) * next) / scale, y: y - ((y - at.y) * next) / scale };
    scale = next;
    apply();
  };
  const fit = (whole) => {
    const width = sheet.offsetWidth;
    const height = sheet.offsetHeight;
    scale = Math.min(view.clientWidth / width, whole ? view.clientHeight / height : Infinity, 1);
    at = { x: (view.clientWidth - width * scale) / 2, y: whole ? Math.max((view.clientHeight - height * scale) / 2, 0) : 0 };
    apply();
  };
  const show = (one) => {
    const r = one.getBoundingClientRect();
    const v = view.getBoundingClientRect();
    move(v.left + v.width / 2 - (r.left + r.width / 2), v.top + v.height / 2 - (r.top + r.height / 2));
  };

  const fingers = new Map();
  let dragged = false;
  view.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged = false;
  });
  window.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    if (other) {
      const v = view.getBoundingClientRect();
      const distance = (p) => Math.hypot(p.x - other.x, p.y - other.y);
      zoom(distance(now) / Math.max(distance(last), 1), (now.x + other.x) / 2 - v.left, (now.y + other.y) / 2 - v.top);
    } else if (dragged || Math.hypot(now.x - last.x, now.y - last.y) > 4) {
      dragged = true;
      view.classList.add("dragging");
      move(now.x - last.x, now.y - last.y);
    } else return; // a click may tremble
    fingers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"])
    window.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      view.classList.remove("dragging");
    });
  view.addEventListener("click", (event) => { if (dragged) { event.stopPropagation(); event.preventDefault(); dragged = false; } }, true);
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    const v = view.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 200), event.clientX - v.left, event.clientY - v.top);
    else move(-event.deltaX, -event.deltaY);
  }, { passive: false });
  view.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60], PageUp: [0, 400], PageDown: [0, -400] }[event.key];
    if (step) move(...step);
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fit(true);
    else return;
    event.preventDefault();
  });
  view.addEventListener("focusin", (event) => { // the tabulator may lead out of sight
    const r = event.target.getBoundingClientRect();
    const v = view.getBoundingClientRect();
    view.scrollTo(0, 0);
    if (event.target !== view && (r.bottom < v.top || r.top > v.bottom || r.right < v.left || r.left > v.right)) show(event.target);
  });

  // -- details ----------------------------------------------------------------------------------------------------------

  let chosen = null;
  const choose = (part) => {
    chosen = part;
    mark();
    const head = element("h2", "", part === null ? data.name : part.path || part.title);
    const about = part === null ? "Choose a box to see what is known of it." : [part.title, ...part.notes, part.frozen].filter(Boolean).join(" · ");
    panel.replaceChildren(head, element("p", "", part?.repeat > 1 ? `${about} · the first of ${part.repeat} alike` : about));
    const modules = part === null ? [""] : new Set([part.path, part.of]);
    const layers = part === null ? [] : part.nodes.slice(0, part.nodes.length / part.repeat);
    const notes = [...[...modules].map((path) => data.modules[path]), ...layers.map((n) => data.layers[n])];
    const told = new Set(); // several layers may share a line
    for (const note of notes) if (note) panel.append(...noteOf(note, told));
    panel.scrollTop = 0;
  };
  const noteOf = (note, told) => {
    const list = element("dl");
    for (const [name, text] of note.facts) list.append(element("dt", "", name), element("dd", "", text));
    const made = [list];
    for (const [heading, text] of note.code.map((pair) => pair.map((n) => data.texts[n]))) {
      if (told.has(heading + text)) continue;
      told.add(heading + text);
      const code = element("pre", "", text);
      code.tabIndex = 0;
      made.push(element("h3", "", heading), code);
    }
    return made;
  };

  // -- search -----------------------------------------------------------------------------------------------------------

  const all = []; // every part with those around it
  const collect = (graph, around) => {
    for (const part of graph.parts) {
      all.push([part, around]);
      if (part.inside) collect(part.inside, [...around, part]);
    }
  };
  collect(data.graph, []);
  const query = document.getElementById("query");
  const found = document.getElementById("found");
  let hits = [];
  let current = -1;
  const words = (part) => [part.path, part.frame, part.title, ...(part.notes ?? []), part.shape, part.frozen].join(" ").toLowerCase();
  const mark = () => {
    for (const one of sheet.querySelectorAll(".hit, .chosen")) one.classList.remove("hit", "chosen");
    for (const [part] of hits) elements.get(part)?.classList.add("hit");
    elements.get(chosen)?.classList.add("chosen");
  };
  const search = () => {
    const asked = query.value.trim().toLowerCase();
    hits = asked ? all.filter(([part]) => words(part).includes(asked)) : [];
    current = -1;
    found.textContent = asked ? `${hits.length} found` : "";
    mark();
  };
  const next = () => {
    if (!hits.length) return;
    current = (current + 1) % hits.length;
    const [part, around] = hits[current];
    const folded = around.filter((one) => one.frame === undefined && !open.has(one));
    folded.forEach((one) => open.add(one));
    if (folded.length) layOut();
    found.textContent = `${current + 1} of ${hits.length}`;
    if (part.frame === undefined) choose(part);
    show(elements.get(part));
  };
  query.addEventListener("input", search);
  document.getElementById("find").addEventListener("submit", (event) => { event.preventDefault(); next(); });

  // -- buttons ----------------------------------------------------------------------------------------------------------

  const on = (id, act) => document.getElementById(id).addEventListener("click", act);
  on("unfold", () => { all.forEach(([part]) => { if (part.inside && part.frame === undefined) open.add(part); }); layOut(); fit(false); });
  on("fold", () => { open.clear(); layOut(); fit(false); });
  on("in", () => zoom(1.25));
  on("out", () => zoom(0.8));
  on("fit", () => fit(true));
  on("svg", () => saving.svg(sheet, scale, data.name));
  on("png", () => saving.png(sheet, scale, data.name));

  layOut();
  fit(true);
  if (scale < LEAST) fit(false);
  drawLines();
  choose(null);
  document.fonts?.ready.then(drawLines);
})();
