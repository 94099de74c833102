// @ts-check
/** Bytes, and texts that hold them. */

/**
 * The bytes of a text in base64url or base64; null where it is neither.
 *
 * @param {unknown} text
 * @returns {Uint8Array<ArrayBuffer> | null}
 */
export function bytesOf(text) {
  if (typeof text !== "string") return null;
  try {
    const characters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes */
export function base64urlOf(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Null where the page is not a secure one, so that the browser hashes nothing.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function sha256(bytes) {
  const subtle = globalThis.crypto?.subtle;
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : null;
}
