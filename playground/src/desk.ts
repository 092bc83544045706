// The page's side of the worker.
export type Place = { from: number; to: number };
export type Edit = Place & { text: string };
export type Problem = Place & {
  severity: "error" | "warning" | "note"; code: string; message: string; unused: boolean;
  related: (Place & { text: string })[];
};
export type Fix = Place & { code: string; title: string; sure: boolean; edits: Edit[] };
export type State = {
  problems: Problem[]; members: { name: string; at: number }[];
  hints: { at: number; text: string; tip: string }[]; lenses: (Place & { text: string })[];
  colours: [number, number, string][];
  waits: boolean; // the member at the cursor is still to be checked
};
export type Seen = {
  member: string; counts: string; partial: boolean;
  svg?: string; places?: Record<string, Place>; at?: string[]; table?: string; code?: string;
};
export type Question = { number: number; path: string; layer: string; reads: string[]; alike: number };
export type Mark = { output: boolean; params: boolean; right: { output: string; params: string; how: string } };

/** What was asked cannot be done, or speaks of a text that has changed since. */
export class Refused extends Error {}

type Waiting = { done: (answer: unknown) => void; failed: (error: Error) => void };

export class Desk {
  onSettled: (state: State) => void = () => {};
  onFault: (text: string) => void = () => {};
  readonly ready: Promise<void>;
  private readonly worker = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;

  constructor() {
    this.ready = new Promise((done, failed) => {
      this.worker.onerror = event => failed(new Error(event.message || "the worker could not be started"));
      this.worker.onmessage = ({ data }) => {
        if (data.ready) done();
        else if (data.failed) failed(new Error(data.failed));
        else if (data.settled) this.onSettled(data.settled);
        else this.answered(data);
      };
    });
  }

  ask<T>(what: string, given: object = {}): Promise<T> {
    const id = ++this.count;
    return new Promise<T>((done, failed) => {
      this.waiting.set(id, { done: done as Waiting["done"], failed });
      this.worker.postMessage({ id, what, ...given });
    });
  }

  private answered(data: { id: number; answer?: unknown; refused?: string; fault?: string; dropped?: boolean }) {
    const waiting = this.waiting.get(data.id);
    if (!waiting) return;
    this.waiting.delete(data.id);
    if (data.fault) this.onFault(data.fault);
    if ("answer" in data) waiting.done(data.answer);
    else waiting.failed(new Refused(data.refused ?? data.fault ?? "the text has changed"));
  }
}
