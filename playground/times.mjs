// How long archc takes in Pyodide, in milliseconds of the processor and of the clock: `node times.mjs`.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
let last = [spent(), performance.now()];
function told(what) {
  const now = [spent(), performance.now()];
  console.log(`${what}: ${Math.round(now[0] - last[0])} ms of the processor, ${Math.round(now[1] - last[1])} by the clock`);
  last = [spent(), performance.now()];
}

function shares(found) {
  found.sort((one, other) => one - other);
  const of = share => Math.round(found[Math.min(found.length - 1, Math.floor(share * found.length))]);
  return `middle ${of(.5)}, 95 of 100 ${of(.95)}, slowest ${of(1)} ms`;
}

const python = await loadPyodide();
told("Python");
python.runPython("import gc; gc.disable()"); // as the worker does
const packages = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
python.unpackArchive(new Uint8Array(await readFile(join(dist, "archc.zip"))), "zip", { extractDir: packages });
told("unpacking archc");
const call = python.runPython("from archc.editor.desk import Desk; Desk().ask");
const ask = (what, given = {}) => JSON.parse(call(JSON.stringify({ what, ...given }))).answer;
told("importing archc");
const line = "model lenet {\n  input 1x32x32\n  Conv-Pool-Conv- Pool-Conv-FC-FC(SM)\n}\n";
ask("put", { name: "net.arch", words: line, cursor: 30 });
ask("look", { at: 30, tab: "figure" });
told("the lecture's line, checked and drawn");

for (const name of ["vgg", "resnet", "mobilenet", "densenet", "efficientnet"]) {
  const words = ask("spec", { name }), found = [], start = words.indexOf("\nmodel "), whole = [], drawn = [];
  ask("put", { name: `${name}.arch`, words, cursor: start });
  ask("look", { at: start, tab: "figure" });
  told(`${name}.arch opened, its first member drawn`);
  while (ask("step"));
  ask("tidy");
  told(`all ${ask("state").members.length} members of ${name}.arch`);
  const step = Math.ceil(words.length / 40);
  for (let at = start; at < words.length; at += step) {
    const typed = `${words.slice(0, at)}x${words.slice(at)}`, began = spent();
    ask("put", { name: `${name}.arch`, words: typed, cursor: at });
    found.push(spent() - began);
    ask("check");
    whole.push(spent() - began);
    ask("look", { at, tab: "figure" });
    drawn.push(spent() - began);
    ask("put", { name: `${name}.arch`, words, cursor: at });
    ask("check");
    ask("tidy");
  }
  last = [spent(), performance.now()];
  console.log(`${name}.arch typed in: ${shares(found)}; with the member at the cursor ${shares(whole)}; with its figure ${shares(drawn)}`);
}
