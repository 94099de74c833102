//! What numbers and identifiers mean.

pub(super) use super::authenticators::name as authenticator;
use super::place::Place;
use crate::attestation::Format;
use crate::data::{CoseAlgorithm, Curve};

/// The value of a key in a table.
pub(super) fn find<K: PartialEq, V>(table: &'static [(K, V)], key: &K) -> Option<&'static V> {
    table
        .iter()
        .find(|(known, _)| known == key)
        .map(|(_, value)| value)
}

fn meaning(table: &'static [(&str, &'static str)], key: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, meaning)| *meaning)
}

/// A COSE algorithm (IANA "COSE Algorithms").
pub(super) fn algorithm(value: i64) -> &'static str {
    i32::try_from(value)
        .ok()
        .and_then(|value| CoseAlgorithm::new(value).describe())
        .unwrap_or("an unknown algorithm")
}

/// A COSE key type (IANA "COSE Key Types").
static KEY_TYPES: &[(i64, &str)] = &[
    (1, "OKP: an Edwards curve's point"),
    (2, "EC2: an elliptic curve with x and y"),
    (3, "RSA"),
    (7, "AKP: the algorithm says what the key is"),
];

pub(super) fn key_type(value: i64) -> &'static str {
    find(KEY_TYPES, &value)
        .copied()
        .unwrap_or("a key type that WebAuthn does not use")
}

/// A COSE elliptic curve (IANA "COSE Elliptic Curves").
pub(super) fn curve(value: i64) -> &'static str {
    Curve::of(value).map_or("an unknown curve", Curve::name)
}

pub(super) fn format(name: &str) -> &'static str {
    Format::from_name(name).map_or("an unknown format", Format::describe)
}

/// A member of an attestation statement.
static STATEMENT_MEMBERS: &[(&str, &str)] = &[
    ("alg", "the algorithm of the attestation signature"),
    ("sig", "the attestation signature"),
    (
        "x5c",
        "the attestation certificate, then the chain above it",
    ),
    ("ver", "the version of the statement"),
    ("certInfo", "what the TPM has signed (TPMS_ATTEST)"),
    ("pubArea", "the key as the TPM holds it (TPMT_PUBLIC)"),
    ("response", "the SafetyNet response, a signed token"),
];

pub(super) fn statement_member(name: &str) -> &'static str {
    meaning(STATEMENT_MEMBERS, name).unwrap_or("a member that the known formats do not have")
}

/// An authenticator or client extension (IANA "WebAuthn Extension Identifiers").
static EXTENSIONS: &[(&str, &str)] = &[
    (
        "credProps",
        "properties of the new credential, such as rk: discoverable",
    ),
    (
        "credProtect",
        "when the credential requires user verification: 1 optional, 2 unless its id is listed, 3 always",
    ),
    ("credBlob", "a small secret kept with the credential"),
    ("hmac-secret", "secrets derived from the credential (CTAP)"),
    (
        "hmac-secret-mc",
        "secrets derived from the credential (CTAP)",
    ),
    ("prf", "secrets derived from the credential"),
    ("largeBlob", "a large blob kept with the credential"),
    ("appid", "the AppID was used in place of the RP ID"),
    ("appidExclude", "U2F credentials of the AppID were excluded"),
    (
        "minPinLength",
        "the shortest PIN that the authenticator accepts",
    ),
    (
        "thirdPartyPayment",
        "the credential may confirm payments for others",
    ),
    ("uvm", "how the user was verified"),
    ("payment", "a payment was confirmed"),
];

pub(super) fn extension(name: &str) -> &'static str {
    meaning(EXTENSIONS, name).unwrap_or("an unknown extension")
}

