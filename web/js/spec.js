// @ts-check
/**
 * Where the specification says what a step does.
 */

/**
 * Words that only one step has, as a text directive wants them: `prefix-,words,-suffix`, and the step's own
 * anchor where the specification has one, which a browser goes to that does not find the words.
 *
 * @typedef {{ words?: string, after?: string, before?: string, anchor?: string }} Place
 */

/** The steps of section 7.1. @type {Record<number, Place>} */
const REGISTRATION = {
  3: { words: "Let response be credential.response" },
  4: { words: "Let clientExtensionResults be the result of calling" },
  5: { words: "Let JSONtext be the result of running UTF-8 decode" },
  6: { words: "Let C, the client data claimed as collected during the credential creation" },
  7: { words: "Verify that the value of C.type is webauthn.create" },
  8: { words: "Verify that the value of C.challenge equals" },
  9: { words: "Verify that the value of C.origin is an origin expected" },
  10: { words: "If C.crossOrigin is present and set to true" },
  11: { words: "If C.topOrigin is present" },
  12: { words: "Let hash be the result of computing a hash over response.clientDataJSON" },
  13: { words: "Perform CBOR decoding on the attestationObject field" },
  14: { words: "Verify that the rpIdHash in authData is the SHA-256 hash" },
  15: { words: "If options.mediation is not set to conditional" },
  16: { words: "If the Relying Party requires user verification for this registration" },
  17: { words: "If the BE bit of the flags in authData is not set" },
  18: { words: "If the Relying Party uses the credential\u2019s backup eligibility to inform its user experience" },
  19: { words: "If the Relying Party uses the credential\u2019s backup state to inform its user experience" },
  20: { words: 'Verify that the "alg" parameter in the credential public key' },
  21: { words: "Determine the attestation statement format by performing" },
  22: { words: "Verify that attStmt is a correct attestation statement", anchor: "reg-ceremony-verify-attestation" },
  23: {
    words: "If validation is successful, obtain a list of acceptable trust anchors",
    anchor: "reg-ceremony-attestation-trust-anchors",
  },
  24: { words: "Assess the attestation trustworthiness using the outputs" },
  25: { words: "Verify that the credentialId is" },
  26: { words: "Verify that the credentialId is not yet registered" },
  27: { words: "Let credentialRecord be a new credential record", anchor: "reg-ceremony-create-credential-record" },
  28: {
    words: "Process the client extension outputs in clientExtensionResults",
    anchor: "reg-ceremony-verify-extension-outputs",
  },
  29: { words: "If all the above steps are successful, store credentialRecord" },
};

/** Those of section 7.2; what 7.1 says in the same words is found by what is before or after it. @type {Record<number, Place>} */
const AUTHENTICATION = {
  3: { words: "If response is not an instance of AuthenticatorAssertionResponse" },
  4: {
    words: "Let clientExtensionResults be the result of calling credential.getClientExtensionResults().",
    before: "If pkOptions.allowCredentials is not empty",
  },
  5: { words: "If pkOptions.allowCredentials is not empty, verify that credential.id identifies" },
  6: { words: "Identify the user being authenticated" },
  7: { words: "Let cData, authData and sig denote the value" },
  8: { words: "Let JSONtext be the result of running UTF-8 decode on the value of cData" },
  9: { words: "Let C, the client data claimed as used for the signature" },
  10: { words: "Verify that the value of C.type is the string webauthn.get" },
  11: { words: "Verify that the value of C.challenge equals", after: "is the string webauthn.get." },
  12: {
    words: "Validating the origin of a credential for guidance.",
    before: "If C.crossOrigin is present and set to true, verify that the Relying Party expects this credential to be used",
  },
  13: {
    words: "If C.crossOrigin is present and set to true, verify that the Relying Party expects this credential to be used",
  },
  14: {
    words: "If C.topOrigin is present:",
    before: "Verify that the Relying Party expects this credential to be used",
  },
  15: { anchor: "rp-op-verifying-assertion-step-rpid-hash" },
  16: {
    words: "Verify that the UP bit of the flags in authData is set.",
    before: "Determine whether user verification is required for this assertion",
  },
  17: { words: "Determine whether user verification is required for this assertion" },
  18: {
    words: "verify that the BS bit is not set.",
    before: "If the credential backup state is used as part of",
  },
  19: { words: "If the credential backup state is used as part of" },
  20: { words: "Let hash be the result of computing a hash over the cData" },
  21: { words: "Using credentialRecord.publicKey, verify that sig is a valid signature" },
  22: { words: "If authData.signCount is nonzero or credentialRecord.signCount is nonzero" },
  23: { anchor: "authn-ceremony-verify-extension-outputs" },
  24: { words: "Update credentialRecord with new state values", anchor: "authn-ceremony-update-credential-record" },
  25: { words: "If all the above steps are successful, continue the authentication ceremony" },
};

const SECTIONS = {
  "7.1": { anchor: "sctn-registering-a-new-credential", steps: REGISTRATION },
  "7.2": { anchor: "sctn-verifying-assertion", steps: AUTHENTICATION },
};

/**
 * The address of a step's paragraph: its own anchor, or its section's, for a browser that does not look for text or does
 * not find it, and the words that it begins with.
 *
 * @param {string} step such as `7.2.12`
 */
export function addressOf(step) {
  const [, section, number] = /^(7\.[12])\.(\d+)$/.exec(step) ?? [];
  const found = section === "7.1" || section === "7.2" ? SECTIONS[section] : undefined;
  if (found === undefined) return "https://www.w3.org/TR/webauthn-3/";
  const { words, after, before, anchor = found.anchor } = found.steps[Number(number)] ?? {};
  if (words === undefined) return `https://www.w3.org/TR/webauthn-3/#${anchor}`;
  const text = [after && `${escaped(after)}-`, escaped(words), before && `-${escaped(before)}`];
  return `https://www.w3.org/TR/webauthn-3/#${anchor}:~:text=${text.filter(Boolean).join(",")}`;
}

/**
 * A hyphen, a comma and an ampersand have meanings within a text directive.
 *
 * @param {string} text
 */
function escaped(text) {
  return encodeURIComponent(text).replaceAll("-", "%2D");
}
