//! The grammar of certificates (RFC 5280) and of what attestation writes into them: extensions, public
//! keys, Android's key description; and of signatures.

use super::der::{self, Node, Shape};
use super::dump::{Break, Field, Value, Visitor};
use crate::data::Certificate;
use crate::encoding::der::Tag;

/// Explains a certificate. What its grammar allows but the verifier refuses is reported at the end.
pub(super) fn explain(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    der::explain(bytes, &CERTIFICATE, visitor)?;
    if let Err(fault) = Certificate::parse(bytes) {
        let whole = Field::new("certificate", 0, bytes.len(), Value::Text(fault.what()));
        visitor.field(&whole.meaning("is refused").problem(fault.kind().describe()));
    }
    Ok(())
}

/// Explains `SubjectPublicKeyInfo`.
pub(super) fn explain_public_key(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    der::explain(bytes, &PUBLIC_KEY_INFO, visitor)
}

/// Explains an ECDSA signature.
pub(super) fn explain_signature(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    static SIGNATURE: Node = Node::new(
        "Ecdsa-Sig-Value",
        Tag::SEQUENCE,
        Shape::Fields(&[
            Node::new("r", Tag::INTEGER, Shape::Bytes).meaning("the point's x, reduced"),
            Node::new("s", Tag::INTEGER, Shape::Bytes).meaning("the proof"),
        ]),
    );
    der::explain(bytes, &SIGNATURE, visitor)
}

static CERTIFICATE: Node = Node::new(
    "certificate",
    Tag::SEQUENCE,
    Shape::Fields(&[
        Node::new("tbsCertificate", Tag::SEQUENCE, Shape::Fields(SIGNED))
            .meaning("what the issuer has signed"),
        Node::new(
            "signatureAlgorithm",
            Tag::SEQUENCE,
            Shape::Fields(ALGORITHM),
        )
        .meaning("how it is signed"),
        Node::new("signatureValue", Tag::BIT_STRING, Shape::Plain)
            .meaning("the issuer's signature; not verified here"),
    ]),
);

const SIGNED: &[Node] = &[
    Node::new("version", Tag::context(0), Shape::Around(&VERSION))
        .meaning("the version")
        .optional(),
    Node::new("serialNumber", Tag::INTEGER, Shape::Bytes)
        .meaning("unique among the issuer's certificates"),
    Node::new("signature", Tag::SEQUENCE, Shape::Fields(ALGORITHM))
        .meaning("how it is signed, as the issuer has signed it"),
    Node::new("issuer", Tag::SEQUENCE, Shape::Each(&ATTRIBUTES))
        .meaning("the name of the issuing authority"),
    Node::new(
        "validity",
        Tag::SEQUENCE,
        Shape::Fields(&[
            Node::any("notBefore", Shape::Time).meaning("the start of the validity"),
            Node::any("notAfter", Shape::Time).meaning("the end of the validity"),
        ]),
    )
    .meaning("when it is valid"),
    Node::new("subject", Tag::SEQUENCE, Shape::Each(&ATTRIBUTES))
        .meaning("the name of the certified entity"),
    PUBLIC_KEY_INFO,
    Node::new("issuerUniqueID", Tag::context_primitive(1), Shape::Bytes).optional(),
    Node::new("subjectUniqueID", Tag::context_primitive(2), Shape::Bytes).optional(),
    Node::new("extensions", Tag::context(3), Shape::Around(&EXTENSIONS))
        .meaning("what version 3 adds")
        .optional(),
];

static VERSION: Node = Node::new(
    "version",
    Tag::INTEGER,
    Shape::Number(&[(0, "version 1"), (1, "version 2"), (2, "version 3")]),
);

/// `AlgorithmIdentifier`.
const ALGORITHM: &[Node] = &[
    Node::new("algorithm", Tag::OID, Shape::Plain),
    Node::any("parameters", Shape::Plain).optional(),
];

/// `RelativeDistinguishedName`: a set, nearly always of one attribute.
static ATTRIBUTES: Node = Node::new("", Tag::SET, Shape::Each(&ATTRIBUTE));
static ATTRIBUTE: Node = Node::new(
    "",
    Tag::SEQUENCE,
    Shape::Fields(&[
        Node::new("attribute type", Tag::OID, Shape::Label),
        Node::any("attribute value", Shape::Plain),
    ]),
);