/// A member of one of WebAuthn's JSON forms, of client data, of a check, or a claim of a token.
static MEMBERS: &[(&str, &str)] = &[
    ("id", "the credential id, as text"),
    ("rawId", "the credential id"),
    ("type", "what this is"),
    (
        "response",
        "what the authenticator and the client have sent",
    ),
    (
        "clientDataJSON",
        "what the client says about the ceremony; its hash is signed",
    ),
    (
        "attestationObject",
        "the new credential and its attestation",
    ),
    ("authenticatorData", "what the authenticator signs"),
    (
        "signature",
        "over the authenticator data and the hash of the client data",
    ),
    (
        "userHandle",
        "the user handle that the relying party assigned",
    ),
    (
        "clientExtensionResults",
        "the client's results of the requested extensions",
    ),
    (
        "authenticatorAttachment",
        "where the authenticator is: in this device or outside",
    ),
    ("transports", "how the authenticator can be reached"),
    ("publicKey", "the public key"),
    ("publicKeyAlgorithm", "the key's COSE algorithm"),
    ("challenge", "the challenge that this answers"),
    ("origin", "the page that asked"),
    (
        "crossOrigin",
        "whether the page was in a frame of another origin",
    ),
    ("topOrigin", "the page that the frame was in"),
    ("tokenBinding", "a retired way to bind to a TLS connection"),
    ("androidPackageName", "the Android app that asked"),
    ("kind", "which ceremony is checked"),
    ("rpId", "the RP ID"),
    ("origins", "the origins that are expected"),
    ("credential", "the recorded credential"),
    ("signCount", "the signature counter"),
    ("alg", "the token's signature algorithm"),
    ("typ", "the token's type"),
    ("kid", "the key that has signed"),
    ("iss", "the issuer"),
    ("aud", "the audience"),
    ("sub", "the subject"),
    ("iat", "when it was issued"),
    ("exp", "when it is over"),
    ("nbf", "from when it is good"),
    ("jti", "its id, good once"),
    ("auth_time", "when the person signed in"),
    ("uv", "whether the user was verified"),
    (
        "rk",
        "the credential is discoverable: it can be used without a name",
    ),
    ("preferred_username", "the account's name"),
    ("username", "the account's name"),
    ("user_handle", "the user handle"),
    ("proven", "whether the caller was signed in as that user"),
    (
        "mediation",
        "how the browser was to prompt; conditional: as a suggestion of an input field",
    ),
    ("rp_id", "the RP ID"),
    ("user_verification", "whether user verification is required"),
    ("challenge_token", "the challenge, as the host signed it"),
    ("login_token", "the proof of a sign-in"),
    (
        "attestation",
        "a registration, or how its attestation is judged",
    ),
    ("assertion", "a sign-in"),
    ("x5c", "certificates: the signer's, then its chain"),
    // What a check holds beside the response, and a verdict.
    ("rpIds", "further RP IDs that are accepted"),
    ("topOrigins", "the origins that may embed the page"),
    ("userVerification", "whether user verification is required"),
    ("algorithms", "the COSE algorithms that were offered"),
    ("formats", "the attestation formats that are accepted"),
    ("appId", "the FIDO AppID that was asked for"),
    ("discoverable", "whether the response has to name the user"),
    ("allowCredentials", "the credential ids that were allowed"),
    ("existingCredentials", "the credential ids that are taken"),
    ("counter", "what is done about a counter that did not grow"),
    ("backup", "what is done about a changed backup eligibility"),
    ("policy", "ignore, verify or trusted"),
    ("roots", "the roots that are trusted"),
    ("time", "when certificates have to be valid"),
    ("androidKeyTee", "whether only secure hardware counts"),
    (
        "backupEligible",
        "whether the credential may be copied to other devices",
    ),
    ("backupState", "whether it is backed up"),
    ("userVerified", "whether the user was verified"),
    ("aaguid", "the authenticator's model"),
    ("fmt", "the attestation statement's format"),
    ("attestationType", "what kind of proof the attestation is"),
    ("accepted", "whether the response verifies"),
    ("code", "the reason, for programs"),
    ("step", "the step of WebAuthn's section 7"),
    ("slug", "the step's name, for programs"),
    ("title", "what the step checks"),
    ("outcome", "pass, fail, or skip if it was not required"),
    ("detail", "what was seen"),
    ("trace", "every step that was performed"),
    ("notes", "observations that do not affect the verdict"),
    // A SafetyNet response.
    (
        "nonce",
        "base64 of the hash of the authenticator data and the client data's hash",
    ),
    ("timestampMs", "when the service answered"),
    ("apkPackageName", "the app that asked"),
    ("apkDigestSha256", "SHA-256 of that app"),
    (
        "apkCertificateDigestSha256",
        "SHA-256 of the certificate that signed that app",
    ),
    (
        "ctsProfileMatch",
        "whether the device is certified and unmodified",
    ),
    ("basicIntegrity", "whether the device seemed intact"),
    (
        "evaluationType",
        "BASIC, or HARDWARE_BACKED by a key in secure hardware",
    ),
    ("advice", "what would improve the result"),
    ("error", "what went wrong"),
    ("residentKey", "whether the passkey is to be discoverable"),
    ("requireResidentKey", "the same, as Level 1 said it"),
    (
        "diagnosis",
        "what went wrong and what to change, best first",
    ),
];

