// @ts-check
/**
 * Passkeys of a Portcullis host, for its own page and for pages of other sites:
 *
 *     import { register, signIn, autofill, signOut, credentials } from "https://login.example.org/js/portcullis.js";
 *
 * On the host's own origin a session in a cookie remembers who is signed in. On any other origin that the host
 * allows, the login token of the last sign-in does, for as long as the page lives; `loginToken` hands it out.
 *
 * A call that fails throws a `PortcullisError`: a `Problem` when the host refused, a `CeremonyError` when the
 * browser gave no response. Both have a stable `code`. Types: `portcullis.d.ts`.
 */

/** The folder that the host's page is served from: the host may be mounted below a path. */
const root = new URL("../", import.meta.url);

/** Whether this page is the host's own, so that its cookie comes along. */
const isOwn = root.origin === location.origin;

/**
 * How long a sign-in by name waits, in milliseconds, where no passkey of the name is on a phone: a touch and a PIN
 * take less, and a browser waits to the end for one that nobody has. With a phone, a QR code has to be scanned.
 */
const WAIT_WITHOUT_PHONE = 60_000;

/** Part of a challenge's life after which a waiting suggestion asks for a new one. */
const RENEW_AFTER = 3 / 4;

/**
 * The login token of the last sign-in, on an origin that is not the host's.
 *
 * @type {{text: string, until: number} | null}
 */
let login = null;

/**
 * @typedef {import("./portcullis.d.ts").Answer} Answer
 * @typedef {import("./portcullis.d.ts").Begun} Begun
 * @typedef {import("./portcullis.d.ts").Ceremony} Ceremony
 * @typedef {import("./portcullis.d.ts").CeremonyOptions} CeremonyOptions
 * @typedef {import("./portcullis.d.ts").Result} Result
 */

/** What every failure is. */
export class PortcullisError extends Error {
  /**
   * @param {string} code
   * @param {string} message for developers; a page has words of its own for each code
   */
  constructor(code, message) {
    super(message);
    this.name = "PortcullisError";
    this.code = code;
  }
}

/** The host refused: its problem+json, or no usable answer at all (`unreachable`, `unexpected_answer`). */
export class Problem extends PortcullisError {
  /**
   * @param {string} call the path that was asked for
   * @param {Record<string, any>} body
   * @param {number | null} [retryAfter] seconds
   */
  constructor(call, body, retryAfter = null) {
    super(body.code, body.detail ?? body.title ?? body.code);
    this.name = "Problem";
    this.call = call;
    /** @type {number} */
    this.status = body.status;
    /** @type {string} */
    this.detail = body.detail ?? "";
    /** @type {string | null} the WebAuthn step that refused the response, where one did */
    this.step = body.step ?? null;
    this.retryAfter = retryAfter;
    /** @type {Record<string, any> | null} */
    this.signal = body.signal ?? null;
    /** @type {Ceremony | null} what was refused, where the browser had given a response */
    this.ceremony = null;
  }
}

/** The browser gave no response. `code` is the name of its error, `reason` tells what that name hides. */
export class CeremonyError extends PortcullisError {
  /**
   * @param {"create" | "get"} call
   * @param {string} code
   * @param {import("./portcullis.d.ts").Cause} reason
   * @param {string} rpId
   */
  constructor(call, code, reason, rpId) {
    super(code, `navigator.credentials.${call}: ${code} (${reason})`);
    this.name = "CeremonyError";
    this.call = call;
    this.reason = reason;
    this.rpId = rpId;
  }
}

// ---- ceremonies ----

/**
 * Creates an account with its first passkey, and signs in to it.
 *
 * @param {string} username
 * @param {CeremonyOptions & {displayName?: string, invitation?: string}} [options]
 * @returns {Promise<Result>}
 */
export function register(username, { displayName, invitation, ...options } = {}) {
  return registration("register/begin", { username, displayName, invitation }, options);
}

/**
 * Adds a passkey to the account that is signed in, freshly.
 *
 * With `quietly` nobody is asked: a browser that offers this does it where it has just signed the person in, and
 * refuses otherwise (a conditional registration). `can("conditionalCreate")` tells whether it does so at all.
 *
 * @param {string} username the account's
 * @param {CeremonyOptions & {quietly?: boolean}} [options]
 * @returns {Promise<Result>}
 */
