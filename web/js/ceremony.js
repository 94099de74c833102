// @ts-check
/**
 * The two ceremonies from the first call to the answer, and the check that goes with each.
 */

import * as api from "./api.js";
import { authenticationCheck, recordAfter, recordBefore, registrationCheck } from "./check.js";
import { claimsOf } from "./jwt.js";
import { create, forget, get } from "./webauthn.js";

/**
 * A ceremony that the browser answered: the host took the response, or has a problem with it.
 *
 * @typedef {object} Outcome
 * @property {import("./check.js").Check} check
 * @property {api.Answer | null} answer
 * @property {api.Problem | null} problem
 */

/**
 * The records this page has been told of. With them it can tell for itself why the host refuses a
 * later sign-in: a refusal gives no record away.
 *
 * @type {Map<string, import("./check.js").CredentialRecord>}
 */
const records = new Map();

/**
 * @param {string} username
 * @param {{bearer: string | null, signal: AbortSignal, onPrompt: () => void}} how
 * @returns {Promise<Outcome>}
 */
export async function register(username, { bearer, signal, onPrompt }) {
  const begun = await api.registerBegin(username, { bearer, signal });
  onPrompt();
  const response = await create(begun.publicKey, signal);
  const { answer, problem } = await settle(
    api.registerComplete(response, begun.challenge_token, { bearer }),
  );
  if (answer) records.set(answer.credential.id, recordAfter(answer.credential));
  const check = registrationCheck(begun.publicKey, response);
  return { check: withExpectedOrigin(check, begun, problem), answer, problem };
}

/**
 * @param {string | null} username null: any passkey of this site
 * @param {{signal: AbortSignal, onPrompt: () => void}} how
 * @returns {Promise<Outcome>}
 */
export async function authenticate(username, { signal, onPrompt }) {
  const begun = await api.authenticateBegin(username, { signal });
  onPrompt();
  const response = await get(begun.publicKey, "optional", signal);
  return completeAuthentication(begun, response);
}

/**
 * @param {api.Begun<PublicKeyCredentialRequestOptionsJSON>} begun
 * @param {AuthenticationResponseJSON} response
 * @returns {Promise<Outcome>}
 */
export async function completeAuthentication(begun, response) {
  const options = begun.publicKey;
  const { answer, problem } = await settle(
    api.authenticateComplete(response, begun.challenge_token, {}),
  );
  if (problem?.code === "credential_unknown") {
    await forget(options.rpId ?? location.hostname, response.id);
  }
  const record = answer ? recordBefore(answer.credential) : records.get(response.id);
  // A sign-in without a name has to carry the handle of the account that it signs in to.
  const { sub } = claimsOf(answer?.login_token);
  const userHandle = typeof sub === "string" ? sub : undefined;
  const check = authenticationCheck(options, response, record, userHandle);
  if (answer) records.set(answer.credential.id, recordAfter(answer.credential));
  return { check: withExpectedOrigin(check, begun, problem), answer, problem };
}

/**
 * The page takes its own origin for the expected one. Where the host says that it is not, the check
 * is run with the host's: the issuer of its tokens.
 *
 * @param {import("./check.js").Check} check
 * @param {{challenge_token: string}} begun
 * @param {api.Problem | null} problem
 * @returns {import("./check.js").Check}
 */
function withExpectedOrigin(check, { challenge_token }, problem) {
  const { iss } = claimsOf(challenge_token);
  if (problem?.code !== "origin_mismatch" || typeof iss !== "string") return check;
  return { ...check, origins: [iss] };
}

/**
 * @param {Promise<api.Answer>} call
 * @returns {Promise<{answer: api.Answer | null, problem: api.Problem | null}>}
 */
async function settle(call) {
  try {
    return { answer: await call, problem: null };
  } catch (error) {
    if (error instanceof api.Problem) return { answer: null, problem: error };
    throw error;
  }
}