/// A member whose name says something else in the options that a browser is given, or that only those have.
static PLACED: &[(Place, &str, &str)] = &[
    (Place::Options, "publicKey", "the options themselves"),
    (
        Place::Options,
        "rp",
        "the relying party: its RP ID and its name",
    ),
    (
        Place::Options,
        "user",
        "the account that the passkey is made for",
    ),
    (
        Place::Options,
        "challenge",
        "random bytes that the response has to answer",
    ),
    (
        Place::Options,
        "pubKeyCredParams",
        "the algorithms offered, best first",
    ),
    (
        Place::Options,
        "timeout",
        "milliseconds that the ceremony may take",
    ),
    (
        Place::Options,
        "excludeCredentials",
        "credentials of the account, of which an authenticator may not have one",
    ),
    (
        Place::Options,
        "allowCredentials",
        "the credentials that may answer; none: any discoverable one",
    ),
    (
        Place::Options,
        "authenticatorSelection",
        "what the authenticator has to be and do",
    ),
    (
        Place::Options,
        "attestation",
        "what the authenticator is asked to prove about itself",
    ),
    (
        Place::Options,
        "attestationFormats",
        "the attestation formats wished for, best first",
    ),
    (Place::Options, "extensions", "what is asked of extensions"),
    (
        Place::Options,
        "hints",
        "which kind of authenticator the browser offers first",
    ),
    (
        Place::RelyingParty,
        "id",
        "the RP ID: the site's domain, or one above it",
    ),
    (
        Place::RelyingParty,
        "name",
        "the site's name as a person reads it",
    ),
    (
        Place::User,
        "id",
        "the user handle: random bytes by which the account is found",
    ),
    (
        Place::User,
        "name",
        "the account's name, which tells accounts apart",
    ),
    (
        Place::User,
        "displayName",
        "the account's name as a person reads it",
    ),
    (Place::Descriptor, "id", "the credential id"),
];

/// A member by its name and by what it is in.
pub(super) fn member(place: Place, name: &str) -> &'static str {
    if place == Place::Extensions {
        return extension(name);
    }
    PLACED
        .iter()
        .find(|(known_in, known, _)| *known_in == place && *known == name)
        .map(|(_, _, meaning)| *meaning)
        .or_else(|| meaning(MEMBERS, name))
        .unwrap_or("")
}

