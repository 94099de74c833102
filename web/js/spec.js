// @ts-check
/**
 * Where the specification says what a step does.
 */

/** Words that only one step of section 7.1 begins with. @type {Record<number, string>} */
const REGISTRATION = {
  3: "Let response be credential.response",
  4: "Let clientExtensionResults be the result of calling",
  5: "Let JSONtext be the result of running UTF-8 decode",
  6: "Let C, the client data claimed as collected during the credential creation",
  7: "Verify that the value of C.type is webauthn.create",
  8: "Verify that the value of C.challenge equals",
  9: "Verify that the value of C.origin is an origin expected",
  10: "If C.crossOrigin is present and set to true",
  11: "If C.topOrigin is present",
  12: "Let hash be the result of computing a hash over response.clientDataJSON",
  13: "Perform CBOR decoding on the attestationObject field",
  14: "Verify that the rpIdHash in authData is the SHA-256 hash",
  15: "If options.mediation is not set to conditional",
  16: "If the Relying Party requires user verification for this registration",
  17: "If the BE bit of the flags in authData is not set",
  18: "If the Relying Party uses the credential\u2019s backup eligibility to inform its user experience",
  19: "If the Relying Party uses the credential\u2019s backup state to inform its user experience",
  20: "Verify that the \"alg\" parameter in the credential public key",
  21: "Determine the attestation statement format by performing",
  22: "Verify that attStmt is a correct attestation statement",
  23: "If validation is successful, obtain a list of acceptable trust anchors",
  24: "Assess the attestation trustworthiness",
  25: "Verify that the credentialId is",
  26: "Verify that the credentialId is not yet registered",
  27: "If the attestation statement attStmt verified successfully",
  28: "Process the client extension outputs in clientExtensionResults",
  29: "If all the above steps are successful",
};

/** Those of section 7.2. Where 7.1 has the same words, nothing: the link leads to the section. @type {Record<number, string>} */
const AUTHENTICATION = {
  3: "Let response be credential.response. If response is not an instance of AuthenticatorAssertionResponse",
  5: "If pkOptions.allowCredentials is not empty, verify that credential.id identifies",
  6: "Identify the user being authenticated",
  7: "Let cData, authData and sig denote the value",
  8: "Let JSONtext be the result of running UTF-8 decode on the value of cData",
  9: "Let C, the client data claimed as used for the signature",
  10: "Verify that the value of C.type is the string webauthn.get",
  17: "Determine whether user verification is required for this assertion",
  19: "If the credential backup state is used as part of",
  20: "Let hash be the result of computing a hash over the cData",
  21: "Using credentialRecord.publicKey, verify that sig is a valid signature",
  22: "If authData.signCount is nonzero or credentialRecord.signCount is nonzero",
  24: "Update credentialRecord with new state values",
};

const SECTIONS = {
  "7.1": { anchor: "sctn-registering-a-new-credential", words: REGISTRATION },
  "7.2": { anchor: "sctn-verifying-assertion", words: AUTHENTICATION },
};

/**
 * The address of a step's paragraph. The section's own where a browser does not look for text, or does not find it.
 *
 * @param {string} step such as `7.2.12`
 */
export function addressOf(step) {
  const [, section, number] = /^(7\.[12])\.(\d+)$/.exec(step) ?? [];
  const found = section === "7.1" || section === "7.2" ? SECTIONS[section] : undefined;
  if (found === undefined) return "https://www.w3.org/TR/webauthn-3/";
  const words = found.words[Number(number)];
  // A hyphen, a comma and an ampersand have meanings within a text directive.
  const text = words === undefined ? "" : `:~:text=${encodeURIComponent(words).replaceAll("-", "%2D")}`;
  return `https://www.w3.org/TR/webauthn-3/#${found.anchor}${text}`;
}
