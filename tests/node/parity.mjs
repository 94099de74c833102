// Judges checks with the WebAssembly modules: a check a line on standard input, a verdict a line on
// standard output, at a time in seconds since 1970: with a diagnosis, as `portcullis verify --ndjson` does, or
// without. Or explains artefacts: a JSON string a line that holds one, and a dump a line.
//
//   node tests/node/parity.mjs verify 1780000000 < checks.ndjson
//   node tests/node/parity.mjs diagnose 1780000000 < checks.ndjson
//   node tests/node/parity.mjs inspect < strings.ndjson
//   node tests/node/parity.mjs receipt < checks.ndjson

import { readFileSync } from "node:fs";

const built = (name) => readFileSync(new URL(`../../wasm/pkg/${name}`, import.meta.url));

// As a data URL the module is an ES module for every Node.js, without a package.json beside it.
const load = async (name) => {
  const module = await import(`data:text/javascript;base64,${built(`${name}.js`).toString("base64")}`);
  module.initSync({ module: built(`${name}_bg.wasm`) });
  return module;
};

// Not node:readline, which also ends a line at U+2028, which a JSON string may contain.
const lines = readFileSync(0, "utf8").split("\n");
if (lines.at(-1) === "") lines.pop();
const [word, now] = process.argv.slice(2);
const answers = {
  verify: ["portcullis", ({ verify }, line) => verify(line, Number(now))],
  diagnose: ["portcullis_diagnose", ({ verify }, line) => verify(line, Number(now))],
  inspect: ["portcullis_inspect", ({ inspect }, line) => inspect(JSON.parse(line))],
  receipt: ["portcullis_receipt", ({ verify_receipt }, line) => verify_receipt(line)],
};
const [name, answer] = answers[word];
const module = await load(name);
for (const line of lines) process.stdout.write(`${answer(module, line)}
`);
