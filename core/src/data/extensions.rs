//! Extension outputs: those that the authenticator signs within its data (CBOR), and those that the
//! client reports alongside the response (JSON). No output affects a ceremony except `appid`. Known outputs
//! of the authenticator must have their type; unknown ones are skipped. Those of the client are not signed:
//! whatever their form, they are ignored unless the relying party relies on them.

use crate::encoding::cbor::{Content, Item};
use crate::encoding::{Fault, FaultKind, What};

/// Authenticator extension outputs (WebAuthn section 10, CTAP section 12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticatorExtensions<'a> {
    /// `credProtect`: the credential's protection, 1 to 3.
    pub cred_protect: Option<u8>,
    /// `minPinLength`: the shortest PIN that the authenticator takes.
    pub min_pin_length: Option<u8>,
    /// `credBlob` of a registration: whether the blob was stored.
    pub cred_blob_stored: Option<bool>,
    /// `credBlob` of a sign-in: the blob.
    pub cred_blob: Option<&'a [u8]>,
    /// `hmac-secret` of a registration: whether the credential has one.
    pub hmac_secret_created: Option<bool>,
    /// `hmac-secret` of a sign-in, or `hmac-secret-mc`: the outputs, encrypted for the client.
    pub hmac_secret: Option<&'a [u8]>,
    /// `thirdPartyPayment`: whether the credential may serve payments of third parties.
    pub third_party_payment: Option<bool>,
    /// `uvm`: how the user was verified, up to three methods.
    pub user_verification_methods: Option<[Option<UserVerificationMethod>; 3]>,
    /// There were outputs that are not known here.
    pub(crate) unknown: bool,
}

/// One of the methods in `uvm`, by their numbers in the FIDO registry of predefined values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserVerificationMethod {
    /// The method.
    pub method: u32,
    /// How the keys are protected.
    pub key_protection: u16,
    /// How the matcher is protected.
    pub matcher_protection: u16,
}

/// Longest PIN of CTAP, in code points.
const PIN_LENGTH_MAX: u8 = 63;

impl<'a> AuthenticatorExtensions<'a> {
    /// The outputs that a ceremony has read before.
    pub(crate) fn of(outputs: Option<Item<'a>>) -> Self {
        let read = outputs.map(Self::read);
        read.and_then(Result::ok).unwrap_or_default()
    }

    /// Reads the outputs of one ceremony: a map with a name for each key.
    #[inline(never)]
    pub(crate) fn read(outputs: Item<'a>) -> Result<Self, Fault> {
        let mut found = Self::default();
        if let Content::Map(members) = outputs.content() {
            for (name, output) in members {
                let unnamed = Fault::new(What::ExtensionIdentifier, FaultKind::Type, 0);
                found.member(name.as_text().ok_or(unnamed)?, output)?;
            }
        }
        Ok(found)
    }

    fn member(&mut self, name: &str, output: Item<'a>) -> Result<(), Fault> {
        match name {
            "credProtect" => {
                self.cred_protect = Some(within(output, 1, 3, What::CredProtect)?);
            }
            "minPinLength" => {
                let length = within(output, 0, PIN_LENGTH_MAX, What::MinPinLength)?;
                self.min_pin_length = Some(length);
            }
            "credBlob" => match output.content() {
                Content::Bool(stored) => self.cred_blob_stored = Some(stored),
                Content::Bytes(blob) => self.cred_blob = Some(blob),
                _ => return Err(wrong_type(What::CredBlob)),
            },
            "hmac-secret" | "hmac-secret-mc" => match output.content() {
                Content::Bool(created) if name == "hmac-secret" => {
                    self.hmac_secret_created = Some(created);
                }
                // One or two outputs of 32 bytes, with an initialization vector or without.
                Content::Bytes(outputs) if matches!(outputs.len(), 32 | 48 | 64 | 80) => {
                    self.hmac_secret = Some(outputs);
                }
                Content::Bytes(_) => {
                    return Err(Fault::new(What::HmacSecret, FaultKind::Length, 0));
                }
                _ => return Err(wrong_type(What::HmacSecret)),
            },
            "thirdPartyPayment" => match output.content() {
                Content::Bool(may) => self.third_party_payment = Some(may),
                _ => return Err(wrong_type(What::ThirdPartyPayment)),
            },
            "uvm" => match output.content() {
                Content::Array(methods) => {
                    self.user_verification_methods = Some(read_methods(methods)?);
                }
                _ => return Err(wrong_type(What::Uvm)),
            },
            _ => self.unknown = true,
        }
        Ok(())
    }
}