const PUBLIC_KEY_INFO: Node = Node::new(
    "subjectPublicKeyInfo",
    Tag::SEQUENCE,
    Shape::Fields(&[
        Node::new("algorithm", Tag::SEQUENCE, Shape::Fields(ALGORITHM))
            .meaning("what kind of key it is"),
        Node::new(
            "subjectPublicKey",
            Tag::BIT_STRING,
            Shape::ByIdentifier(&[(RSA, RSA_KEY)]),
        )
        .meaning("the public key; on a curve, the point 04, x, y"),
    ]),
)
.meaning("the subject's public key");

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const RSA_KEY: Node = Node::new(
    "RSAPublicKey",
    Tag::SEQUENCE,
    Shape::Fields(&[
        Node::new("modulus", Tag::INTEGER, Shape::Bytes),
        Node::new("publicExponent", Tag::INTEGER, Shape::Plain),
    ]),
);

static EXTENSIONS: Node = Node::new("extensions", Tag::SEQUENCE, Shape::Each(&EXTENSION));
static EXTENSION: Node = Node::new(
    "extension",
    Tag::SEQUENCE,
    Shape::Labelled(&[
        Node::new("extnID", Tag::OID, Shape::Shown),
        Node::new("critical", Tag::BOOLEAN, Shape::Plain)
            .meaning("whether a verifier must understand it")
            .optional(),
        Node::new(
            "extnValue",
            Tag::OCTET_STRING,
            Shape::ByIdentifier(EXTENSION_VALUES),
        ),
    ]),
)
.meaning("not known here");

/// The values of the extensions that are looked into, by object identifier.
const EXTENSION_VALUES: &[(&[u8], Node)] = &[
    // Most of RFC 5280's own are below 2.5.29.
    (
        &[0x55, 0x1d, 14],
        Node::new("keyIdentifier", Tag::OCTET_STRING, Shape::Bytes),
    ),
    (
        &[0x55, 0x1d, 15],
        Node::new("KeyUsage", Tag::BIT_STRING, Shape::Bits(KEY_USAGES)),
    ),
    (
        &[0x55, 0x1d, 17],
        Node::new("GeneralNames", Tag::SEQUENCE, Shape::Any(GENERAL_NAMES)),
    ),
    (
        &[0x55, 0x1d, 18],
        Node::new("GeneralNames", Tag::SEQUENCE, Shape::Any(GENERAL_NAMES)),
    ),
    (
        &[0x55, 0x1d, 19],
        Node::new(
            "BasicConstraints",
            Tag::SEQUENCE,
            Shape::Fields(&[
                Node::new("cA", Tag::BOOLEAN, Shape::Plain)
                    .meaning("whether the subject is an authority")
                    .optional(),
                Node::new("pathLenConstraint", Tag::INTEGER, Shape::Plain)
                    .meaning("how many authorities may follow below it")
                    .optional(),
            ]),
        )
        .meaning("not an authority unless cA is set"),
    ),
    (
        &[0x55, 0x1d, 31],
        Node::new(
            "CRLDistributionPoints",
            Tag::SEQUENCE,
            Shape::Each(&DISTRIBUTION_POINT),
        ),
    ),
    (
        &[0x55, 0x1d, 32],
        Node::new("CertificatePolicies", Tag::SEQUENCE, Shape::Each(&POLICY)),
    ),
    (
        &[0x55, 0x1d, 35],
        Node::new(
            "AuthorityKeyIdentifier",
            Tag::SEQUENCE,
            Shape::Any(&[
                Node::new("keyIdentifier", Tag::context_primitive(0), Shape::Bytes),
                Node::new(
                    "authorityCertIssuer",
                    Tag::context(1),
                    Shape::Any(GENERAL_NAMES),
                ),
                Node::new(
                    "authorityCertSerialNumber",
                    Tag::context_primitive(2),
                    Shape::Bytes,
                ),
            ]),
        ),
    ),
    (
        &[0x55, 0x1d, 37],
        Node::new("ExtKeyUsageSyntax", Tag::SEQUENCE, Shape::Each(&PURPOSE)),
    ),
    // 1.3.6.1.5.5.7.1.1
    (
        &[0x2b, 6, 1, 5, 5, 7, 1, 1],
        Node::new(
            "AuthorityInfoAccessSyntax",
            Tag::SEQUENCE,
            Shape::Each(&ACCESS),
        ),
    ),
    // 1.3.6.1.4.1.45724.1.1.4
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4],
        Node::new("aaguid", Tag::OCTET_STRING, Shape::Aaguid),
    ),
    // 1.3.6.1.4.1.45724.2.1.1
    (
        &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 2, 1, 1],
        Node::new(
            "transports",
            Tag::BIT_STRING,
            Shape::Bits(&[
                ("bluetoothRadio", "Bluetooth Classic"),
                ("bluetoothLowEnergyRadio", "Bluetooth Low Energy"),
                ("uSB", "USB"),
                ("nFC", "NFC"),
                ("uSBInternal", "built in"),
            ]),
        ),
    ),
    // 1.2.840.113635.100.8.2
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2],
        Node::new("", Tag::SEQUENCE, Shape::Fields(&[APPLE_NONCE])),
    ),
    // 1.3.6.1.4.1.11129.2.1.17
    (
        &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 17],
        Node::new(
            "KeyDescription",
            Tag::SEQUENCE,
            Shape::Fields(KEY_DESCRIPTION),
        ),
    ),
];

