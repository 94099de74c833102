// @ts-check
/**
 * Examples for the inspector: a sign-in at example.org with a synced passkey, made for this page.
 */

const ACCEPTED = {
  kind: "authentication",
  rpId: "example.org",
  origins: [
    "https://example.org"
  ],
  challenge: "_0BhAkwIYXmusuAwIvgfXFjQCW__S556gEiLweUwhZM",
  userVerification: "required",
  credential: {
    id: "uPBa0fSg2cb-MiHKkKQvjw",
    publicKey: "pQECAyYgASFYICo7uWGZeZeqZnztCNUnqiwXTWHwxHkBfgshJ880TW8hIlggtjPAMNpyxB4QGYjZW9da1PwLWR4Y8bObAl0JRg4WLWw",
    signCount: 0,
    backupEligible: true,
    backupState: true
  },
  response: {
    id: "uPBa0fSg2cb-MiHKkKQvjw",
    rawId: "uPBa0fSg2cb-MiHKkKQvjw",
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiXzBCaEFrd0lZWG11c3VBd0l2Z2ZYRmpRQ1dfX1M1NTZnRWlMd2VVd2haTSIsIm9yaWdpbiI6Imh0dHBzOi8vZXhhbXBsZS5vcmciLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      authenticatorData: "v6vDdDKViwYzYNOtZGHJxHNa5_jt1GWSpeDwFFKy5LUdAAAAAA",
      signature: "MEUCIQDY8Bgolh19ImlgvM6O5HDIZDp5BWOsi2k9fKTppujA3QIgJX0_ffJUi_x_lpGS3XsR93i0Ke1yHAwp7fJRPdkQmb8"
    }
  }
};

/** A page of another origin has asked for the same sign-in. */
const REFUSED = { ...ACCEPTED, origins: ["https://shop.example.org"] };

const response = JSON.stringify(ACCEPTED.response, null, 2);

/** @type {Record<string, string>} */
export const EXAMPLES = {
  accepted: JSON.stringify(ACCEPTED, null, 2),
  refused: JSON.stringify(REFUSED, null, 2),
  // As a log that keeps only so many characters would have it.
  broken: response.slice(0, Math.floor(response.length * 0.6)),
};
