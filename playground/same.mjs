// What archc says of shipped networks in Pyodide: `node same.mjs SAME.py FAMILY…` prints a line of JSON for each network.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const python = await loadPyodide();
const packages = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
python.unpackArchive(new Uint8Array(await readFile(join(dist, "archc.zip"))), "zip", { extractDir: packages });
python.setStdout({ batched: line => process.stdout.write(`${line}\n`) });
python.runPython(`import sys; sys.argv = ["same.py", *${JSON.stringify(process.argv.slice(3))}]`);
python.runPython(await readFile(process.argv[2], "utf8"));
