// @ts-check
/**
 * Every option of `navigator.credentials.create` and `get` in a form, and the check that options and answer make.
 */

import { base64urlOf, bytesOf } from "./bytes.js";
import { make } from "./dom.js";
import { words } from "./words.js";

/** @typedef {"create" | "get"} Call */
/** @typedef {{publicKey: any, mediation: string | undefined}} Options */

/**
 * @typedef {object} Option
 * @property {string} name its path in the options; `mediation` is beside `publicKey`
 * @property {Call[]} of
 * @property {"text" | "number" | "choice" | "many" | "list" | "json"} type
 * @property {string[]} [choices]
 * @property {() => string} [initial]
 */

/** @type {Call[]} */
const BOTH = ["create", "get"];
/** @type {Call[]} */
const CREATE = ["create"];
/** @type {Call[]} */
const GET = ["get"];

/** @param {number} length */
const random = (length) => base64urlOf(crypto.getRandomValues(new Uint8Array(length)));

/** Algorithms, by their numbers in COSE. */
const ALGORITHMS = ["-7", "-257", "-8", "-35", "-36", "-47", "-53", "-37", "-38", "-39", "-258", "-259", "-48", "-49", "-50"];
const WISHES = ["required", "preferred", "discouraged"];

/** WebAuthn Level 3, sections 5.4 and 5.5. @type {Option[]} */
const OPTIONS = [
  { name: "challenge", of: BOTH, type: "text", initial: () => random(32) },
  { name: "timeout", of: BOTH, type: "number", initial: () => "300000" },
  { name: "rp.id", of: CREATE, type: "text" },
  { name: "rp.name", of: CREATE, type: "text", initial: () => "Inspector" },
  { name: "rpId", of: GET, type: "text" },
  { name: "user.id", of: CREATE, type: "text", initial: () => random(32) },
  { name: "user.name", of: CREATE, type: "text", initial: () => "inspector" },
  { name: "user.displayName", of: CREATE, type: "text", initial: () => "Inspector" },
  { name: "authenticatorSelection.authenticatorAttachment", of: CREATE, type: "choice", choices: ["platform", "cross-platform"] },
  { name: "authenticatorSelection.residentKey", of: CREATE, type: "choice", choices: WISHES, initial: () => "preferred" },
  { name: "authenticatorSelection.requireResidentKey", of: CREATE, type: "choice", choices: ["true", "false"] },
  { name: "authenticatorSelection.userVerification", of: CREATE, type: "choice", choices: WISHES },
  { name: "userVerification", of: GET, type: "choice", choices: WISHES },
  { name: "attestation", of: CREATE, type: "choice", choices: ["none", "indirect", "direct", "enterprise"] },
  { name: "mediation", of: BOTH, type: "choice", choices: ["conditional", "optional", "required", "silent"] },
  { name: "excludeCredentials", of: CREATE, type: "list" },
  { name: "allowCredentials", of: GET, type: "list" },
  { name: "pubKeyCredParams", of: CREATE, type: "many", choices: ALGORITHMS, initial: () => "-7 -257 -8" },
  { name: "hints", of: BOTH, type: "many", choices: ["security-key", "client-device", "hybrid"] },
  { name: "attestationFormats", of: CREATE, type: "many", choices: ["packed", "tpm", "android-key", "apple", "fido-u2f", "none"] },
  { name: "extensions", of: BOTH, type: "json" },
];

/**
 * Builds the form; its fields are named after the options.
 *
 * @param {HTMLElement} form
 */
export function buildForm(form) {
  const call = make("select", "", ...BOTH.map((name) => optionOf(name, `navigator.credentials.${name}`)));
  call.id = "capture-call";
  const go = make("button", "primary", words("capture.go"));
  go.id = "capture-go";
  const stop = make("button", "", words("capture.stop"));
  stop.id = "capture-stop";
  stop.setAttribute("type", "button");
  stop.hidden = true;
  form.replaceChildren(
    make("div", "fields-form", make("p", "wide", labelOf(call.id, words("capture.call")), call), ...OPTIONS.map(fieldOf)),
    make("div", "actions", go, stop),
  );
  const show = () => {
    for (const { name, of } of OPTIONS) {
      const place = form.querySelector(`[data-option="${name}"]`);
      if (place instanceof HTMLElement) place.hidden = !of.includes(callOf(form));
    }
  };
  call.addEventListener("change", show);
  show();
}

