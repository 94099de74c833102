//! TPM structures: what the verifier reads in them, named.

use core::ops::Range;

use super::dump::{Break, Field, Value, Visitor};
use super::names;
use crate::attestation::{Attest, PublicArea, StatementError, Watch};
use crate::encoding::{Fault, FaultKind, What};

/// Explains `TPMS_ATTEST`.
pub(super) fn explain_attest(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut dump = Dump::new(visitor);
    match Attest::parse(bytes, &mut dump) {
        Ok(_) => Ok(()),
        Err(StatementError::Malformed(fault)) => Err(dump.broken(fault)),
        Err(error) => {
            let why = match error {
                StatementError::Content(why) => why,
                _ => "",
            };
            let fault = Fault::new(What::Structure, FaultKind::Value, dump.at);
            Err(Break {
                what: dump.name,
                why,
                ..fault.into()
            })
        }
    }
}

/// Explains `TPMT_PUBLIC`.
pub(super) fn explain_public(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut dump = Dump::new(visitor);
    match PublicArea::parse(bytes, &mut dump) {
        Ok(_) => Ok(()),
        Err(fault) => Err(dump.broken(fault)),
    }
}

/// Shows each field as it is read.
struct Dump<'v> {
    visitor: &'v mut dyn Visitor,
    name: &'static str,
    /// Where the field of that name begins, once it has been read.
    at: usize,
}

impl<'v> Dump<'v> {
    fn new(visitor: &'v mut dyn Visitor) -> Self {
        Self {
            visitor,
            name: "",
            at: 0,
        }
    }

    /// The break at the field that was being read.
    fn broken(&self, fault: Fault) -> Break {
        let what = match fault.kind() {
            FaultKind::Trailing => fault.what(),
            _ => self.name,
        };
        let why = field_of(self.name).map_or("", |(_, _, meaning)| meaning);
        Break {
            what,
            why,
            ..fault.into()
        }
    }
}

impl Watch for Dump<'_> {
    fn expect(&mut self, name: &'static str) {
        self.name = name;
    }

    fn field(&mut self, span: Range<usize>, value: &[u8]) {
        self.at = span.start;
        let (kind, meaning) =
            field_of(self.name).map_or((Kind::Bytes, ""), |(_, kind, meaning)| (*kind, *meaning));
        let number = value
            .iter()
            .fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        let field = Field::new(self.name, span.start, span.len(), Value::Integer(number));
        match kind {
            Kind::Bytes => self.visitor.field(&Field {
                value: Value::Bytes(value),
                meaning,
                ..field
            }),
            Kind::Number => self.visitor.field(&field.meaning(meaning)),
            Kind::Constant(constants) => {
                let known = names::find(constants, &number).copied();
                self.visitor
                    .field(&field.meaning(known.unwrap_or("not known here")));
            }
            Kind::Attributes => {
                self.visitor.begin(&Field {
                    value: Value::Bytes(value),
                    meaning,
                    ..field
                });
                for (bit, name, meaning) in ATTRIBUTES {
                    let set = number >> bit & 1 == 1;
                    let meaning = if set { meaning } else { "" };
                    let flag = Field::new(name, span.start, span.len(), Value::Bool(set));
                    self.visitor.field(&flag.meaning(meaning));
                }
                self.visitor.end();
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Bytes,
    Number,
    Constant(&'static [(i64, &'static str)]),
    Attributes,
}

fn field_of(name: &str) -> Option<&'static (&'static str, Kind, &'static str)> {
    FIELDS.iter().find(|(known, ..)| *known == name)
}