const KEY_USAGES: &[(&str, &str)] = &[
    ("digitalSignature", "signs other data than certificates"),
    ("nonRepudiation", "signs with non-repudiation"),
    ("keyEncipherment", "encrypts keys"),
    ("dataEncipherment", "encrypts data"),
    ("keyAgreement", "agrees on keys"),
    ("keyCertSign", "signs certificates"),
    ("cRLSign", "signs revocation lists"),
    ("encipherOnly", "only encrypts, once a key is agreed on"),
    ("decipherOnly", "only decrypts, once a key is agreed on"),
];

/// `GeneralName`.
const GENERAL_NAMES: &[Node] = &[
    Node::new("otherName", Tag::context(0), Shape::Bytes),
    Node::new("rfc822Name", Tag::context_primitive(1), Shape::Text).meaning("an email address"),
    Node::new("dNSName", Tag::context_primitive(2), Shape::Text).meaning("a host"),
    Node::new("directoryName", Tag::context(4), Shape::Each(&NAME))
        .meaning("a distinguished name; for a TPM its manufacturer, model and version"),
    Node::new(
        "uniformResourceIdentifier",
        Tag::context_primitive(6),
        Shape::Text,
    ),
    Node::new("iPAddress", Tag::context_primitive(7), Shape::Bytes),
    Node::new("registeredID", Tag::context_primitive(8), Shape::Bytes),
];

static NAME: Node = Node::new("", Tag::SEQUENCE, Shape::Each(&ATTRIBUTES));

static DISTRIBUTION_POINT: Node = Node::new(
    "point",
    Tag::SEQUENCE,
    Shape::Any(&[Node::new(
        "",
        Tag::context(0),
        Shape::Any(&[Node::new(
            "fullName",
            Tag::context(0),
            Shape::Any(GENERAL_NAMES),
        )]),
    )]),
)
.meaning("where to ask whether it was revoked");

static POLICY: Node = Node::new(
    "policy",
    Tag::SEQUENCE,
    Shape::Labelled(&[
        Node::new("policyIdentifier", Tag::OID, Shape::Shown),
        // Not looked into: genuine attestation certificates have malformed ones.
        Node::new("policyQualifiers", Tag::SEQUENCE, Shape::Bytes).optional(),
    ]),
);

static PURPOSE: Node = Node::new("purpose", Tag::OID, Shape::Named).meaning("not known here");

static ACCESS: Node = Node::new(
    "description",
    Tag::SEQUENCE,
    Shape::Labelled(&[
        Node::new("accessMethod", Tag::OID, Shape::Shown),
        Node::new("accessLocation", Tag::context_primitive(6), Shape::Text).meaning("where"),
    ]),
);

const APPLE_NONCE: Node = Node::new("nonce", Tag::context(1), Shape::Around(&OCTETS))
    .meaning("SHA-256 of the authenticator data and the hash of the client data");

