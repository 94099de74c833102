// @ts-check
/**
 * The host's four ceremony calls, and what can go wrong with them.
 */

/** The folder that the page is served from: the host may be mounted below a path. */
const root = new URL("../", import.meta.url);

/**
 * What the host knows of a passkey.
 *
 * @typedef {object} Credential
 * @property {string} id
 * @property {string} publicKey the COSE key, base64url
 * @property {number} algorithm
 * @property {string} aaguid
 * @property {string[]} transports
 * @property {number} signCount
 * @property {boolean} backupEligible
 * @property {boolean} backupState
 * @property {boolean} userVerified
 * @property {{signCount: number, backupState: boolean}} [before] the record a sign-in was verified against
 */

/**
 * @typedef {object} Answer
 * @property {"OK"} status
 * @property {string} username
 * @property {Credential} credential
 * @property {string} [login_token]
 * @property {number} [expires_in] seconds
 */

/**
 * @template Options
 * @typedef {{publicKey: Options, challenge_token: string}} Begun
 */

/** An answer that is not the one asked for: the host's problem+json, or no usable answer at all. */
export class Problem extends Error {
  /**
   * @param {string} call the path that was asked for
   * @param {{code: string, status: number, title?: string, detail?: string, step?: string}} body
   * @param {number | null} [retryAfter] seconds
   */
  constructor(call, body, retryAfter = null) {
    super(body.detail ?? body.title ?? body.code);
    this.name = "Problem";
    this.call = call;
    this.code = body.code;
    this.status = body.status;
    this.detail = body.detail ?? "";
    /** The WebAuthn step that refused the response, where one did. */
    this.step = body.step ?? null;
    this.retryAfter = retryAfter;
  }
}

/** @typedef {{bearer?: string | null, signal?: AbortSignal}} CallOptions */

/**
 * @param {string} username
 * @param {CallOptions} call
 * @returns {Promise<Begun<PublicKeyCredentialCreationOptionsJSON>>}
 */
export const registerBegin = (username, call) => post("register/begin", { username }, call);

/**
 * @param {RegistrationResponseJSON} attestation
 * @param {string} challengeToken
 * @param {CallOptions} call
 * @returns {Promise<Answer>}
 */
export const registerComplete = (attestation, challengeToken, call) =>
  post("register/complete", { attestation, challenge_token: challengeToken }, call);

/**
 * @param {string | null} username null: any passkey of this site
 * @param {CallOptions} call
 * @returns {Promise<Begun<PublicKeyCredentialRequestOptionsJSON>>}
 */
export const authenticateBegin = (username, call) =>
  post("authenticate/begin", username === null ? {} : { username }, call);

/**
 * @param {AuthenticationResponseJSON} assertion
 * @param {string} challengeToken
 * @param {CallOptions} call
 * @returns {Promise<Answer>}
 */
export const authenticateComplete = (assertion, challengeToken, call) =>
  post("authenticate/complete", { assertion, challenge_token: challengeToken }, call);

/**
 * @param {string} path
 * @param {object} body
 * @param {CallOptions} call
 * @returns {Promise<any>}
 */
async function post(path, body, { bearer, signal }) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json" };
  if (bearer) headers["Authorization"] = `Bearer ${bearer}`;

  let response;
  let text;
  try {
    response = await fetch(new URL(path, root), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      credentials: "omit",
      signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Problem(path, { code: "unreachable", status: 0, detail: String(error) });
  }

  const json = parseObject(text);
  if (response.ok && json) return json;
  const status = response.status;
  const code = typeof json?.code === "string" ? json.code : "unexpected_answer";
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  throw new Problem(path, { ...json, code, status }, Number.isNaN(retryAfter) ? null : retryAfter);
}

/**
 * @param {string} text
 * @returns {Record<string, any> | null}
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const LOGIN_REQUIRED =
  "To add a passkey, your sign-in has to be less than five minutes old. Sign out and in again, then add it.";

/**
 * A sentence that a person can act on, for every code of the host.
 *
 * @param {Problem} problem
 * @returns {string}
 */
export function sentenceOfProblem(problem) {
  if (problem.status === 401 && problem.call === "register/begin") {
    // No challenge is out yet: it is the login token that was not accepted, or is too old.
    return LOGIN_REQUIRED;
  }
  switch (problem.code) {
    case "unreachable":
      return "The server cannot be reached. Check that it runs and that you are online, then try again.";
    case "unexpected_answer":
      return `The server gave an answer that this page does not understand (HTTP ${problem.status}). Reload the page and try again.`;
    case "username_invalid":
      return `That name cannot be used: ${asSentence(problem.detail.replace("`username`: ", ""))} Choose one of 1 to 64 letters and digits, without spaces.`;
    case "username_taken":
      return "That name is taken. Choose another, or, if it is yours, sign in first and then add a passkey.";
    case "credential_exists":
      return "This passkey is already registered. Sign in with it instead.";
    case "account_full":
      return "This account has as many passkeys as it can hold. Sign in with one of them, or remove one first.";
    case "credential_unknown":
      return "The server does not know this passkey: its account may be gone. Choose another passkey, or create a new one.";
    case "login_required":
      return LOGIN_REQUIRED;
    case "token_expired":
      return "That took longer than the challenge lives. Try again.";
    case "token_spent":
      return "This challenge was used once already, and each works only once. Try again for a new one.";
    case "token_invalid":
      return "The server does not accept this challenge, perhaps because it was restarted in between. Try again for a new one.";
    case "origin_mismatch":
      return `This page is open at ${location.origin}, and the server takes no passkeys from there. Open it at the address that the server names when it starts.`;
    case "trust_anchors_missing":
    case "attestation_untrusted":
    case "attestation_certificate_outdated":
      return "The server takes passkeys only from authenticators that it can trust, and this is none of them. Nothing was changed; use another authenticator.";
    case "authenticator_not_accepted":
      return "The server takes no passkeys from this kind of authenticator. Nothing was changed; use another.";
    case "authenticator_revoked":
      return "This kind of authenticator is known to be unsafe, and the server takes no passkeys from it. Nothing was changed; use another.";
    case "rate_limited":
      return `Too many attempts from your address. Wait ${seconds(problem.retryAfter)}, then try again.`;
    case "store_unavailable":
      return `The server cannot reach its store just now. Nothing was changed; try again in ${seconds(problem.retryAfter)}.`;
    case "signer_unavailable":
      return `The server cannot reach its signing key just now. Try again in ${seconds(problem.retryAfter)}.`;
    case "body_invalid":
    case "media_type":
    case "method_not_allowed":
    case "not_found":
      return "The server did not understand this page's request. Reload the page: it may be older than the server.";
    case "internal_error":
      return "The server failed, not you. Nothing was changed; try again later.";
    case "body_too_large":
      return "The passkey's response is larger than the server takes. Try another authenticator.";
    default:
      return problem.step
        ? `The server refused the response at step ${problem.step}. ${asSentence(problem.detail)} Nothing was changed.`
        : `The server refused this: ${asSentence(problem.message)} Try again.`;
  }
}

/** @param {number | null} count */
function seconds(count) {
  if (count === null) return "a minute";
  return count === 1 ? "one second" : `${count} seconds`;
}

/** @param {string} detail */
function asSentence(detail) {
  const text = detail.trim();
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}
