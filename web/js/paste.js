// @ts-check
/**
 * Finds what WebAuthn sends within what a person has at hand: JSON, a line of a log, a `curl`, a HAR, an object as a
 * console prints it. Pure: text in, findings out.
 */

/**
 * @typedef {object} Found
 * @property {"check" | "response" | "options" | "settings"} kind
 * @property {any} value
 * @property {string} text its JSON: as it was written, where that can be said
 * @property {"json" | "curl" | "har" | "console" | "within"} from what it was found in
 * @property {Context} context what stood around it
 */

/**
 * What the ceremony was begun with, as far as it stood beside the response.
 *
 * @typedef {object} Context
 * @property {string} [challenge]
 * @property {string} [rpId]
 * @property {string} [userVerification]
 */

/** Objects that are looked at, from the outside in. */
const LOOKED_AT = 20_000;

/** Members of an object that are looked at. */
const MEMBERS = 64;

/** The longest object within other text: longer than any genuine response, of which a body on the wire has at most half. */
const OBJECT_MAX = 262_144;

/** Characters that are read in search of one; each attempt costs some more. */
const SEARCHED = 4 * OBJECT_MAX;
const ATTEMPT = 256;

/**
 * @param {string} text
 * @returns {Found | null} null: nothing that can be judged
 */
export function find(text) {
  const trimmed = text.trim();
  const whole = parse(trimmed);
  if (whole !== undefined) return isHar(whole) ? ofHar(whole) : ofJson(whole, trimmed, "json");
  const body = bodyOfCurl(trimmed);
  if (body !== null) {
    const found = ofText(body, "curl");
    if (found) return found;
  }
  return ofText(trimmed, "within");
}

/**
 * @param {string} text
 * @param {Found["from"]} from
 * @returns {Found | null}
 */
function ofText(text, from) {
  const whole = parse(text);
  if (whole !== undefined) return ofJson(whole, text, from);
  let left = SEARCHED;
  for (let at = text.indexOf("{"); at >= 0 && left > 0; ) {
    const end = endOfObject(text, at);
    left -= ATTEMPT + (end ?? Math.min(text.length, at + OBJECT_MAX)) - at;
    if (end === null) {
      at = text.indexOf("{", at + 1);
      continue;
    }
    const piece = text.slice(at, end);
    const strict = parse(piece);
    const value = strict ?? parse(asJson(piece));
    const found = value === undefined ? null : ofJson(value, strict === undefined ? null : piece, from);
    if (found) return strict === undefined && from === "within" ? { ...found, from: "console" } : found;
    at = text.indexOf("{", value === undefined ? at + 1 : end);
  }
  return null;
}

/**
 * The outermost thing within a value that can be judged.
 *
 * @param {any} value
 * @param {string | null} text as it was written, where it was JSON
 * @param {Found["from"]} from
 * @returns {Found | null}
 */