fn wrong_type(what: What) -> Fault {
    Fault::new(what, FaultKind::Type, 0)
}

fn within(output: Item<'_>, least: u8, most: u8, what: What) -> Result<u8, Fault> {
    let value = output.as_integer().ok_or(wrong_type(what))?;
    u8::try_from(value)
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or(Fault::new(what, FaultKind::Value, 0))
}

fn read_methods<'a>(
    mut entries: impl Iterator<Item = Item<'a>>,
) -> Result<[Option<UserVerificationMethod>; 3], Fault> {
    let length = Fault::new(What::Uvm, FaultKind::Length, 0);
    let mut methods = [None; 3];
    for slot in &mut methods {
        let Some(entry) = entries.next() else {
            break;
        };
        *slot = Some(read_method(entry).ok_or(wrong_type(What::Uvm))?);
    }
    match (entries.next(), methods) {
        (None, [Some(_), ..]) => Ok(methods),
        _ => Err(length),
    }
}

fn read_method(entry: Item<'_>) -> Option<UserVerificationMethod> {
    let Content::Array(numbers) = entry.content() else {
        return None;
    };
    let mut numbers = numbers.map(Item::as_integer);
    let method = UserVerificationMethod {
        method: numbers.next()??.try_into().ok()?,
        key_protection: numbers.next()??.try_into().ok()?,
        matcher_protection: numbers.next()??.try_into().ok()?,
    };
    numbers.next().is_none().then_some(method)
}

/// What a ceremony reads of the client extension results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientExtensionResults {
    /// `appid`: the client used the `AppID` in place of the RP ID.
    pub(crate) app_id: Result<bool, Fault>,
    /// `credProps.rk`: whether the credential is discoverable, where the client knows.
    pub(crate) resident_key: Option<bool>,
    /// There were results that are not known here.
    pub(crate) unknown: bool,
    /// The first result that is known here and does not have its form.
    pub(crate) malformed: Option<Fault>,
}

impl ClientExtensionResults {
    pub(crate) const NONE: Self = Self {
        app_id: Ok(false),
        resident_key: None,
        unknown: false,
        malformed: None,
    };
}

#[cfg(feature = "json")]
mod client {
    use super::{ClientExtensionResults, Fault, FaultKind, What};
    use crate::encoding::json::{Content, Value};

