// @ts-check
/**
 * The host's own verifier, compiled to WebAssembly and run in this page; and, in a module of its own, what
 * explains bytes.
 */

/**
 * @typedef {object} Step
 * @property {string} step
 * @property {string} slug
 * @property {string} title
 * @property {"pass" | "fail" | "skip"} outcome
 * @property {string} [detail]
 */

/**
 * @typedef {object} Verdict
 * @property {boolean} accepted
 * @property {string} [code]
 * @property {string} [step]
 * @property {string} [slug]
 * @property {string} [detail]
 * @property {Step[]} [trace] missing where the input is not a check
 * @property {string[]} [notes]
 * @property {object} [credential]
 */

/**
 * A field, a structure, an artefact with its bytes in base64url, or the place where one breaks.
 *
 * @typedef {object} DumpNode
 * @property {string} [name]
 * @property {string} [artefact]
 * @property {string} [broken]
 * @property {number} [at]
 * @property {number} [length]
 * @property {string | number | boolean} [value]
 * @property {string} [bytes]
 * @property {string} [meaning]
 * @property {string} [problem]
 * @property {DumpNode[]} [fields]
 */

/**
 * @typedef {object} Dump
 * @property {{artefact: string, encoding: string, at: number, embedded: boolean, cut: boolean}} guess
 * @property {DumpNode[]} artefacts
 */

/**
 * @typedef {object} Verifier
 * @property {(check: string, now: number) => string} verify
 * @property {() => string} version
 */

/**
 * @typedef {object} Inspector
 * @property {(artefact: string) => string} inspect
 * @property {() => string} version
 */

/** Why the verifier does not run here, as a sentence. */
export class VerifierUnavailable extends Error {}

/**
 * @typedef {object} ReceiptVerdict
 * @property {boolean} accepted
 * @property {string} [code]
 * @property {string} [step]
 * @property {string} [detail]
 * @property {string} [text] what was approved
 * @property {{approver: string, credential: string, time: number}[]} [approvals]
 */

/**
 * @typedef {object} ReceiptVerifier
 * @property {(check: string) => string} verify_receipt
 * @property {() => string} version
 */

/** @type {Map<string, Promise<any>>} */
const loading = new Map();

/** @returns {Promise<Verifier>} */
export const loadVerifier = () => loadOnce("portcullis");

/** @returns {Promise<Inspector>} */
export const loadInspector = () => loadOnce("portcullis_inspect");

/** @returns {Promise<ReceiptVerifier>} */
export const loadReceiptVerifier = () => loadOnce("portcullis_receipt");

/** @param {string} name */
function loadOnce(name) {
  const module = loading.get(name) ?? load(name);
  loading.set(name, module);
  // A failed load, of a lost connection for one, is tried again the next time.
  module.catch(() => loading.delete(name));
  return module;
}

/** @param {string} name */
async function load(name) {
  if (typeof WebAssembly !== "object") {
    throw new VerifierUnavailable(
      "This browser has WebAssembly turned off, so the page cannot check for itself. The server still does.",
    );
  }
  let module;
  try {
    module = await import(new URL(`../wasm/${name}.js`, import.meta.url).href);
    if (module.built !== false) {
      await module.default({ module_or_path: new URL(`../wasm/${name}_bg.wasm`, import.meta.url) });
    }
  } catch (error) {
    throw new VerifierUnavailable(
      `The self-check could not be loaded (${error instanceof Error ? error.message : error}). Reload the page to try again. The server still checks.`,
    );
  }
  if (module.built === false) {
    throw new VerifierUnavailable(
      "This server was built without the self-check: start it with “./portcullis serve” to see each step here. The server still checks.",
    );
  }
  return module;
}

/**
 * @param {string} check
 * @returns {Promise<Verdict>}
 */
export async function verify(check) {
  const verifier = await loadVerifier();
  return JSON.parse(verifier.verify(check, Date.now() / 1000));
}

/**
 * @param {string} artefact
 * @returns {Promise<Dump>}
 */
export async function inspect(artefact) {
  const inspector = await loadInspector();
  return JSON.parse(inspector.inspect(artefact));
}

/**
 * Verifies the receipt of an approved document.
 *
 * @param {{receipt: string, document: string, trust: object}} check the document by its SHA-256, in base64url
 * @returns {Promise<ReceiptVerdict>}
 */
export async function verifyReceipt(check) {
  const verifier = await loadReceiptVerifier();
  return JSON.parse(verifier.verify_receipt(JSON.stringify(check)));
}