/// Android's `KeyDescription`, as its key attestation documents it.
const KEY_DESCRIPTION: &[Node] = &[
    Node::new(
        "attestationVersion",
        Tag::INTEGER,
        Shape::Number(&[
            (1, "Keymaster 2"),
            (2, "Keymaster 3"),
            (3, "Keymaster 4"),
            (4, "Keymaster 4.1"),
            (100, "KeyMint 1"),
            (200, "KeyMint 2"),
            (300, "KeyMint 3"),
            (400, "KeyMint 4"),
        ]),
    ),
    Node::new(
        "attestationSecurityLevel",
        Tag::ENUMERATED,
        Shape::Number(SECURITY_LEVELS),
    ),
    Node::new("keyMintVersion", Tag::INTEGER, Shape::Plain),
    Node::new(
        "keyMintSecurityLevel",
        Tag::ENUMERATED,
        Shape::Number(SECURITY_LEVELS),
    ),
    Node::new("attestationChallenge", Tag::OCTET_STRING, Shape::Bytes)
        .meaning("must be the hash of the client data"),
    Node::new("uniqueId", Tag::OCTET_STRING, Shape::Bytes),
    Node::new(
        "softwareEnforced",
        Tag::SEQUENCE,
        Shape::Any(AUTHORIZATIONS),
    )
    .meaning("what the operating system enforces"),
    Node::new(
        "hardwareEnforced",
        Tag::SEQUENCE,
        Shape::Any(AUTHORIZATIONS),
    )
    .meaning("what the secure hardware enforces"),
];

const SECURITY_LEVELS: &[(i64, &str)] = &[
    (0, "Software"),
    (1, "TrustedEnvironment: the processor's secure world"),
    (2, "StrongBox: a chip of its own"),
];

const fn authorization(number: u32, name: &'static str, within: &'static Node) -> Node {
    Node::new(name, Tag::context(number), Shape::Around(within))
}

/// `AuthorizationList`.
const AUTHORIZATIONS: &[Node] = &[
    authorization(1, "purpose", &PURPOSES)
        .meaning("what the key may do; signing alone belongs here"),
    authorization(2, "algorithm", &KEY_ALGORITHM),
    authorization(3, "keySize", &NUMBER).meaning("bits"),
    authorization(4, "blockMode", &NUMBERS),
    authorization(5, "digest", &DIGESTS),
    authorization(6, "padding", &NUMBERS),
    authorization(10, "ecCurve", &EC_CURVE),
    authorization(200, "rsaPublicExponent", &NUMBER),
    authorization(303, "rollbackResistance", &FLAG),
    authorization(305, "earlyBootOnly", &FLAG),
    authorization(400, "activeDateTime", &MOMENT),
    authorization(401, "originationExpireDateTime", &MOMENT),
    authorization(402, "usageExpireDateTime", &MOMENT),
    authorization(405, "usageCountLimit", &NUMBER),
    authorization(503, "noAuthRequired", &FLAG).meaning("usable without user authentication"),
    authorization(504, "userAuthType", &NUMBER),
    authorization(505, "authTimeout", &NUMBER).meaning("seconds"),
    authorization(506, "allowWhileOnBody", &FLAG),
    authorization(507, "trustedUserPresenceRequired", &FLAG),
    authorization(508, "trustedConfirmationRequired", &FLAG),
    authorization(509, "unlockedDeviceRequired", &FLAG),
    authorization(600, "allApplications", &FLAG)
        .meaning("usable by every application: refused in a registration"),
    authorization(701, "creationDateTime", &MOMENT),
    authorization(702, "origin", &ORIGIN),
    authorization(704, "rootOfTrust", &ROOT_OF_TRUST).meaning("how the device booted"),
    authorization(705, "osVersion", &NUMBER).meaning("as MMmmss"),
    authorization(706, "osPatchLevel", &NUMBER).meaning("as YYYYMM"),
    authorization(709, "attestationApplicationId", &APPLICATION_ID)
        .meaning("which application the key is for"),
    authorization(710, "attestationIdBrand", &WORDS),
    authorization(711, "attestationIdDevice", &WORDS),
    authorization(712, "attestationIdProduct", &WORDS),
    authorization(713, "attestationIdSerial", &WORDS),
    authorization(714, "attestationIdImei", &WORDS),
    authorization(715, "attestationIdMeid", &WORDS),
    authorization(716, "attestationIdManufacturer", &WORDS),
    authorization(717, "attestationIdModel", &WORDS),
    authorization(718, "vendorPatchLevel", &NUMBER).meaning("as YYYYMMDD"),
    authorization(719, "bootPatchLevel", &NUMBER).meaning("as YYYYMMDD"),
    authorization(720, "deviceUniqueAttestation", &FLAG),
    authorization(724, "moduleHash", &OCTETS),
];

