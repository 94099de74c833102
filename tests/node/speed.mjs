// How soon the page's module is ready, and how long it takes to judge a sign-in, beside the native verifier.
//
//   node tests/node/speed.mjs

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { gzipSync } from "node:zlib";

const root = new URL("../../", import.meta.url);
const built = (name) => readFileSync(new URL(`wasm/pkg/${name}`, root));

const native = execFileSync(
  "cargo",
  ["run", "--quiet", "--release", "--package", "portcullis-benches", "--no-default-features", "--bin", "check"],
  { cwd: root, encoding: "utf8" },
);
const [nanoseconds, check] = native.trimEnd().split("\t");

const binary = built("portcullis_bg.wasm");
const script = built("portcullis.js").toString("base64");
const began = performance.now();
const { initSync, verify } = await import(`data:text/javascript;base64,${script}`);
initSync({ module: binary });
const ready = performance.now() - began;

// The first ones are run by the engine's quick compiler, until its better one has done its work.
const firstBegan = performance.now();
const verdict = JSON.parse(verify(check, 0));
const first = performance.now() - firstBegan;
if (!verdict.accepted) throw new Error(JSON.stringify(verdict));
let least = Infinity;
for (let times = 0; times < 2000; times += 1) {
  const before = performance.now();
  verify(check, 0);
  least = Math.min(least, performance.now() - before);
}

const microseconds = (milliseconds) => `${(milliseconds * 1e3).toFixed(0)} us`;
const nativeTime = Number(nanoseconds) / 1e6;
console.log(`module: ${binary.length} bytes, ${gzipSync(binary, { level: 9 }).length} with gzip`);
console.log(`ready: ${ready.toFixed(1)} ms`);
console.log(`first sign-in judged: ${microseconds(first)}`);
console.log(`a sign-in judged: ${microseconds(least)}, natively ${microseconds(nativeTime)}: ${(least / nativeTime).toFixed(2)} times`);
