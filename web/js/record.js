// @ts-check
/**
 * What the inspector is shown of this tab's last ceremony: the check, and what the host said. Lives in the tab's
 * sessionStorage until the person signs out; where the browser blocks that, nowhere. And which passkey is one of
 * this device, in localStorage.
 */

/**
 * @typedef {object} Record
 * @property {import("./check.js").Check} check
 * @property {{code: string, step: string | null} | null} problem null: the host took the response
 */

const KEY = "portcullis.last";
const HERE = "portcullis.here";

/** @param {Record} record */
export function keepRecord(record) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(record));
  } catch {
    // The inspector will have to be given it.
  }
}

/** @returns {Record | null} */
export function lastRecord() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

/** Remembers, until the person signs out, that a passkey is one of this device. @param {string} id */
export function keepHere(id) {
  try {
    localStorage.setItem(HERE, id);
  } catch {
    // Then the account does not say which one it is.
  }
}

/** @returns {string | null} the passkey of this device that was used last */
export function here() {
  try {
    return localStorage.getItem(HERE);
  } catch {
    return null;
  }
}

/** Forgets all that is kept here. */
export function dropRecord() {
  try {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(HERE);
  } catch {
    // Then nothing was stored either.
  }
}