/// Why something belongs where an artefact breaks, by the name under which it is read.
static REASONS: &[(&str, &str)] = &[
    ("rpIdHash (32 bytes)", "authenticator data begin with it"),
    ("flags (1 byte)", "it follows the RP ID's hash"),
    ("signCount (4 bytes)", "it follows the flags"),
    ("aaguid (16 bytes)", "flag AT is set"),
    ("credentialIdLength (2 bytes)", "it follows the AAGUID"),
    ("credentialId", "its length is given before it"),
    (
        "credentialPublicKey (a COSE key)",
        "it follows the credential id",
    ),
    ("COSE key (a map)", "a key is a map of numbered parameters"),
    ("COSE key parameter", "the map's head has announced it"),
    ("extensions (a map)", "flag ED is set"),
    ("extension output", "the map's head has announced it"),
    (
        "authenticator data",
        "flags AT and ED announce no more than this",
    ),
    (
        "attestation object (a map)",
        "it holds fmt, attStmt and authData",
    ),
    (
        "attestation object member",
        "the map's head has announced it",
    ),
    ("authData (a byte string)", "an attestation object has it"),
    (
        "attStmt (a map)",
        "an attestation object has it; of format compound it is an array",
    ),
    (
        "attestation statement member",
        "the map's head has announced it",
    ),
    ("x5c (an array)", "it holds the certificates"),
    ("certificate (a byte string)", "x5c holds nothing else"),
];

/// Why something belongs at the place where it was looked for; empty where its name says it all.
pub(super) fn reason(what: &str) -> &'static str {
    meaning(REASONS, what).unwrap_or("")
}

/// What an object identifier, by its content in DER, is called and means.
pub(super) fn identifier(oid: &[u8]) -> Option<(&'static str, &'static str)> {
    IDENTIFIERS
        .iter()
        .find(|(known, ..)| *known == oid)
        .map(|(_, name, meaning)| (*name, *meaning))
}

