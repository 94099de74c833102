// @ts-check
/**
 * Who is signed in. Lives in this tab's sessionStorage: a reload keeps it, closing the tab ends it.
 */

/**
 * @typedef {object} Session
 * @property {string} username
 * @property {string} loginToken
 * @property {number} expiresAt milliseconds since 1970
 * @property {import("./api.js").Credential} credential the passkey that signed in
 */

const KEY = "portcullis.session";

/** @returns {Session | null} */
export function currentSession() {
  try {
    /** @type {Session | null} */
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return session !== null && session.expiresAt > Date.now() ? session : null;
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
  /** @type {Session} */
  const session = { username, loginToken: login_token, expiresAt, credential };
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

export function endSession() {
  sessionStorage.removeItem(KEY);
}