export async function addPasskey(username, { quietly = false, ...options } = {}) {
  // To somebody who is not signed in any more, the host would give a new account of a name that is free.
  const owner = await session();
  if (owner === null) throw signedOut();
  const mediation = quietly ? "conditional" : undefined;
  return registration("register/begin", { username, mediation }, options, owner.sub);
}

/** Nobody is signed in, or not freshly enough: a login token lives longer than the host takes it for proof. */
function signedOut() {
  const code = loginToken() === null ? "login_required" : "sign_in_again";
  return new Problem("session", { code, status: 401 });
}

/**
 * Adds a passkey to the account that a recovery code belongs to, and signs in to it.
 *
 * @param {string} username
 * @param {string} code
 * @param {CeremonyOptions} [options]
 * @returns {Promise<Result>}
 */
export function recover(username, code, options = {}) {
  return registration("recovery/begin", { username, code }, options);
}

/**
 * @param {string} path
 * @param {{username: string, mediation?: CredentialMediationRequirement, [member: string]: string | undefined}} body
 * @param {CeremonyOptions} options
 * @param {string} [owner] the user handle of the account that is signed in, which the caller shows
 * @returns {Promise<Result>}
 */
async function registration(path, body, { signal, onPrompt }, owner) {
  const proves = owner !== undefined;
  /** @type {Begun} */
  const begun = await call("POST", path, { body, signal, proves });
  const publicKey = /** @type {PublicKeyCredentialCreationOptionsJSON} */ (begun.publicKey);
  if (proves && publicKey.user.id !== owner) throw signedOut();
  onPrompt?.();
  const response = await create(publicKey, signal, body.mediation);
  return complete("registration", begun, response, { attestation: response }, proves);
}

/**
 * Signs in.
 *
 * With `immediate`, and without a name, only a passkey that is on this device is offered, and where there is none
 * the call fails at once (`none_here`) in place of asking for a phone or a security key. `can("immediateGet")`
 * tells whether the browser does so; one that does not asks for any passkey.
 *
 * @param {string | null} [username] null: with any passkey of this site
 * @param {CeremonyOptions & {immediate?: boolean}} [options]
 * @returns {Promise<Result>}
 */
export async function signIn(username = null, { signal, onPrompt, immediate = false } = {}) {
  const begun = await beginSignIn(username, signal);
  const options = /** @type {PublicKeyCredentialRequestOptionsJSON} */ (begun.publicKey);
  const { timeout, allowCredentials = [] } = options;
  if (username !== null && timeout !== undefined && !allowCredentials.some(mayBeOnPhone)) {
    options.timeout = Math.min(timeout, WAIT_WITHOUT_PHONE);
  }
  onPrompt?.();
  const mode = immediate && username === null && (await can("immediateGet")) ? "immediate" : "optional";
  const response = await get(options, mode, signal);
  return complete("authentication", begun, response, { assertion: response });
}

/** @param {PublicKeyCredentialDescriptorJSON} descriptor */
const mayBeOnPhone = ({ transports = [] }) => transports.length === 0 || transports.includes("hybrid");

/**
 * @param {string | null} username
 * @param {AbortSignal} [signal]
 * @returns {Promise<Begun>}
 */
function beginSignIn(username, signal) {
  return call("POST", "authenticate/begin", { body: username === null ? {} : { username }, signal });
}

/**
 * Offers the passkeys of this site among the suggestions of a field with `autocomplete="username webauthn"`, until
 * a person picks one or `stop` is called. `onPicked` is given what completes the sign-in.
 *
 * @param {(complete: () => Promise<Result>) => void} onPicked
 * @returns {{stop: () => void, isWaiting: () => boolean}}
 */
export function autofill(onPicked) {
  let controller = new AbortController();
  let waiting = true;
  const stop = () => {
    waiting = false;
    controller.abort();
  };
  const wait = async () => {
    const { signal } = controller;
    await seen(signal);
    if (!(await hasAutofill()) || signal.aborted) return stop();
    const begun = await beginSignIn(null, signal);
    const { timeout } = begun.publicKey;
    if (timeout !== undefined) {
      const renewal = setTimeout(renew, timeout * RENEW_AFTER);
      signal.addEventListener("abort", () => clearTimeout(renewal));
    }
    const options = /** @type {PublicKeyCredentialRequestOptionsJSON} */ (begun.publicKey);
    const response = await get(options, "conditional", signal);
    if (signal.aborted) return;
    stop();
    onPicked(() => complete("authentication", begun, response, { assertion: response }));
  };
  const start = () => {
    const mine = controller;
    wait().catch(() => {
      // Nobody asked for this request: that the browser settled it without a passkey, or that the host had no
      // challenge to give, is not worth a word.
      if (mine === controller) stop();
    });
  };
  const renew = () => {
    controller.abort();
    controller = new AbortController();
    start();
  };
  start();
  return { stop, isWaiting: () => waiting };
}

