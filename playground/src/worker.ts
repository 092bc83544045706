// Runs archc in Pyodide. What was asked of a text that has changed meanwhile is dropped; members that nobody looks at
// are checked one by one while nothing is asked; garbage is collected in a pause.
import { loadPyodide } from "pyodide";

type Asked = { id: number; what: string; [name: string]: unknown };
type Answer = { answer?: unknown; refused?: string; fault?: string; dropped?: boolean };

const waiting: Asked[] = [];
const PAUSE = 2000; // milliseconds
let unfinished = false, untidy = false, wake = () => {};
const here = new URL(".", self.location.href).href;

self.onmessage = ({ data }: MessageEvent<Asked>) => { waiting.push(data); wake(); };

/** Lets messages arrive. */
const breathe = () => new Promise<void>(done => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { channel.port1.close(); done(); };
  channel.port2.postMessage(null);
});

/** Waits for a message, or so long. */
const asleep = (wait: number) => new Promise<void>(done => {
  const timer = wait < Infinity ? setTimeout(done, wait) : undefined;
  wake = () => { clearTimeout(timer); done(); };
  if (waiting.length) wake();
});

const send = (id: number, answer: Answer) => self.postMessage({ id, ...answer });

async function started(): Promise<(asked: object) => Answer> {
  const wheel = fetch(`${here}archc.zip`).then(got => got.arrayBuffer());
  const python = await loadPyodide({ indexURL: `${here}pyodide/`, env: { HOME: "/home/pyodide", ARCHC_PLAYGROUND: "1" } });
  const packages = python.runPython("import sysconfig; sysconfig.get_path('purelib')") as string;
  python.runPython("import gc; gc.disable()"); // `tidy` collects garbage while nobody waits
  python.unpackArchive(await wheel, "zip", { extractDir: packages });
  const ask = python.runPython("from archc.editor.desk import Desk; Desk().ask") as (asked: string) => string;
  return asked => {
    try {
      return JSON.parse(ask(JSON.stringify(asked)));
    } catch (error) {
      return { fault: error instanceof Error ? error.message : String(error) };
    }
  };
}

const OF_NO_TEXT = new Set(["families", "spec", "page"]);
/** Whether what was asked speaks of a text that another has replaced. */
const isStale = (asked: Asked) => !OF_NO_TEXT.has(asked.what) && waiting.some(later => later.what === "put");

async function main() {
  const ask = await started();
  self.postMessage({ ready: true });
  for (;;) {
    await breathe();
    const asked = waiting.shift();
    if (asked) {
      const { id, ...rest } = asked;
      if (isStale(asked)) { send(id, { dropped: true }); continue; }
      const answer = ask(rest);
      if (asked.what === "put") unfinished = !answer.fault;
      untidy = true;
      send(id, answer);
    } else if (unfinished) {
      const more = ask({ what: "step" });
      unfinished = more.answer === true;
      if (!unfinished) self.postMessage({ settled: ask({ what: "state" }).answer });
    } else {
      await asleep(untidy ? PAUSE : Infinity);
      if (untidy && !waiting.length) { ask({ what: "tidy" }); untidy = false; }
    }
  }
}

main().catch(error => self.postMessage({ failed: String(error) }));
