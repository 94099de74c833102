// @ts-check
/**
 * The browser's side of a ceremony: options in, response out, as WebAuthn Level 3's JSON, and every
 * failure as a sentence.
 */

/** Why this browser, at this address, cannot do passkeys at all; null if it can. */
export function obstacle() {
  if (!window.isSecureContext) {
    return "Passkeys need a secure page. Open this one over https, or at http://localhost on the machine that serves it.";
  }
  if (isIpAddress(location.hostname)) {
    return `Passkeys do not work under an IP address. Open http://localhost${location.port && `:${location.port}`}/ or the site's own name instead.`;
  }
  if (!("PublicKeyCredential" in window) || !navigator.credentials) {
    return "This browser has no passkeys, or they are turned off. Update it, or use another browser.";
  }
  return null;
}

/** @param {string} host */
const isIpAddress = (host) => /^[\d.]+$/.test(host) || host.startsWith("[");

/** Can the browser offer passkeys in the name field's suggestions? */
export async function hasAutofill() {
  if (obstacle() !== null) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/**
 * @param {PublicKeyCredentialCreationOptionsJSON} options
 * @param {AbortSignal} signal
 * @returns {Promise<RegistrationResponseJSON>}
 */
export async function create(options, signal) {
  const credential = await ceremony("create", options, signal, () => {
    const publicKey =
      PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? parseCreationOptions(options);
    return navigator.credentials.create({ publicKey, signal });
  });
  return toJSON(credential, registrationToJSON);
}

/**
 * @param {PublicKeyCredentialRequestOptionsJSON} options
 * @param {CredentialMediationRequirement} mediation
 * @param {AbortSignal} signal
 * @returns {Promise<AuthenticationResponseJSON>}
 */
export async function get(options, mediation, signal) {
  const credential = await ceremony("get", options, signal, () => {
    const publicKey =
      PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? parseRequestOptions(options);
    return navigator.credentials.get({ publicKey, mediation, signal });
  });
  return toJSON(credential, authenticationToJSON);
}

/**
 * Tells the browser that the host knows no such passkey, so that it need not offer it again.
 *
 * @param {string} rpId
 * @param {string} credentialId
 */
export async function forget(rpId, credentialId) {
  try {
    await PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId });
  } catch {
    // A hint: the browser may ignore it, and nothing here depends on it.
  }
}

/** A ceremony that ended without a response. */
export class CeremonyError extends Error {
  /**
   * @param {string} name of the browser's error
   * @param {string} sentence
   */
  constructor(name, sentence) {
    super(sentence);
    this.name = name;
  }
}

/**
 * @param {"create" | "get"} call
 * @param {{timeout?: number, rpId?: string, rp?: {id?: string}}} options
 * @param {AbortSignal} signal
 * @param {() => Promise<Credential | null>} start
 * @returns {Promise<PublicKeyCredential>}
 */
async function ceremony(call, options, signal, start) {
  const began = performance.now();
  try {
    const credential = await start();
    if (credential === null) throw new DOMException("no credential", "NotAllowedError");
    return /** @type {PublicKeyCredential} */ (credential);
  } catch (error) {
    const reason = error instanceof Error ? error.name : "UnknownError";
    const timedOut = performance.now() - began >= (options.timeout ?? Infinity);
    const rpId = options.rp?.id ?? options.rpId ?? location.hostname;
    const name = signal.aborted ? "AbortError" : reason;
    throw new CeremonyError(name, sentenceOfFailure(call, name, { timedOut, rpId }));
  }
}

/**
 * Browsers tell a page little on purpose: a cancelled prompt, a time-out and a missing passkey are
 * all `NotAllowedError`. Time tells the second from the others; the sentence names what is left.
 *
 * @param {"create" | "get"} call
 * @param {string} name
 * @param {{timedOut: boolean, rpId: string}} about
 * @returns {string}
 */
