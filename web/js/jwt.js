// @ts-check
/**
 * What a token says. Nothing here is verified: that is for those who rely on it.
 *
 * @param {string | undefined} token
 * @returns {Record<string, unknown>}
 */
export function claimsOf(token) {
  const payload = token?.split(".")[1];
  if (payload === undefined) return {};
  try {
    const binary = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}
