// The verifier's WebAssembly modules under one roof: each is loaded when it is first needed.

/** @param {URL} url */
const source = async (url) => {
  if (url.protocol !== "file:") return url;
  // Node.js reads files, and its fetch does not.
  const { readFile } = await import("node:fs/promises");
  return readFile(url);
};

/** @type {Promise<any> | undefined} */
let verifier;
/** @type {Promise<any> | undefined} */
let inspector;

/**
 * @param {Promise<any>} imported
 * @param {string} file
 */
const load = async (imported, file) => {
  const module = await imported;
  await module.default({ module_or_path: await source(new URL(file, import.meta.url)) });
  return module;
};

const loadVerifier = () =>
  (verifier ??= load(import("./portcullis_diagnose.js"), "./portcullis_diagnose_bg.wasm"));
const loadInspector = () =>
  (inspector ??= load(import("./portcullis_inspect.js"), "./portcullis_inspect_bg.wasm"));

export async function verify(check, { now = Date.now() / 1000 } = {}) {
  const text = typeof check === "string" ? check : JSON.stringify(check);
  const module = await loadVerifier();
  return JSON.parse(module.verify(text, now));
}

export async function diagnose(check, options) {
  return (await verify(check, options)).diagnosis ?? [];
}

export async function inspect(artefact) {
  const module = await loadInspector();
  return JSON.parse(module.inspect(typeof artefact === "string" ? artefact : hexadecimal(artefact)));
}

/** @param {ArrayBuffer | ArrayBufferView} bytes */
const hexadecimal = (bytes) => {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return Array.from(view, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
