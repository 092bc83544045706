// The figure: moved by dragging, sized by the wheel or two fingers, a click on a box selects its term.
type Look = { x: number; y: number; scale: number };

export class FigureView {
  onSelect: (path: string) => void = () => {};
  private look: Look | null = null;
  private member = "";
  private moved = 0;
  private readonly fingers = new Map<number, PointerEvent>();

  constructor(private readonly room: HTMLElement, private readonly paper: HTMLElement) {
    room.addEventListener("wheel", event => {
      event.preventDefault();
      const box = room.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    room.addEventListener("pointerdown", event => {
      if (!this.fingers.size) this.moved = 0;
      this.fingers.set(event.pointerId, event);
    });
    const up = (event: PointerEvent) => { this.fingers.delete(event.pointerId); };
    for (const name of ["pointerup", "pointercancel", "pointerleave"] as const) room.addEventListener(name, up);
    room.addEventListener("pointermove", event => this.drag(event));
    room.addEventListener("click", event => {
      const box = (event.target as Element).closest("g[id]");
      if (box && this.moved < 6) this.onSelect(box.id);
    });
    room.addEventListener("keydown", event => this.key(event));
    new ResizeObserver(() => { if (this.look && !this.touched) this.fit(); }).observe(room);
  }

  private touched = false;

  show(svg: string, member: string) {
    const figure = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    this.paper.replaceChildren(document.importNode(figure, true));
    const other = member !== this.member;
    this.member = member;
    if (!this.look || other || !this.touched) this.fit(); else this.place();
  }

  clear() { this.paper.replaceChildren(); this.look = null; this.member = ""; }

  mark(paths: string[]) {
    for (const old of this.paper.querySelectorAll(".here")) old.classList.remove("here");
    const box = paths.map(path => this.paper.querySelector(`g[id="${CSS.escape(path)}"]`)).find(one => one);
    box?.classList.add("here");
    if (!box || !this.look || !this.touched) return;
    const there = box.getBoundingClientRect(), room = this.room.getBoundingClientRect();
    if (there.bottom < room.top || there.top > room.bottom) this.look.y += room.top + room.height / 2 - (there.top + there.bottom) / 2;
    if (there.right < room.left || there.left > room.right) this.look.x += room.left + room.width / 2 - (there.left + there.right) / 2;
    this.place();
  }

  /** All of the width, and from the top: a network is longer than a screen. */
  fit() {
    const svg = this.paper.querySelector("svg");
    if (!svg || !this.room.clientWidth) return;
    const [, , width, height] = svg.getAttribute("viewBox")!.split(" ").map(Number);
    const across = (this.room.clientWidth - 16) / width, down = (this.room.clientHeight - 16) / height;
    const scale = Math.min(1.4, across, Math.max(down, .55));
    this.look = { scale, x: (this.room.clientWidth - width * scale) / 2, y: Math.max(8, (this.room.clientHeight - height * scale) / 2) };
    this.touched = false;
    this.place();
  }

  zoom(by: number, x = this.room.clientWidth / 2, y = this.room.clientHeight / 2) {
    if (!this.look) return;
    const scale = Math.min(20, Math.max(.03, this.look.scale * by)), ratio = scale / this.look.scale;
    this.look = { scale, x: x - (x - this.look.x) * ratio, y: y - (y - this.look.y) * ratio };
    this.touched = true;
    this.place();
  }

  private place() {
    if (this.look) this.paper.style.transform = `translate(${this.look.x}px,${this.look.y}px) scale(${this.look.scale})`;
  }

  private drag(event: PointerEvent) {
    const before = this.fingers.get(event.pointerId);
    if (!before || !this.look || !event.buttons) return;
    const others = [...this.fingers.values()].filter(one => one.pointerId !== event.pointerId);
    if (others.length === 1) {
      const far = (one: PointerEvent) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
      const box = this.room.getBoundingClientRect();
      this.zoom(far(event) / Math.max(1, far(before)), (event.clientX + others[0].clientX) / 2 - box.left, (event.clientY + others[0].clientY) / 2 - box.top);
    } else {
      this.look.x += event.clientX - before.clientX;
      this.look.y += event.clientY - before.clientY;
      this.touched = true;
      this.place();
    }
    this.moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    this.fingers.set(event.pointerId, event);
  }

  private key(event: KeyboardEvent) {
    const move = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (move && this.look) {
      this.look.x += move[0]; this.look.y += move[1];
      this.touched = true;
      this.place(); event.preventDefault();
    } else if (event.key === "+") this.zoom(1.25);
    else if (event.key === "-") this.zoom(.8);
    else if (event.key === "0") this.fit();
  }
}
