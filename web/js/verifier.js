// @ts-check
/**
 * The host's own verifier, compiled to WebAssembly and run in this page; and, in modules of their own, what explains
 * bytes, what finds out why a check was refused, and what examines options.
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
 * @property {{id: string, publicKey: string, signCount: number, backupEligible: boolean, backupState: boolean}} [credential]
 * @property {{code: string, text: string, proven: boolean}[]} [diagnosis] what is wrong and what to change, best first
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
 * @property {{artefact: string, encoding: string, at: number, embedded: boolean, cut: boolean, certain: boolean}} guess
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

/** @type {Map<string, Promise<any>>} */
const loading = new Map();

/** @returns {Promise<Verifier>} */
export const loadVerifier = () => loadOnce("portcullis");

/** @returns {Promise<Inspector>} */
export const loadInspector = () => loadOnce("portcullis_inspect");

/** How many instances have trapped. The module's script keeps its instance, so a new one needs a new address. */
let traps = 0;

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
    const address = new URL(`../wasm/${name}.js`, import.meta.url);
    if (traps > 0) address.search = String(traps);
    module = await import(address.href);
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
  return call("portcullis", (verifier) => verifier.verify(check, Date.now() / 1000));
}

/**
 * The same verdict with the member `diagnosis`, from a module that is larger.
 *
 * @param {string} check
 * @returns {Promise<Verdict>}
 */
export async function diagnose(check) {
  return call("portcullis_diagnose", (verifier) => verifier.verify(check, Date.now() / 1000));
}

/**
 * What is wrong or doubtful with what a relying party asks for, as `portcullis check-config FILE` says.
 *
 * @param {string} settings
 * @returns {Promise<{concerns: {code: string, gravity: string, text: string}[]}>}
 */
export async function examine(settings) {
  return call("portcullis_settings", (module) => module.examine(settings));
}

/**
 * @param {string} artefact
 * @returns {Promise<Dump>}
 */
export async function inspect(artefact) {
  return call("portcullis_inspect", (inspector) => inspector.inspect(artefact));
}

/**
 * Runs a call of a module. An instance that has trapped is in no known state, so it is thrown away: the next
 * call gets a new one.
 *
 * @param {string} name
 * @param {(module: any) => string} run
 */
async function call(name, run) {
  const module = await loadOnce(name);
  try {
    return JSON.parse(run(module));
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      loading.delete(name);
      traps += 1;
    }
    throw error;
  }
}

/**
 * Verifies the receipt of an approved document.
 *
 * @param {{receipt: string, document: string, trust: object}} check the document by its SHA-256, in base64url
 * @returns {Promise<ReceiptVerdict>}
 */
export async function verifyReceipt(check) {
  return call("portcullis_receipt", (verifier) => verifier.verify_receipt(JSON.stringify(check)));
}