/** @param {Option} option */
function fieldOf({ name, type, choices = [], initial }) {
  const value = initial?.() ?? "";
  if (type === "many") {
    const chosen = value.split(" ");
    const ticks = choices.map((choice) => {
      const tick = /** @type {HTMLInputElement} */ (make("input", ""));
      Object.assign(tick, { type: "checkbox", name, value: choice, checked: chosen.includes(choice) });
      return make("label", "", tick, choice);
    });
    const group = make("fieldset", "wide ticks", make("legend", "", name), ...ticks);
    group.dataset["option"] = name;
    return group;
  }
  const field = /** @type {HTMLInputElement} */ (make(type === "choice" ? "select" : type === "json" ? "textarea" : "input", ""));
  if (type === "choice") field.append(...["", ...choices].map((choice) => optionOf(choice, choice || words("capture.unset"))));
  if (type === "number") field.type = "number";
  if (type === "json") field.setAttribute("rows", "3");
  if (type === "json") field.placeholder = '{"credProps": true}';
  Object.assign(field, { id: `capture-${name}`, name, autocomplete: "off", spellcheck: false, value });
  const place = make("p", type === "json" || type === "list" ? "wide" : "", labelOf(field.id, name), field);
  place.dataset["option"] = name;
  return place;
}

/**
 * @param {string} value
 * @param {string} text
 */
function optionOf(value, text) {
  const option = make("option", "", text);
  option.setAttribute("value", value);
  return option;
}

/**
 * @param {string} id
 * @param {string} text
 */
function labelOf(id, text) {
  const label = make("label", "", text);
  label.setAttribute("for", id);
  return label;
}

/** @param {HTMLElement} form @returns {Call} */
export const callOf = (form) =>
  /** @type {HTMLSelectElement} */ (form.querySelector("#capture-call")).value === "get" ? "get" : "create";

/**
 * The options as the form has them, in the JSON of Level 3.
 *
 * @param {HTMLFormElement} form
 * @returns {Options}
 */
export function optionsOf(form) {
  const data = new FormData(form);
  /** @type {any} */
  const publicKey = {};
  let mediation;
  for (const { name, of, type } of OPTIONS) {
    if (!of.includes(callOf(form))) continue;
    const value = valueOf(name, type, data.getAll(name).map(String));
    if (value === undefined) continue;
    if (name === "mediation") mediation = value;
    else put(publicKey, name.split("."), value);
  }
  return { publicKey, mediation };
}

/**
 * @param {string} name
 * @param {Option["type"]} type
 * @param {string[]} values
 * @returns {any} undefined: not set
 */
function valueOf(name, type, values) {
  if (name === "pubKeyCredParams") return values.map((alg) => ({ type: "public-key", alg: Number(alg) }));
  if (type === "many") return values.length > 0 ? values : undefined;
  const text = (values[0] ?? "").trim();
  if (text === "") return undefined;
  if (type === "number") return Number(text);
  if (type === "list") return text.split(/[\s,]+/).map((id) => ({ type: "public-key", id }));
  if (type === "json") return JSON.parse(text);
  return text === "true" || text === "false" ? text === "true" : text;
}

/**
 * @param {any} object
 * @param {string[]} path
 * @param {any} value
 */
function put(object, [first = "", ...rest], value) {
  if (rest.length === 0) object[first] = value;
  else put((object[first] ??= {}), rest, value);
}

/**
 * Asks the browser; its answer as JSON. What it throws is what the browser said.
 *
 * @param {Call} call
 * @param {Options} options
 * @param {AbortSignal} signal
 */
export async function askBrowser(call, { publicKey, mediation }, signal) {
  const parse = call === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  const parsed = /** @type {any} */ (PublicKeyCredential)[parse]?.(publicKey) ?? parsedHere(publicKey);
  const options = /** @type {any} */ ({ publicKey: parsed, signal, ...(mediation ? { mediation } : {}) });
  const credential = await navigator.credentials[call](options);
  return /** @type {PublicKeyCredential} */ (credential).toJSON();
}

/** For browsers that read no JSON. @param {any} options */
function parsedHere(options) {
  const ids = (/** @type {any[] | undefined} */ list) => list?.map((item) => ({ ...item, id: bytesOf(item.id) }));
  return {
    ...options,
    challenge: bytesOf(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytesOf(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: ids(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: ids(options.allowCredentials) }),
  };
}

/**
 * The check that options and answer make.
 *
 * @param {Call} call
 * @param {Options} options
 * @param {any} response
 * @param {import("./bare.js").SeenKey | undefined} seen the key of the passkey that answered
 */
export function checkOf(call, { publicKey, mediation }, response, seen) {
  const common = {
    origins: [location.origin],
    challenge: publicKey.challenge,
    ...(mediation === "conditional" && { mediation }),
  };
  if (call === "create") {
    const algorithms = publicKey.pubKeyCredParams?.map((/** @type {any} */ { alg }) => alg);
    return {
      kind: "registration",
      rpId: publicKey.rp?.id ?? location.hostname,
      ...common,
      userVerification: publicKey.authenticatorSelection?.userVerification,
      // An empty list means both of the browser's defaults.
      algorithms: algorithms?.length > 0 ? algorithms : undefined,
      response,
    };
  }
  return {
    kind: "authentication",
    rpId: publicKey.rpId ?? location.hostname,
    ...common,
    userVerification: publicKey.userVerification,
    allowCredentials: publicKey.allowCredentials?.map((/** @type {any} */ { id }) => id),
    credential: seen && { id: response.id, ...seen },
    response,
  };
}