/**
 * Resolves once the page is in view: one that nobody sees asks the host for nothing.
 *
 * @param {AbortSignal} signal
 */
async function seen(signal) {
  if (!document.hidden) return;
  await new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
  });
}

/**
 * @param {Ceremony["kind"]} kind
 * @param {Begun} begun
 * @param {any} response
 * @param {object} shown the response, as the call names it
 * @param {boolean} [proves]
 * @returns {Promise<Result>}
 */
async function complete(kind, begun, response, shown, proves = false) {
  const { publicKey: options, challenge_token: challengeToken } = begun;
  const ceremony = /** @type {Ceremony} */ ({ kind, options, challengeToken, response });
  const path = kind === "registration" ? "register/complete" : "authenticate/complete";
  const body = { ...shown, challenge_token: challengeToken, ...(isOwn ? { token: false } : {}) };
  try {
    /** @type {Answer} */
    const answer = await call("POST", path, { body, proves });
    if (!isOwn && answer.login_token && answer.expires_in) {
      login = { text: answer.login_token, until: Date.now() + answer.expires_in * 1000 };
    }
    return { answer, ceremony };
  } catch (error) {
    if (error instanceof Problem) error.ceremony = ceremony;
    await forgetUnknown(error);
    throw error;
  }
}

/** Lets the browser forget a passkey that nobody has. @param {unknown} error */
async function forgetUnknown(error) {
  const unknown = error instanceof Problem ? error.signal?.unknownCredential : undefined;
  if (unknown) await signalBrowser("signalUnknownCredential", unknown);
}

// ---- the account ----

/** The login token of the last sign-in, for a backend; null on the host's own origin, and when it is over. */
export function loginToken() {
  return login !== null && login.until > Date.now() ? login.text : null;
}

/** @returns {Promise<import("./portcullis.d.ts").Session | null>} null: nobody is signed in */
export async function session() {
  try {
    return await call("GET", "session", { proves: true });
  } catch (error) {
    if (error instanceof Problem && error.code === "login_required") return null;
    throw error;
  }
}

/** Ends the session. */
export async function signOut() {
  login = null;
  if (isOwn) await call("DELETE", "session", { proves: true });
}

/** @returns {Promise<import("./portcullis.d.ts").SessionItem[]>} all of the account's, newest first */
export const sessions = async () => (await call("GET", "sessions", { proves: true })).sessions;

/** @param {string} id */
export const endSession = (id) => call("DELETE", `sessions/${encodeURIComponent(id)}`, { proves: true });

/** Signs out everywhere. */
export async function endAllSessions() {
  await call("DELETE", "sessions", { proves: true });
  login = null;
}

/** @returns {Promise<import("./portcullis.d.ts").CredentialItem[]>} the passkeys of the account */
export const credentials = async () => (await call("GET", "credentials", { proves: true })).credentials;

/**
 * @param {string} id
 * @param {string | null} name null: none
 * @returns {Promise<import("./portcullis.d.ts").CredentialItem>}
 */
export const renameCredential = (id, name) =>
  call("PATCH", `credentials/${encodeURIComponent(id)}`, { body: { name }, proves: true });

/** @param {string} id */
export async function removeCredential(id) {
  const { signal } = await call("DELETE", `credentials/${encodeURIComponent(id)}`, { proves: true });
  await signalBrowser("signalAllAcceptedCredentials", signal.allAcceptedCredentials);
}

/** @returns {Promise<import("./portcullis.d.ts").Account>} */
export const account = () => call("GET", "account", { proves: true });

/**
 * @param {string | null} displayName null: the name itself
 * @returns {Promise<import("./portcullis.d.ts").Account>}
 */
export async function renameAccount(displayName) {
  const renamed = await call("PATCH", "account", { body: { displayName }, proves: true });
  await signalBrowser("signalCurrentUserDetails", renamed.signal.currentUserDetails);
  return renamed;
}

