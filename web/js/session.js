// @ts-check
/**
 * Who is signed in. Lives in this tab's sessionStorage: a reload keeps it, closing the tab ends it.
 * Where the browser blocks that, it lives in the page alone.
 */

/**
 * @typedef {object} Session
 * @property {string} username
 * @property {string} loginToken
 * @property {number} expiresAt milliseconds since 1970
 * @property {import("./api.js").Credential} credential the passkey that signed in
 */

const KEY = "portcullis.session";
const CHECK_KEY = "portcullis.check";

/** @type {Session | null} */
let session = stored();

/** @returns {Session | null} */
export function currentSession() {
  return session !== null && session.expiresAt > Date.now() ? session : null;
}

/** @returns {Session | null} */
function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keeps the sign-in that an answer brings; an answer without a login token leaves things as they are.
 *
 * @param {import("./api.js").Answer} answer
 */
export function keepSession({ username, credential, login_token, expires_in }) {
  if (login_token === undefined || expires_in === undefined) return;
  const expiresAt = Date.now() + expires_in * 1000;
  session = { username, loginToken: login_token, expiresAt, credential };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // A reload will have to sign in again.
  }
}

/**
 * Keeps the check of the last ceremony, for the inspector.
 *
 * @param {string} check
 */
export function keepCheck(check) {
  try {
    sessionStorage.setItem(CHECK_KEY, check);
  } catch {
    // The inspector will have to be given it.
  }
}

/** @returns {string | null} */
export function lastCheck() {
  try {
    return sessionStorage.getItem(CHECK_KEY);
  } catch {
    return null;
  }
}

export function endSession() {
  session = null;
  try {
    sessionStorage.removeItem(KEY);
    sessionStorage.removeItem(CHECK_KEY);
  } catch {
    // Then nothing was stored either.
  }
}
