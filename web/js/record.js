// @ts-check
/**
 * What the inspector is shown of this tab's last ceremony: the check, and what the host said. Lives in the tab's
 * sessionStorage until the person signs out; where the browser blocks that, nowhere.
 */

/**
 * @typedef {object} Record
 * @property {import("./check.js").Check} check
 * @property {{code: string, step: string | null} | null} problem null: the host took the response
 */

const KEY = "portcullis.last";

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

export function dropRecord() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Then nothing was stored either.
  }
}