function ofJson(value, text, from) {
  /** @type {Context} */
  const context = {};
  const queue = [{ value, text }];
  // What is found is added to the list while it is gone through.
  for (const { value: next, text: written } of queue) {
    if (typeof next === "string") {
      const inner = next.length < OBJECT_MAX && /^\s*[{["]/.test(next) ? parse(next) : undefined;
      if (inner !== undefined) queue.push({ value: inner, text: next });
      continue;
    }
    if (typeof next !== "object" || next === null) continue;
    const kind = Array.isArray(next) ? null : kindOf(next);
    if (!Array.isArray(next)) gather(next, context);
    if (kind) return { kind, value: next, text: written ?? JSON.stringify(next, null, 2), from, context };
    for (const inner of Array.isArray(next) ? next.slice(0, LOOKED_AT) : Object.values(next)) {
      if (queue.length >= LOOKED_AT) break;
      if (typeof inner === "object" || typeof inner === "string") queue.push({ value: inner, text: null });
    }
  }
  return null;
}

/**
 * @param {any} value an object
 * @returns {Found["kind"] | null}
 */
export function kindOf(value) {
  const { response } = value;
  const states = ["kind", "rpId", "origins", "challenge"].filter((name) => name in value).length;
  if ("response" in value && states >= 2) return "check";
  if (typeof response === "object" && response !== null && isInner(response)) return "response";
  if (isInner(value)) return "response";
  if ("creation" in value || "request" in value) return "settings";
  const options = typeof value.publicKey === "object" && value.publicKey !== null ? value.publicKey : value;
  if ("challenge" in options && ("pubKeyCredParams" in options || "rp" in options || "user" in options)) return "options";
  if ("challenge" in options && ("allowCredentials" in options || "rpId" in options)) return "options";
  return null;
}

/** Whether an object is what a response holds within. @param {any} inner */
function isInner(inner) {
  const wanted = ["clientdatajson", "attestationobject", "authenticatordata"];
  let [found, looked] = [0, 0];
  for (const name in inner) {
    if (wanted.includes(name.replaceAll("_", "").toLowerCase())) found += 1;
    if ((looked += 1) === MEMBERS) break;
  }
  return found >= 2;
}

/**
 * What is around a response: options that were sent, or a challenge token of Portcullis, which shows them too.
 *
 * @param {any} value
 * @param {Context} context
 */
function gather(value, context) {
  const token = typeof value.challenge_token === "string" ? claimsOf(value.challenge_token) : null;
  const options = value.publicKey ?? value;
  const challenge = token?.challenge ?? (kindOf(options) === "options" ? options.challenge : undefined);
  if (typeof challenge !== "string") return;
  context.challenge = challenge;
  const rpId = token?.rp_id ?? options.rp?.id ?? options.rpId;
  if (typeof rpId === "string") context.rpId = rpId;
  const verification = token?.user_verification ?? options.authenticatorSelection?.userVerification ?? options.userVerification;
  if (typeof verification === "string") context.userVerification = verification;
}

/** The claims of a token, as they stand: nothing is verified. @param {string} token */
function claimsOf(token) {
  try {
    return JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}

/** @param {any} value */
const isHar = (value) => Array.isArray(value?.log?.entries) || (value?.request?.postData !== undefined && "response" in value);

/**
 * The last response that a browser sent, in the bodies of a HAR or of one of its entries.
 *
 * @param {any} har
 * @returns {Found | null}
 */
function ofHar(har) {
  const entries = har.log?.entries ?? [har];
  /** @type {Context} */
  const context = {};
  /** @type {Found | null} */
  let found = null;
  for (const entry of entries) {
    const sent = parse(entry?.request?.postData?.text ?? "");
    const sentFound = sent === undefined ? null : ofJson(sent, entry.request.postData.text, "har");
    if (sentFound && (sentFound.kind === "response" || found === null)) {
      found = { ...sentFound, context: { ...context, ...sentFound.context } };
    }
    const content = entry?.response?.content;
    const body = content?.encoding === "base64" ? decoded(content.text ?? "") : content?.text;
    const got = typeof body === "string" && body.length < OBJECT_MAX ? parse(body) : undefined;
    const gotFound = got === undefined ? null : ofJson(got, body, "har");
    if (gotFound?.kind === "options") {
      gather(gotFound.value, context);
      found ??= gotFound;
    }
  }
  return found;
}

/** @param {string} text base64 */
function decoded(text) {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/**
 * The body of a `curl`, with the shell's quotes undone; null where it is none.
 *
 * @param {string} text
 */
function bodyOfCurl(text) {
  if (!/^\$?\s*curl\s/.test(text)) return null;
  const option = /\s(?:--data(?:-raw|-binary|-ascii|-urlencode)?|--json|-d)(?:\s+|=)?/.exec(text);
  if (option === null) return null;
  let at = option.index + option[0].length;
  let body = "";
  // Quoted pieces that touch are one word.
  while (at < text.length && !/\s/.test(text[at] ?? " ")) {
    const ansi = text.startsWith("$'", at);
    const quote = ansi ? "'" : text[at];
    if (quote === "'" || quote === '"') {
      at += ansi ? 2 : 1;
      for (; at < text.length && text[at] !== quote; at += 1) {
        const escapes = text[at] === "\\" && (ansi || (quote === '"' && /["\\$`\n]/.test(text[at + 1] ?? "")));
        if (escapes) at += 1;
        body += escapes && ansi ? escapedInAnsi(text[at] ?? "") : text[at];
      }
      at += 1;
    } else {
      if (text[at] === "\\") at += 1;
      body += text[at] ?? "";
      at += 1;
    }
  }
  return body;
}

/** @param {string} character behind a backslash in `$'…'` */
const escapedInAnsi = (character) => ({ n: "\n", r: "\r", t: "\t" })[character] ?? character;

/**
 * Where the object that begins at `at` is over.
 *
 * @param {string} text
 * @param {number} at
 * @returns {number | null}
 */
function endOfObject(text, at) {
  let depth = 0;
  let quote = "";
  for (let index = at; index < text.length && index - at < OBJECT_MAX; index += 1) {
    const character = text[index];
    if (quote) {
      if (character === "\\") index += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return null;
}

/** What a console prints that JSON would not have. */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|<Buffer(?: [0-9a-f]{2})*(?: \.\.\. \d+ more bytes)?>|[A-Za-z_$][\w$]*(?:\(\d+\))?(?=\s*[{[])|[A-Za-z_$][\w$]*|[^"'`A-Za-z_$<]+|./gs;

/**
 * An object as a console prints it, as JSON: names without quotes, single quotes, the names of classes, `undefined`.
 *
 * @param {string} text
 */
function asJson(text) {
  const pieces = (text.match(TOKEN) ?? []).map((token, index, tokens) => {
    const [first] = token;
    if (first === '"') return token;
    if (first === "'" || first === "`") {
      const inner = token.slice(1, -1).replace(/\\(['`])/g, "$1").replace(/(?<!\\)"/g, '\\"');
      return `"${inner.replaceAll("\n", "\\n")}"`;
    }
    if (token.startsWith("<Buffer")) {
      const bytes = (token.match(/ [0-9a-f]{2}(?= |>)/g) ?? []).map((byte) => Number.parseInt(byte, 16));
      return JSON.stringify({ type: "Buffer", data: bytes });
    }
    if (["true", "false", "null"].includes(token)) return token;
    if (["undefined", "None"].includes(token)) return "null";
    if (token === "True" || token === "False") return token.toLowerCase();
    if (/^[A-Za-z_$]/.test(token)) {
      // The name of a class comes before its braces, that of a member before its colon.
      return /^\s*[{[]/.test(tokens[index + 1] ?? "") ? "" : `"${token}"`;
    }
    return token.replace(/,(\s*[}\]])/g, "$1");
  });
  return pieces.join("");
}

/** @param {string} text @returns {any} undefined: not JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
