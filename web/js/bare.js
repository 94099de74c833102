// @ts-check
/**
 * A response alone, made a check: what it says itself is filled in, the rest is asked for.
 */

import { element, input } from "./dom.js";
import { bytesOf, sha256 } from "./bytes.js";
import { words } from "./words.js";

/**
 * A key that this page has seen registered.
 *
 * @typedef {{publicKey: string, signCount: number, backupEligible?: boolean, backupState?: boolean}} SeenKey
 */

/** The fields of the form, by the member of the check that they are. */
const FIELDS = ["kind", "rpId", "origin", "challenge", "userVerification", "publicKey", "signCount"];

/** The response that the form is of. @type {any} */
let response = null;

/**
 * Fills the form for a response.
 *
 * @param {any} value
 * @param {import("./paste.js").Context} context what was found beside it
 * @param {SeenKey | undefined} seen
 */
export async function openForm(value, context, seen) {
  response = value;
  const said = clientDataOf(value);
  const kind = kindOf(value, said);
  const named = await rpIdOf(value, said.origin);
  if (response !== value) return;
  fill("kind", kind, "");
  fill("rpId", context.rpId ?? named.rpId, context.rpId ? "beside" : named.from);
  fill("origin", said.origin ?? "", said.origin ? "client" : "asked");
  const challenge = context.challenge ?? said.challenge;
  fill("challenge", challenge ?? "", context.challenge ? "beside" : challenge ? "client_challenge" : "asked");
  fill("userVerification", context.userVerification ?? "preferred", context.userVerification ? "beside" : "");
  fill("publicKey", seen?.publicKey ?? "", seen ? "seen" : "asked");
  fill("signCount", String(seen?.signCount ?? 0), seen ? "seen" : "");
  showKind();
  element("bare").hidden = false;
}

export function closeForm() {
  response = null;
  element("bare").hidden = true;
}

/** Whether the challenge is the response's own, so that nothing is shown by its being right. */
export const isChallengeItsOwn = () =>
  response !== null && field("challenge").value === clientDataOf(response).challenge && source("challenge") !== "beside";

/** The check that form and response make. */
export function checkOfForm() {
  const value = (/** @type {string} */ name) => field(name).value.trim();
  const kind = value("kind");
  /** @type {Record<string, any>} */
  const check = {
    kind,
    rpId: value("rpId"),
    origins: value("origin").split(/[\s,]+/).filter(Boolean),
    challenge: value("challenge"),
    userVerification: value("userVerification"),
  };
  if (kind === "authentication" && value("publicKey") !== "") {
    check["credential"] = {
      id: response.id ?? response.rawId,
      publicKey: asJsonOrText(value("publicKey")),
      signCount: Number(value("signCount")) || 0,
    };
  }
  return { ...check, response };
}

/**
 * Calls back at each change.
 *
 * @param {() => void} changed
 */
export function wireForm(changed) {
  element("bare").addEventListener("input", (event) => {
    const name = event.target instanceof HTMLElement ? event.target.id.replace("bare-", "") : "";
    if (FIELDS.includes(name)) say(name, "");
    showKind();
    changed();
  });
  element("bare").addEventListener("submit", (event) => event.preventDefault());
}

/** A sign-in alone needs a key. */
function showKind() {
  element("bare-key").hidden = field("kind").value !== "authentication";
}

/** @param {string} name */
const field = (name) => input(`bare-${name}`);

/** @param {string} name */
const source = (name) => element(`bare-${name}-from`).dataset["from"];

/**
 * @param {string} name
 * @param {string} value
 * @param {string} from where it is from
 */
function fill(name, value, from) {
  field(name).value = value;
  say(name, from);
}

/**
 * @param {string} name
 * @param {string} from
 */
function say(name, from) {
  const place = document.getElementById(`bare-${name}-from`);
  if (place === null) return;
  place.dataset["from"] = from;
  place.textContent = from === "" ? "" : words(`bare.from_${from}`);
}

/** A JWK, a Buffer: judged as what was stored. @param {string} text */
function asJsonOrText(text) {
  if (!/^[[{"]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What the client says, as far as it can be read: each a text or missing.
 *
 * @param {any} value
 * @returns {{type?: string, origin?: string, challenge?: string}}
 */
export function clientDataOf(value) {
  const inner = member(value, "response") ?? value;
  const encoded = member(inner, "clientDataJSON");
  /** @type {any} */
  let said = null;
  try {
    const bytes = bytesOf(encoded);
    said = JSON.parse(bytes === null ? String(encoded) : new TextDecoder().decode(bytes));
  } catch {
    // What it is, the verdict will say.
  }
  const text = (/** @type {string} */ name) => (typeof said?.[name] === "string" ? said[name] : undefined);
  return { type: text("type"), origin: text("origin"), challenge: text("challenge") };
}

/**
 * @param {any} value
 * @param {{type?: string}} said
 */
function kindOf(value, { type }) {
  if (type === "webauthn.create") return "registration";
  if (type === "webauthn.get") return "authentication";
  return member(member(value, "response") ?? value, "attestationObject") === undefined ? "authentication" : "registration";
}

/**
 * A member, in whatever case its name is written.
 *
 * @param {any} value
 * @param {string} name
 */
function member(value, name) {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.keys(value).find((key) => key.replaceAll("_", "").toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : value[found];
}

/** Names above a host that are tried. */
const PARENTS = 8;

/**
 * The RP ID whose hash the authenticator sent, if it is the origin's host or a domain above it; else that host.
 *
 * @param {any} value
 * @param {string | undefined} origin
 * @returns {Promise<{rpId: string, from: string}>}
 */
async function rpIdOf(value, origin) {
  const host = hostOf(origin);
  const hash = rpIdHashOf(member(value, "response") ?? value);
  if (host === undefined) return { rpId: "", from: "asked" };
  if (hash === null) return { rpId: host, from: "client" };
  const labels = host.split(".");
  for (let first = 0; first < Math.min(labels.length, PARENTS); first += 1) {
    const name = labels.slice(first).join(".");
    const named = await sha256(new TextEncoder().encode(name));
    if (named === null) return { rpId: host, from: "client" };
    if (named.every((byte, index) => byte === hash[index])) return { rpId: name, from: "hash" };
  }
  return { rpId: host, from: "host" };
}

/** @param {string | undefined} origin */
function hostOf(origin) {
  try {
    return new URL(origin ?? "").hostname || undefined;
  } catch {
    return undefined;
  }
}

/** `authData` as a key of an attestation object. */
const AUTH_DATA = [0x68, 0x61, 0x75, 0x74, 0x68, 0x44, 0x61, 0x74, 0x61];

/**
 * @param {any} inner
 * @returns {Uint8Array | null}
 */
function rpIdHashOf(inner) {
  const data = bytesOf(member(inner, "authenticatorData"));
  if (data !== null && data.length >= 37) return data.subarray(0, 32);
  const object = bytesOf(member(inner, "attestationObject"));
  const at = object?.findIndex((_, index) => AUTH_DATA.every((byte, offset) => object[index + offset] === byte)) ?? -1;
  if (object === null || at < 0) return null;
  const head = object[at + AUTH_DATA.length];
  // The head of a byte string: of one or two bytes of length.
  const start = at + AUTH_DATA.length + (head === 0x59 ? 3 : 2);
  return object.length >= start + 37 ? object.subarray(start, start + 32) : null;
}