    /// A member's name, and whether its value has the right form.
    type Member<Name> = (Name, fn(Value<'_>) -> bool);

    const RESULTS: &[Member<What>] = &[
        (What::Appid, is_boolean),
        (What::AppidExclude, is_boolean),
        (What::CredProps, is_cred_props),
        (What::Prf, is_prf),
        (What::HmacCreateSecret, is_boolean),
        (What::HmacGetSecret, is_hmac_secret),
        (What::LargeBlob, is_large_blob),
        (What::CredBlob, is_boolean),
        (What::GetCredBlob, is_binary),
        (What::Uvm, is_uvm),
        (What::Payment, is_payment),
    ];

    impl ClientExtensionResults {
        /// Reads `AuthenticationExtensionsClientOutputsJSON`.
        pub(crate) fn read(value: Value<'_>) -> Self {
            const WHAT: What = What::ClientExtensionResults;
            let mut results = Self::NONE;
            let Some(members) = value.as_object() else {
                let fault = Fault::new(WHAT, FaultKind::Type, value.at());
                results.refuse(fault);
                results.app_id = Err(fault);
                return results;
            };
            let mut seen = [false; RESULTS.len()];
            for (name, value) in members {
                let known = RESULTS.iter().zip(&mut seen);
                let Some(((what, has_form), seen)) = known
                    .into_iter()
                    .find(|((known, _), _)| name == *known.name())
                else {
                    results.unknown = true;
                    continue;
                };
                let fault = if core::mem::replace(seen, true) {
                    Some(Fault::new(*what, FaultKind::Duplicate, name.at()))
                } else if has_form(value) {
                    None
                } else {
                    Some(Fault::new(*what, FaultKind::Type, value.at()))
                };
                if let Some(fault) = fault {
                    results.refuse(fault);
                }
                match *what {
                    What::Appid => results.app_id = fault.map_or(Ok(is_true(value)), Err),
                    What::CredProps => {
                        results.resident_key = match fault {
                            None => boolean_member(value, "rk"),
                            Some(_) => None,
                        };
                    }
                    _ => {}
                }
            }
            results
        }

        fn refuse(&mut self, fault: Fault) {
            self.malformed = self.malformed.or(Some(fault));
        }
    }

    fn is_true(value: Value<'_>) -> bool {
        matches!(value.content(), Content::Bool(true))
    }

    fn boolean_member(object: Value<'_>, name: &str) -> Option<bool> {
        let mut members = object.as_object()?;
        let (_, value) = members.find(|(other, _)| *other == *name)?;
        match value.content() {
            Content::Bool(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// Whether a value is an object in which the members that are known have their form, none of them
    /// twice. Others are skipped.
    fn is_object(value: Value<'_>, known: &[Member<&str>]) -> bool {
        let Some(members) = value.as_object() else {
            return false;
        };
        known.iter().all(|(known, has_form)| {
            let mut values = members.filter(|(name, _)| *name == **known);
            values.next().is_none_or(|(_, value)| has_form(value)) && values.next().is_none()
        })
    }

    fn is_boolean(value: Value<'_>) -> bool {
        matches!(value.content(), Content::Bool(_))
    }

    fn is_text(value: Value<'_>) -> bool {
        value.as_str().is_some()
    }

    /// base64url without padding.
    fn is_binary(value: Value<'_>) -> bool {
        let Some(text) = value.as_str() else {
            return false;
        };
        let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        text.chars().all(is_digit) && text.chars().count() & 3 != 1
    }

    /// The 32 bytes of a pseudo-random function's output.
    fn is_secret(value: Value<'_>) -> bool {
        is_binary(value)
            && value
                .as_str()
                .is_some_and(|text| text.chars().count() == 43)
    }

    fn has_member(value: Value<'_>, name: &str) -> bool {
        value
            .as_object()
            .is_some_and(|mut members| members.any(|(other, _)| other == *name))
    }

    fn is_cred_props(value: Value<'_>) -> bool {
        is_object(
            value,
            &[("rk", is_boolean), ("authenticatorDisplayName", is_text)],
        )
    }

    fn is_prf(value: Value<'_>) -> bool {
        is_object(
            value,
            &[("enabled", is_boolean), ("results", is_prf_values)],
        )
    }

    fn is_prf_values(value: Value<'_>) -> bool {
        is_object(value, &[("first", is_secret), ("second", is_secret)])
            && has_member(value, "first")
    }

    fn is_hmac_secret(value: Value<'_>) -> bool {
        is_object(value, &[("output1", is_secret), ("output2", is_secret)])
            && has_member(value, "output1")
    }

    fn is_large_blob(value: Value<'_>) -> bool {
        is_object(
            value,
            &[
                ("supported", is_boolean),
                ("blob", is_binary),
                ("written", is_boolean),
            ],
        )
    }

    fn is_payment(value: Value<'_>) -> bool {
        is_object(value, &[("browserBoundSignature", is_bound_signature)])
    }

    fn is_bound_signature(value: Value<'_>) -> bool {
        is_object(value, &[("signature", is_binary)])
    }

    /// Up to three methods, each three numbers.
    fn is_uvm(value: Value<'_>) -> bool {
        let Content::Array(methods) = value.content() else {
            return false;
        };
        (1..=3).contains(&methods.count()) && { methods }.all(is_uvm_entry)
    }

    fn is_uvm_entry(value: Value<'_>) -> bool {
        let Content::Array(numbers) = value.content() else {
            return false;
        };
        let is_number = |number: Value<'_>| match number.content() {
            Content::Number(digits) => digits.parse::<u32>().is_ok(),
            _ => false,
        };
        numbers.count() == 3 && { numbers }.all(is_number)
    }
}