static NUMBER: Node = Node::new("number", Tag::INTEGER, Shape::Plain);
static NUMBERS: Node = Node::new("numbers", Tag::SET, Shape::Each(&NUMBER));
static FLAG: Node = Node::new("flag", Tag::NULL, Shape::Flag);
static MOMENT: Node = Node::new("time", Tag::INTEGER, Shape::Milliseconds);
static OCTETS: Node = Node::new("octets", Tag::OCTET_STRING, Shape::Bytes);
static WORDS: Node = Node::new("words", Tag::OCTET_STRING, Shape::Text);

static PURPOSES: Node = Node::new(
    "purposes",
    Tag::SET,
    Shape::Each(&Node::new(
        "purpose",
        Tag::INTEGER,
        Shape::Number(&[
            (0, "encrypt"),
            (1, "decrypt"),
            (2, "sign"),
            (3, "verify"),
            (5, "wrap keys"),
            (6, "agree on keys"),
            (7, "attest keys"),
        ]),
    )),
);
static KEY_ALGORITHM: Node = Node::new(
    "algorithm",
    Tag::INTEGER,
    Shape::Number(&[
        (1, "RSA"),
        (3, "EC"),
        (32, "AES"),
        (33, "3DES"),
        (128, "HMAC"),
    ]),
);
static DIGESTS: Node = Node::new(
    "digests",
    Tag::SET,
    Shape::Each(&Node::new(
        "digest",
        Tag::INTEGER,
        Shape::Number(&[
            (0, "none"),
            (1, "MD5"),
            (2, "SHA-1"),
            (3, "SHA-224"),
            (4, "SHA-256"),
            (5, "SHA-384"),
            (6, "SHA-512"),
        ]),
    )),
);
static EC_CURVE: Node = Node::new(
    "curve",
    Tag::INTEGER,
    Shape::Number(&[
        (0, "P-224"),
        (1, "P-256"),
        (2, "P-384"),
        (3, "P-521"),
        (4, "Curve25519"),
    ]),
);
static ORIGIN: Node = Node::new(
    "origin",
    Tag::INTEGER,
    Shape::Number(&[
        (0, "generated in the key store, as it has to be"),
        (1, "derived"),
        (2, "imported"),
        (3, "unknown"),
        (4, "imported wrapped"),
    ]),
);
static ROOT_OF_TRUST: Node = Node::new(
    "rootOfTrust",
    Tag::SEQUENCE,
    Shape::Fields(&[
        Node::new("verifiedBootKey", Tag::OCTET_STRING, Shape::Bytes),
        Node::new("deviceLocked", Tag::BOOLEAN, Shape::Plain),
        Node::new(
            "verifiedBootState",
            Tag::ENUMERATED,
            Shape::Number(&[
                (0, "Verified"),
                (1, "SelfSigned"),
                (2, "Unverified"),
                (3, "Failed"),
            ]),
        ),
        Node::new("verifiedBootHash", Tag::OCTET_STRING, Shape::Bytes).optional(),
    ]),
);
static APPLICATION_ID: Node = Node::new(
    "",
    Tag::OCTET_STRING,
    Shape::Around(&Node::new(
        "attestationApplicationId",
        Tag::SEQUENCE,
        Shape::Fields(&[
            Node::new(
                "packages",
                Tag::SET,
                Shape::Each(&Node::new(
                    "package",
                    Tag::SEQUENCE,
                    Shape::Fields(&[
                        Node::new("packageName", Tag::OCTET_STRING, Shape::Text),
                        Node::new("version", Tag::INTEGER, Shape::Plain),
                    ]),
                )),
            ),
            Node::new(
                "signatureDigests",
                Tag::SET,
                Shape::Each(&Node::new("digest", Tag::OCTET_STRING, Shape::Bytes)),
            ),
        ]),
    )),
);