static IDENTIFIERS: &[(&[u8], &str, &str)] = &[
    // Attribute types of names.
    (&[0x55, 4, 3], "commonName", ""),
    (&[0x55, 4, 5], "serialNumber", ""),
    (&[0x55, 4, 6], "countryName", ""),
    (&[0x55, 4, 7], "localityName", ""),
    (&[0x55, 4, 8], "stateOrProvinceName", ""),
    (&[0x55, 4, 0x0a], "organizationName", ""),
    (&[0x55, 4, 0x0b], "organizationalUnitName", ""),
    (&[0x55, 4, 0x0c], "title", ""),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
        "emailAddress",
        "",
    ),
    (
        &[9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 0x19],
        "domainComponent",
        "",
    ),
    (
        &[0x67, 0x81, 5, 2, 1],
        "tcg-at-tpmManufacturer",
        "the TPM's manufacturer, as a hexadecimal number",
    ),
    (
        &[0x67, 0x81, 5, 2, 2],
        "tcg-at-tpmModel",
        "the model of the TPM",
    ),
    (
        &[0x67, 0x81, 5, 2, 3],
        "tcg-at-tpmVersion",
        "the version of the TPM, in hexadecimal",
    ),
    // Algorithms and curves.
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1],
        "rsaEncryption",
        "RSA",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5],
        "sha1WithRSAEncryption",
        "RSA with SHA-1",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a],
        "id-RSASSA-PSS",
        "RSA-PSS",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b],
        "sha256WithRSAEncryption",
        "RSA with SHA-256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0c],
        "sha384WithRSAEncryption",
        "RSA with SHA-384",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0d],
        "sha512WithRSAEncryption",
        "RSA with SHA-512",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
        "id-ecPublicKey",
        "an elliptic curve",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
        "ecdsa-with-SHA1",
        "ECDSA with SHA-1",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
        "ecdsa-with-SHA256",
        "ECDSA with SHA-256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
        "ecdsa-with-SHA384",
        "ECDSA with SHA-384",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4],
        "ecdsa-with-SHA512",
        "ECDSA with SHA-512",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
        "prime256v1",
        "P-256",
    ),
    (&[0x2b, 0x81, 4, 0, 0x22], "secp384r1", "P-384"),
    (&[0x2b, 0x81, 4, 0, 0x23], "secp521r1", "P-521"),
    (&[0x2b, 0x81, 4, 0, 0x0a], "secp256k1", "secp256k1"),
    (&[0x2b, 0x65, 0x70], "id-Ed25519", "Ed25519"),
    (&[0x2b, 0x65, 0x71], "id-Ed448", "Ed448"),
    (
        &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x11],
        "id-ml-dsa-44",
        "ML-DSA-44",
    ),
    (
        &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x12],
        "id-ml-dsa-65",
        "ML-DSA-65",
    ),
    (
        &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 0x13],
        "id-ml-dsa-87",
        "ML-DSA-87",
    ),
    // Extensions.
    (
        &[0x55, 0x1d, 9],
        "subjectDirectoryAttributes",
        "more about the subject; of a TPM its specification",
    ),
    (
        &[0x55, 0x1d, 0x0e],
        "subjectKeyIdentifier",
        "names the subject's key",
    ),
    (
        &[0x55, 0x1d, 0x0f],
        "keyUsage",
        "what the key may be used for",
    ),
    (
        &[0x55, 0x1d, 0x11],
        "subjectAltName",
        "further names of the subject",
    ),
    (
        &[0x55, 0x1d, 0x12],
        "issuerAltName",
        "further names of the issuer",
    ),
    (
        &[0x55, 0x1d, 0x13],
        "basicConstraints",
        "whether the subject is an authority",
    ),
    (
        &[0x55, 0x1d, 0x1e],
        "nameConstraints",
        "the names that an authority may give",
    ),
    (
        &[0x55, 0x1d, 0x1f],
        "cRLDistributionPoints",
        "where revocation lists are",
    ),
    (
        &[0x55, 0x1d, 0x20],
        "certificatePolicies",
        "under which rules it was issued",
    ),
    (&[0x55, 0x1d, 0x20, 0], "anyPolicy", "any rules"),
    (
        &[0x55, 0x1d, 0x23],
        "authorityKeyIdentifier",
        "names the issuer's key",
    ),
    (&[0x55, 0x1d, 0x25], "extKeyUsage", "purposes of the key"),
    (
        &[0x2b, 6, 1, 5, 5, 7, 1, 1],
        "authorityInfoAccess",
        "where to learn about the issuer",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2],
        "signedCertificateTimestamps",
        "public logs that have seen it",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4],
        "id-fido-gen-ce-aaguid",
        "the model of authenticator it is for",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 2, 1, 1],
        "id-fido-u2f-ce-transports",
        "how the security key can be reached",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 2],
        "yubico-device",
        "the kind of YubiKey",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 3, 3],
        "yubico-firmware",
        "the YubiKey's firmware",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 0x0d, 1],
        "yubico-fido-firmware",
        "the YubiKey's firmware",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xc4, 0x0a, 0x0c],
        "yubico-form-factor",
        "the YubiKey's form",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2],
        "apple-anonymous-nonce",
        "Apple: what registration it was made for",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 0x11],
        "android-key-description",
        "Android: the key's properties, and what enforces them",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 0x1e],
        "android-provisioning-info",
        "Android: certificates issued to the device",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x15, 0x0a],
        "ms-application-policies",
        "Microsoft: purposes of the key",
    ),
    // Purposes and ways.
    (
        &[0x2b, 6, 1, 5, 5, 7, 3, 1],
        "id-kp-serverAuth",
        "TLS server authentication",
    ),
    (
        &[0x2b, 6, 1, 5, 5, 7, 3, 2],
        "id-kp-clientAuth",
        "TLS client authentication",
    ),
    (
        &[0x67, 0x81, 5, 8, 1],
        "tcg-kp-EKCertificate",
        "endorses a TPM",
    ),
    (
        &[0x67, 0x81, 5, 8, 3],
        "tcg-kp-AIKCertificate",
        "a TPM attests keys",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x15, 0x24],
        "ms-ca-privacy",
        "Microsoft: it issues certificates to TPMs",
    ),
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x15, 0x1e],
        "ms-ek-trusted-on-key",
        "Microsoft: the endorsement key was seen",
    ),
    (
        &[0x2b, 6, 1, 5, 5, 7, 0x30, 1],
        "id-ad-ocsp",
        "where to ask whether it was revoked",
    ),
    (
        &[0x2b, 6, 1, 5, 5, 7, 0x30, 2],
        "id-ad-caIssuers",
        "the issuer's certificate",
    ),
];
