//! What numbers and identifiers mean.

/// AAGUIDs of widely used authenticators, from their vendors' and the FIDO Alliance's public
/// listings, as of 2026-11. A registration with `none` proves nothing about its AAGUID.
const AUTHENTICATORS: &[([u8; 16], &str)] = &[
    (
        uuid(0xea9b_8d66_4d01_1d21_3ce4_b6b4_8cb5_75d4),
        "Google Password Manager",
    ),
    (
        uuid(0xfbfc_3007_154e_4ecc_8c0b_6e02_0557_d7bd),
        "Apple Passwords",
    ),
    (
        uuid(0xdd4e_c289_e01d_41c9_bb89_70fa_845d_4bf2),
        "iCloud Keychain (managed)",
    ),
    (
        uuid(0xadce_0002_35bc_c60a_648b_0b25_f1f0_5503),
        "Chrome on Mac",
    ),
    (
        uuid(0x0898_7058_cadc_4b81_b6e1_30de_50dc_be96),
        "Windows Hello",
    ),
    (
        uuid(0x9ddd_1817_af5a_4672_a2b9_3e3d_d950_00a9),
        "Windows Hello",
    ),
    (
        uuid(0x6028_b017_b1d4_4c02_b4b3_afcd_afc9_6bb2),
        "Windows Hello",
    ),
    (uuid(0xbada_5566_a7aa_401f_bd96_4561_9a55_120d), "1Password"),
    (uuid(0xd548_826e_79b4_db40_a3d8_1111_6f7e_8349), "Bitwarden"),
    (uuid(0x5311_26d6_e717_415c_9320_3d9a_a698_1239), "Dashlane"),
    (
        uuid(0xcb69_481e_8ff7_4039_93ec_0a27_29a1_54a8),
        "YubiKey 5 Series",
    ),
    (
        uuid(0xee88_2879_721c_4913_9775_3dfc_ce97_072a),
        "YubiKey 5 Series",
    ),
    (
        uuid(0xfa2b_99dc_9e39_4257_8f92_4a30_d23c_4118),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0x2fc0_579f_8113_47ea_b116_bb5a_8db9_202a),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0xc5ef_55ff_ad9a_4b9f_b580_adeb_afe0_26d0),
        "YubiKey 5 Series with Lightning",
    ),
    (uuid(0), "not told"),
];

const fn uuid(number: u128) -> [u8; 16] {
    number.to_be_bytes()
}

/// The product that an AAGUID belongs to, where it is known here.
pub(super) fn authenticator(aaguid: &[u8; 16]) -> &'static str {
    AUTHENTICATORS
        .iter()
        .find(|(known, _)| known == aaguid)
        .map_or("the authenticator's model, not known here", |(_, name)| {
            name
        })
}

/// A COSE algorithm (IANA "COSE Algorithms").
pub(super) const fn algorithm(value: i64) -> &'static str {
    match value {
        -7 => "ES256: ECDSA with SHA-256, in WebAuthn on P-256",
        -8 => "EdDSA, in WebAuthn Ed25519",
        -9 => "ESP256: ECDSA on P-256 with SHA-256",
        -19 => "Ed25519",
        -35 => "ES384: ECDSA with SHA-384, in WebAuthn on P-384",
        -36 => "ES512: ECDSA with SHA-512, in WebAuthn on P-521",
        -37 => "PS256: RSASSA-PSS with SHA-256",
        -38 => "PS384: RSASSA-PSS with SHA-384",
        -39 => "PS512: RSASSA-PSS with SHA-512",
        -47 => "ES256K: ECDSA on secp256k1 with SHA-256",
        -48 => "ML-DSA-44",
        -49 => "ML-DSA-65",
        -50 => "ML-DSA-87",
        -51 => "ESP384: ECDSA on P-384 with SHA-384",
        -52 => "ESP512: ECDSA on P-521 with SHA-512",
        -53 => "Ed448",
        -257 => "RS256: RSASSA-PKCS1-v1_5 with SHA-256",
        -258 => "RS384: RSASSA-PKCS1-v1_5 with SHA-384",
        -259 => "RS512: RSASSA-PKCS1-v1_5 with SHA-512",
        -65535 => "RS1: RSASSA-PKCS1-v1_5 with SHA-1, only in attestation statements",
        _ => "an algorithm that is not known here",
    }
}

/// A COSE key type (IANA "COSE Key Types").
pub(super) const fn key_type(value: i64) -> &'static str {
    match value {
        1 => "OKP: an Edwards curve's point",
        2 => "EC2: an elliptic curve with x and y",
        3 => "RSA",
        7 => "AKP: the algorithm says what the key is",
        _ => "a key type that WebAuthn does not use",
    }
}

