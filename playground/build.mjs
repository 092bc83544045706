// Builds dist/: `node build.mjs WHEEL`. Nothing in it is loaded from a network.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const here = dirname(fileURLToPath(import.meta.url)), dist = join(here, "dist");
const pyodide = join(here, "node_modules", "pyodide");

/** archc's wheel, compiled by the Python that runs it in the browser, which saves half a second at each start. */
async function compiled(wheel) {
  const python = await loadPyodide();
  python.unpackArchive(new Uint8Array(await readFile(wheel)), "zip", { extractDir: "/wheel" });
  python.runPython(await readFile(join(here, "compiled.py"), "utf8"));
  return python.FS.readFile("/archc.zip");
}

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, "pyodide"), { recursive: true });
for (const name of ["pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]) {
  await cp(join(pyodide, name), join(dist, "pyodide", name));
}
const lock = JSON.parse(await readFile(join(pyodide, "pyodide-lock.json"), "utf8"));
await writeFile(join(dist, "pyodide", "pyodide-lock.json"), JSON.stringify({ ...lock, packages: {} }));
await writeFile(join(dist, "archc.zip"), await compiled(process.argv[2]));
for (const weight of ["Regular", "Bold"]) { // figures are measured with these
  await cp(join(here, "..", "archc", "targets", "figure", "fonts", `Arimo-${weight}.ttf`), join(dist, `Arimo-${weight}.ttf`));
}
const lessons = await readdir(join(here, "lessons"));
await writeFile(join(dist, "lessons.json"), JSON.stringify(await Promise.all(lessons.sort().map(async name => (
  { name, text: await readFile(join(here, "lessons", name), "utf8") }
)))));
for (const name of ["index.html", "style.css"]) await cp(join(here, name), join(dist, name));
await build({
  entryPoints: [join(here, "src", "main.ts"), join(here, "src", "worker.ts")], outdir: dist, bundle: true, minify: true,
  format: "esm", target: "es2022", platform: "browser", legalComments: "eof", external: ["node:*"], logLevel: "warning",
});