function sentenceOfFailure(call, name, { timedOut, rpId }) {
  switch (name) {
    case "NotAllowedError":
    case "TimeoutError":
      if (timedOut || name === "TimeoutError") return "Time ran out before a passkey answered. Try again when it is at hand.";
      return call === "create"
        ? "No passkey was created: it was cancelled, or this device does not allow it. Try again, and confirm when the device asks; a screen lock may have to be set up first."
        : "Nobody was signed in: it was cancelled, or there is no matching passkey for this site on this device. Try again, use the device that holds your passkey, or create one.";
    case "InvalidStateError":
      return call === "create"
        ? "This device already holds a passkey for this account. Sign in with it, or add another device or security key."
        : "This passkey cannot be used just now. Try again, or use another one.";
    case "SecurityError":
      return `The browser refuses passkeys of “${rpId}” at ${location.origin}. Open the page at the site's own address, over https or at localhost.`;
    case "NotSupportedError":
      return call === "create"
        ? "This device has none of the signature algorithms that the server takes. Use another device or security key."
        : "This browser does not support what the server asked for. Update it, or use another browser.";
    case "ConstraintError":
      return "This device cannot keep a passkey as the server asks for it: it may lack a PIN or a fingerprint. Set one up, or use another device.";
    case "OperationError":
      return "The browser is still busy with another passkey request. Close its prompt, then try again.";
    case "TypeError":
    case "DataError":
    case "EncodingError":
      return "This browser could not read the server's options. Update the browser, or use another one.";
    default:
      return `The passkey could not be used (${name}). Try again, or use another device.`;
  }
}

// What follows is for browsers without the JSON methods of Level 3.

/** @param {string} text base64url */
function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function base64url(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {PublicKeyCredentialDescriptorJSON[] | undefined} list
 * @returns {PublicKeyCredentialDescriptor[]}
 */
function descriptors(list = []) {
  return list.map(({ id, transports }) => ({
    type: "public-key",
    id: bytes(id),
    transports: /** @type {AuthenticatorTransport[] | undefined} */ (transports),
  }));
}

/**
 * @param {PublicKeyCredentialCreationOptionsJSON} options
 * @returns {PublicKeyCredentialCreationOptions}
 */
function parseCreationOptions(options) {
  return /** @type {PublicKeyCredentialCreationOptions} */ ({
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  });
}

/**
 * @param {PublicKeyCredentialRequestOptionsJSON} options
 * @returns {PublicKeyCredentialRequestOptions}
 */
function parseRequestOptions(options) {
  return /** @type {PublicKeyCredentialRequestOptions} */ ({
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: descriptors(options.allowCredentials),
  });
}

/**
 * @template Response
 * @param {PublicKeyCredential} credential
 * @param {(credential: PublicKeyCredential) => Response} fallback
 * @returns {Response}
 */
function toJSON(credential, fallback) {
  try {
    return /** @type {Response} */ (credential.toJSON());
  } catch {
    // Older browsers have no `toJSON`; on the look-alikes that some password managers hand out it throws.
    return fallback(credential);
  }
}

/** @param {PublicKeyCredential} credential */
function common(credential) {
  return {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/**
 * @param {PublicKeyCredential} credential
 * @returns {RegistrationResponseJSON}
 */
function registrationToJSON(credential) {
  const response = /** @type {AuthenticatorAttestationResponse} */ (credential.response);
  return /** @type {RegistrationResponseJSON} */ ({
    ...common(credential),
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      attestationObject: base64url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  });
}

/**
 * @param {PublicKeyCredential} credential
 * @returns {AuthenticationResponseJSON}
 */
function authenticationToJSON(credential) {
  const response = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  return /** @type {AuthenticationResponseJSON} */ (
    /** @type {unknown} */ ({
      ...common(credential),
      response: {
        clientDataJSON: base64url(response.clientDataJSON),
        authenticatorData: base64url(response.authenticatorData),
        signature: base64url(response.signature),
        userHandle: response.userHandle ? base64url(response.userHandle) : undefined,
      },
    })
  );
}