/// The fields of both structures, by their names in the TPM 2.0 library specification, part 2.
static FIELDS: &[(&str, Kind, &str)] = &[
    (
        "magic",
        Kind::Bytes,
        "TPM_GENERATED_VALUE: generated within the TPM",
    ),
    (
        "type",
        Kind::Constant(CONSTANTS),
        "what kind of structure it is",
    ),
    (
        "qualifiedSigner",
        Kind::Bytes,
        "the name of the key that has signed",
    ),
    (
        "extraData",
        Kind::Bytes,
        "must be the hash of the authenticator data and the client data's hash",
    ),
    (
        "clockInfo.clock",
        Kind::Number,
        "milliseconds that the TPM has been powered",
    ),
    ("clockInfo.resetCount", Kind::Number, "resets of the TPM"),
    (
        "clockInfo.restartCount",
        Kind::Number,
        "restarts since the last reset",
    ),
    (
        "clockInfo.safe",
        Kind::Number,
        "1: the clock has never shown this time before",
    ),
    (
        "firmwareVersion",
        Kind::Bytes,
        "the TPM's, as its manufacturer counts",
    ),
    (
        "attested.name",
        Kind::Bytes,
        "of the key that is certified: a hash algorithm, and that hash of its public area",
    ),
    (
        "attested.qualifiedName",
        Kind::Bytes,
        "that name together with those of the keys above it",
    ),
    (
        "nameAlg",
        Kind::Constant(CONSTANTS),
        "the hash of the key's name",
    ),
    (
        "objectAttributes",
        Kind::Attributes,
        "what the key may be used for",
    ),
    ("authPolicy", Kind::Bytes, "the policy that governs its use"),
    (
        "symmetric",
        Kind::Constant(CONSTANTS),
        "the cipher that protects keys below it",
    ),
    (
        "symmetric.keyBits",
        Kind::Number,
        "bits of that cipher's key",
    ),
    (
        "symmetric.mode",
        Kind::Constant(CONSTANTS),
        "that cipher's mode",
    ),
    (
        "scheme",
        Kind::Constant(CONSTANTS),
        "the signature scheme; NULL leaves it open",
    ),
    (
        "scheme.hashAlg",
        Kind::Constant(CONSTANTS),
        "that scheme's hash",
    ),
    ("scheme.count", Kind::Number, "that scheme's counter"),
    ("kdf", Kind::Constant(CONSTANTS), "how keys are derived"),
    ("keyBits", Kind::Number, "bits of the modulus"),
    (
        "exponent",
        Kind::Number,
        "the public exponent; 0 means 65537",
    ),
    ("curveID", Kind::Constant(CURVES), "the curve"),
    ("unique", Kind::Bytes, "the modulus"),
    ("unique.x", Kind::Bytes, "the point's x-coordinate"),
    ("unique.y", Kind::Bytes, "the point's y-coordinate"),
];

/// `TPM_ALG_ID` and `TPM_ST`, as far as keys and certified keys have them.
const CONSTANTS: &[(i64, &str)] = &[
    (0x0001, "TPM_ALG_RSA"),
    (0x0004, "TPM_ALG_SHA1"),
    (0x0006, "TPM_ALG_AES"),
    (0x0008, "TPM_ALG_KEYEDHASH"),
    (0x000b, "TPM_ALG_SHA256"),
    (0x000c, "TPM_ALG_SHA384"),
    (0x000d, "TPM_ALG_SHA512"),
    (0x0010, "TPM_ALG_NULL"),
    (0x0014, "TPM_ALG_RSASSA"),
    (0x0015, "TPM_ALG_RSAES"),
    (0x0016, "TPM_ALG_RSAPSS"),
    (0x0017, "TPM_ALG_OAEP"),
    (0x0018, "TPM_ALG_ECDSA"),
    (0x0019, "TPM_ALG_ECDH"),
    (0x001a, "TPM_ALG_ECDAA"),
    (0x001b, "TPM_ALG_SM2"),
    (0x001c, "TPM_ALG_ECSCHNORR"),
    (0x0020, "TPM_ALG_KDF1_SP800_56A"),
    (0x0022, "TPM_ALG_KDF1_SP800_108"),
    (0x0023, "TPM_ALG_ECC"),
    (0x0025, "TPM_ALG_SYMCIPHER"),
    (0x0040, "TPM_ALG_CTR"),
    (0x0042, "TPM_ALG_CBC"),
    (0x0043, "TPM_ALG_CFB"),
    (0x8014, "TPM_ST_ATTEST_NV"),
    (0x8017, "TPM_ST_ATTEST_CERTIFY: certifies a key"),
    (0x8018, "TPM_ST_ATTEST_QUOTE"),
    (0x8019, "TPM_ST_ATTEST_TIME"),
    (0x801a, "TPM_ST_ATTEST_CREATION"),
];

/// `TPM_ECC_CURVE`.
const CURVES: &[(i64, &str)] = &[
    (0x0001, "TPM_ECC_NIST_P192"),
    (0x0002, "TPM_ECC_NIST_P224"),
    (0x0003, "TPM_ECC_NIST_P256"),
    (0x0004, "TPM_ECC_NIST_P384"),
    (0x0005, "TPM_ECC_NIST_P521"),
    (0x0010, "TPM_ECC_BN_P256"),
    (0x0020, "TPM_ECC_SM2_P256"),
];

/// The bits of `TPMA_OBJECT`.
const ATTRIBUTES: &[(u32, &str, &str)] = &[
    (1, "fixedTPM", "cannot leave this TPM"),
    (2, "stClear", "is gone when the TPM restarts"),
    (4, "fixedParent", "cannot be moved below another key"),
    (5, "sensitiveDataOrigin", "was generated in the TPM"),
    (6, "userWithAuth", "is used with a password or PIN"),
    (7, "adminWithPolicy", "is administered by its policy alone"),
    (10, "noDA", "wrong guesses do not lock it"),
    (11, "encryptedDuplication", "is copied only encrypted"),
    (
        16,
        "restricted",
        "handles only what the TPM itself has made",
    ),
    (17, "decrypt", "decrypts"),
    (18, "sign/encrypt", "signs"),
    (19, "x509sign", "signs certificates"),
];
