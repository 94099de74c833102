// Makes the npm package of the built modules: a folder, and the tarball that `npm publish` would send.
//
//   node wasm/npm/pack.mjs target/npm

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = process.argv[2] ?? join(root, "target/npm");
const folder = join(out, "portcullis-verifier");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const copy = (from, names) => {
  for (const name of names) copyFileSync(join(root, from, name), join(folder, name));
};
copy("wasm/npm", ["index.js", "index.d.ts", "README.md"]);
copy("wasm/pkg", ["portcullis_diagnose", "portcullis_inspect"].flatMap((name) => [
  `${name}.js`,
  `${name}.d.ts`,
  `${name}_bg.wasm`,
  `${name}_bg.wasm.d.ts`,
]));
copy(".", ["LICENSE-MIT", "LICENSE-APACHE"]);

// The version is the workspace's.
const [, version] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.+)"$/m);
const manifest = JSON.parse(readFileSync(join(root, "wasm/npm/package.json"), "utf8"));
writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);

const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", out, folder], { encoding: "utf8" });
process.stdout.write(`${join(out, packed.trim())}\n`);