/** Deletes the account with all that belongs to it. */
export async function deleteAccount() {
  const { signal } = await account();
  await call("DELETE", "account", { proves: true });
  login = null;
  const none = { ...signal.allAcceptedCredentials, allAcceptedCredentialIds: [] };
  await signalBrowser("signalAllAcceptedCredentials", none);
}

/** @returns {Promise<string[]>} new recovery codes; those from before are void */
export const makeRecoveryCodes = async () => (await call("POST", "recovery/codes", { proves: true })).codes;

/**
 * A link that adds one passkey to the account, for another device. Asks for a fresh sign-in.
 *
 * @returns {Promise<import("./portcullis.d.ts").DeviceLink>}
 */
export const deviceLink = () => call("POST", "account/device", { proves: true });

// ---- approvals ----

/**
 * Asks for approvals of a document, in the name of who is signed in. The link for approvers is `approve.html` of the
 * host with `#request=` and the token.
 *
 * @param {import("./portcullis.d.ts").Asked} asked
 * @returns {Promise<import("./portcullis.d.ts").ApprovalBegun>}
 */
export const beginApproval = (asked) => call("POST", "approve/begin", { body: asked, proves: true });

/**
 * @param {string} token
 * @returns {Promise<import("./portcullis.d.ts").ApprovalRequest>} what the token asks for, as the host says
 */
export const approvalRequest = (token) => call("POST", "approve/show", { body: { token } });

/**
 * Approves what a token asks for, with any passkey of the site, and gives the receipt.
 *
 * @param {string} token
 * @param {CeremonyOptions & {receipts?: string[]}} [options] `receipts` of others, whose approvals the new one has too
 * @returns {Promise<import("./portcullis.d.ts").ApprovalReceipt>}
 */
export async function approve(token, { receipts = [], signal, onPrompt } = {}) {
  const { publicKey } = await approvalRequest(token);
  onPrompt?.();
  const response = await get(publicKey, "optional", signal);
  try {
    return await call("POST", "approve/complete", { body: { token, response, receipts } });
  } catch (error) {
    await forgetUnknown(error);
    throw error;
  }
}

/**
 * @param {number} threshold how many approvals it takes
 * @returns {Promise<object>} what a verifier of receipts trusts
 */
export const receiptTrust = (threshold) => call("GET", `approve/trust?threshold=${threshold}`);

/** @returns {Promise<import("./portcullis.d.ts").Settings>} what the host offers */
export const settings = () => call("GET", "page.json");

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, signal?: AbortSignal, proves?: boolean}} [how]
 * @returns {Promise<any>}
 */