/// A COSE elliptic curve (IANA "COSE Elliptic Curves").
pub(super) const fn curve(value: i64) -> &'static str {
    match value {
        1 => "P-256",
        2 => "P-384",
        3 => "P-521",
        6 => "Ed25519",
        7 => "Ed448",
        8 => "secp256k1",
        _ => "a curve that is not known here",
    }
}

/// An attestation statement format (IANA "WebAuthn Attestation Statement Format Identifiers").
pub(super) fn format(name: &str) -> &'static str {
    match name {
        "none" => "no attestation",
        "packed" => "WebAuthn's own format: the key's own signature, or a certificate's",
        "tpm" => "a Trusted Platform Module certifies the key",
        "android-key" => "the Android keystore certifies the key",
        "android-safetynet" => "Google's SafetyNet vouches for the device (legacy)",
        "fido-u2f" => "a U2F security key",
        "apple" => "Apple's anonymous attestation",
        "compound" => "several statements at once",
        _ => "a format that is not known here",
    }
}

/// A member of an attestation statement.
pub(super) fn statement_member(name: &str) -> &'static str {
    match name {
        "alg" => "the algorithm of the attestation signature",
        "sig" => "the attestation signature",
        "x5c" => "the attestation certificate, then the chain above it",
        "ver" => "the version of the statement",
        "certInfo" => "what the TPM has signed (TPMS_ATTEST)",
        "pubArea" => "the key as the TPM holds it (TPMT_PUBLIC)",
        "response" => "the SafetyNet response, a signed token",
        _ => "a member that the known formats do not have",
    }
}

/// An authenticator or client extension (IANA "WebAuthn Extension Identifiers").
pub(super) fn extension(name: &str) -> &'static str {
    match name {
        "credProps" => "properties of the new credential, such as rk: discoverable",
        "credProtect" => "how far user verification protects the credential",
        "credBlob" => "a small secret kept with the credential",
        "hmac-secret" | "hmac-secret-mc" => "secrets derived from the credential (CTAP)",
        "prf" => "secrets derived from the credential",
        "largeBlob" => "a large blob kept with the credential",
        "minPinLength" => "the shortest PIN that the authenticator accepts",
        "appid" => "the AppID was used in place of the RP ID",
        "appidExclude" => "U2F credentials of the AppID were excluded",
        "uvm" => "how the person was verified",
        "payment" => "a payment was confirmed",
        _ => "an extension that is not known here",
    }
}

/// A member of one of WebAuthn's JSON forms, of client data, of a check, or a claim of a token.
pub(super) fn member(name: &str) -> &'static str {
    match name {
        "id" => "the credential id, as text",
        "rawId" => "the credential id",
        "type" => "what this is",
        "response" => "what the authenticator and the client have sent",
        "clientDataJSON" => "what the client says about the ceremony; its hash is signed",
        "attestationObject" => "the new credential, and who vouches for it",
        "authenticatorData" => "what the authenticator says; signed",
        "signature" => "over the authenticator data and the hash of the client data",
        "userHandle" => "whose credential it is, as the relying party named the user",
        "clientExtensionResults" => "what the client did for the extensions asked for",
        "authenticatorAttachment" => "where the authenticator is: in this device or outside",
        "transports" => "how the authenticator can be reached",
        "publicKey" => "the public key",
        "publicKeyAlgorithm" => "the key's COSE algorithm",
        "challenge" => "the challenge that this answers",
        "origin" => "the page that asked",
        "crossOrigin" => "whether the page was in a frame of another origin",
        "topOrigin" => "the page that the frame was in",
        "tokenBinding" => "a retired way to bind to a TLS connection",
        "androidPackageName" => "the Android app that asked",
        "kind" => "which ceremony is checked",
        "rpId" => "the RP ID",
        "origins" => "the origins that are expected",
        "credential" => "the recorded credential",
        "signCount" => "the signature counter",
        "alg" => "the token's signature algorithm",
        "typ" => "the token's type",
        "kid" => "the key that has signed",
        "iss" => "who issued it",
        "aud" => "whom it is for",
        "sub" => "whom it is about",
        "iat" => "when it was issued",
        "exp" => "when it is over",
        "nbf" => "from when it is good",
        "jti" => "its id, good once",
        "auth_time" => "when the person signed in",
        "uv" => "whether the person was verified",
        "preferred_username" => "the account's name",
        _ => "",
    }
}
