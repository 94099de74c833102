// @ts-check
/**
 * The check: everything a relying party knows of one ceremony, as the JSON that `portcullis verify`
 * and the page's own verifier take.
 */

/**
 * The stored record that a sign-in is verified against.
 *
 * @typedef {object} CredentialRecord
 * @property {string} id
 * @property {string} publicKey
 * @property {number} signCount
 * @property {boolean} backupEligible
 * @property {boolean} backupState
 */

/**
 * @typedef {object} Check
 * @property {"registration" | "authentication"} kind
 * @property {string} rpId
 * @property {string[]} origins
 * @property {string} challenge
 * @property {string} [userVerification]
 * @property {number[]} [algorithms]
 * @property {string[]} [existingCredentials]
 * @property {string[]} [allowCredentials]
 * @property {boolean} [discoverable]
 * @property {string} [userHandle]
 * @property {CredentialRecord} [credential]
 * @property {RegistrationResponseJSON | AuthenticationResponseJSON} response
 */

/**
 * @param {PublicKeyCredentialCreationOptionsJSON} options
 * @param {RegistrationResponseJSON} response
 * @returns {Check}
 */
export function registrationCheck(options, response) {
  return {
    kind: "registration",
    rpId: options.rp.id ?? location.hostname,
    origins: [location.origin],
    challenge: options.challenge,
    userVerification: options.authenticatorSelection?.userVerification,
    algorithms: options.pubKeyCredParams.map(({ alg }) => alg),
    existingCredentials: options.excludeCredentials?.map(({ id }) => id),
    response,
  };
}

/**
 * @param {PublicKeyCredentialRequestOptionsJSON} options
 * @param {AuthenticationResponseJSON} response
 * @param {CredentialRecord} [credential] without it, the steps that need it are skipped
 * @param {string} [userHandle] the account's, where known
 * @returns {Check}
 */
export function authenticationCheck(options, response, credential, userHandle) {
  const allowed = options.allowCredentials?.map(({ id }) => id) ?? [];
  return {
    kind: "authentication",
    rpId: options.rpId ?? location.hostname,
    origins: [location.origin],
    challenge: options.challenge,
    userVerification: options.userVerification,
    allowCredentials: allowed.length > 0 ? allowed : undefined,
    discoverable: allowed.length === 0,
    userHandle,
    credential,
    response,
  };
}

/**
 * The record after an answer of the host.
 *
 * @param {import("./portcullis.d.ts").Credential} credential
 * @returns {CredentialRecord}
 */
export function recordAfter({ id, publicKey, signCount, backupEligible, backupState }) {
  return { id, publicKey, signCount, backupEligible, backupState };
}

/**
 * The record that a sign-in was verified against.
 *
 * @param {import("./portcullis.d.ts").Credential} credential
 * @returns {CredentialRecord}
 */
export function recordBefore(credential) {
  return { ...recordAfter(credential), ...credential.before };
}