async function call(method, path, { body, signal, proves = false } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  const token = proves ? loginToken() : null;
  if (token) headers["Authorization"] = `Bearer ${token}`;
  let response;
  let text;
  try {
    response = await fetch(new URL(path, root), {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: isOwn ? "same-origin" : "omit",
      cache: "no-store",
      signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Problem(path, { code: "unreachable", status: 0, detail: String(error) });
  }
  if (response.status === 204) return null;
  const json = parseObject(text);
  if (response.ok && json) return json;
  const code = typeof json?.code === "string" ? json.code : "unexpected_answer";
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const problem = { ...json, code, status: response.status };
  throw new Problem(path, problem, Number.isNaN(retryAfter) ? null : retryAfter);
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

// ---- the browser's side ----

/**
 * Why this browser, at this address, cannot do passkeys at all; null if it can.
 *
 * @returns {"insecure" | "ip_address" | "unsupported" | null}
 */
export function obstacle() {
  if (!window.isSecureContext) return "insecure";
  if (/^[\d.]+$/.test(location.hostname) || location.hostname.startsWith("[")) return "ip_address";
  if (!("PublicKeyCredential" in window) || !navigator.credentials) return "unsupported";
  return null;
}

/**
 * Whether the browser says that it has a capability: a name of `PublicKeyCredential.getClientCapabilities()`.
 *
 * @param {string} capability
 * @returns {Promise<boolean>}
 */
export async function can(capability) {
  if (obstacle() !== null) return false;
  const capabilities = await PublicKeyCredential.getClientCapabilities?.().catch(() => ({}));
  return /** @type {Record<string, boolean> | undefined} */ (capabilities)?.[capability] ?? false;
}

/** Can the browser offer passkeys in the name field's suggestions? */
async function hasAutofill() {
  if (obstacle() !== null) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/**
 * Tells the browser what the host knows, so that it need not offer what is gone. A hint: the browser may ignore it.
 *
 * @param {"signalUnknownCredential" | "signalAllAcceptedCredentials" | "signalCurrentUserDetails"} method
 * @param {object} details
 */
async function signalBrowser(method, details) {
  try {
    await /** @type {any} */ (PublicKeyCredential)[method]?.(details);
  } catch {
    // Nothing here depends on it.
  }
}

/**
 * `navigator.credentials.create`, JSON in and out.
 *
 * @param {PublicKeyCredentialCreationOptionsJSON} options
 * @param {AbortSignal} [signal]
 * @param {CredentialMediationRequirement} [mediation]
 * @returns {Promise<RegistrationResponseJSON>}
 */
export async function create(options, signal, mediation) {
  const credential = await ceremony("create", options, signal, () => {
    const publicKey =
      PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? parseCreationOptions(options);
    const request = /** @type {CredentialCreationOptions} */ ({ publicKey, signal, mediation });
    return navigator.credentials.create(request);
  });
  return toJSON(credential, registrationToJSON);
}

/**
 * `navigator.credentials.get`, JSON in and out.
 *
 * @param {PublicKeyCredentialRequestOptionsJSON} options
 * @param {CredentialMediationRequirement | "immediate"} mode how the browser asks; `immediate` is a `uiMode`
 * @param {AbortSignal} [signal]
 * @returns {Promise<AuthenticationResponseJSON>}
 */
export async function get(options, mode, signal) {
  const asked = mode === "immediate" ? { uiMode: mode } : { mediation: mode };
  const start = () => {
    const publicKey =
      PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? parseRequestOptions(options);
    const request = /** @type {CredentialRequestOptions} */ ({ publicKey, signal, ...asked });
    return navigator.credentials.get(request);
  };
  const credential = await ceremony("get", options, signal, start, mode);
  return toJSON(credential, authenticationToJSON);
}

/** No person cancels a prompt this fast: the browser refused before it showed one. Milliseconds. */
const BEFORE_ANY_PROMPT = 150;

/**
 * @param {"create" | "get"} call
 * @param {{timeout?: number, hints?: string[], rpId?: string, rp?: {id?: string}}} options
 * @param {AbortSignal | undefined} signal
 * @param {() => Promise<Credential | null>} start
 * @param {string} [mode]
 * @returns {Promise<PublicKeyCredential>}
 */
async function ceremony(call, options, signal, start, mode) {
  const began = performance.now();
  try {
    const credential = await start();
    if (credential === null) throw new DOMException("no credential", "NotAllowedError");
    return /** @type {PublicKeyCredential} */ (credential);
  } catch (error) {
    const took = performance.now() - began;
    const code = signal?.aborted ? "AbortError" : error instanceof Error ? error.name : "UnknownError";
    const reason = await reasonOf(code, took, options, mode);
    throw new CeremonyError(call, code, reason, options.rp?.id ?? options.rpId ?? location.hostname);
  }
}

/**
 * Browsers tell a page little on purpose: a dismissed prompt, a time-out, a missing passkey and a device without a
 * screen lock are all `NotAllowedError`. Time, capabilities and hints tell some of them apart.
 *
 * @param {string} code
 * @param {number} took milliseconds
 * @param {{timeout?: number, hints?: string[]}} options
 * @param {string} [mode]
 * @returns {Promise<import("./portcullis.d.ts").Cause>}
 */
async function reasonOf(code, took, { timeout = Infinity, hints = [] }, mode) {
  if (code === "AbortError") return "cancelled";
  if (code === "TimeoutError" || (code === "NotAllowedError" && took >= timeout)) return "timed_out";
  if (code !== "NotAllowedError") return "other";
  if (!document.hasFocus()) return "not_in_front";
  if (mode === "immediate") return "none_here";
  const hasLock = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => true);
  if (hasLock === false || (hints.length > 0 && !hints.includes("client-device"))) {
    // A computer that keeps no passkeys itself has asked for a phone or a security key, and one of those declined.
    return isMobile() && hints.length === 0 ? "no_screen_lock" : "key_declined";
  }
  return took < BEFORE_ANY_PROMPT ? "no_prompt" : "dismissed";
}

/** A phone or tablet keeps passkeys wherever it has a screen lock. */
function isMobile() {
  const { userAgentData } = /** @type {{userAgentData?: {mobile: boolean}}} */ (/** @type {unknown} */ (navigator));
  return userAgentData?.mobile || /Android|iPhone|iPad/.test(navigator.userAgent);
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
