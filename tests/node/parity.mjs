// Judges checks with the WebAssembly module: a check a line on standard input, a verdict a line on
// standard output, as `portcullis verify --ndjson` does. With the word `inspect` it explains artefacts
// instead: a JSON string a line that holds one, and a dump a line.
//
//   node tests/node/parity.mjs < checks.ndjson
//   node tests/node/parity.mjs inspect < strings.ndjson

import { readFileSync } from "node:fs";

const built = (name) => readFileSync(new URL(`../../wasm/pkg/${name}`, import.meta.url));

// As a data URL the module is an ES module for every Node.js, without a package.json beside it.
const module = `data:text/javascript;base64,${built("portcullis.js").toString("base64")}`;
const { initSync, inspect, verify } = await import(module);
initSync({ module: built("portcullis_bg.wasm") });

// Not node:readline, which also ends a line at U+2028, and that may stand inside a JSON string.
const lines = readFileSync(0, "utf8").split("\n");
if (lines.at(-1) === "") lines.pop();
const answer =
  process.argv[2] === "inspect"
    ? (line) => inspect(JSON.parse(line))
    : (line) => verify(line, Date.now() / 1000);
for (const line of lines) process.stdout.write(`${answer(line)}\n`);
