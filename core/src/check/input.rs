//! The check: what the relying party knew and required, and the response it received.

use heapless::Vec;

use crate::attestation::{Format, Formats};
use crate::ceremony::{
    AttestationPolicy, BackupPolicy, Ceremony, Challenge, CounterPolicy, CrossOrigin, Mediation,
    Policy, UserVerification,
};
use crate::data::response_json::{self, DecodedAuthentication, DecodedRegistration};
use crate::data::{
    AuthenticationResponse, CoseAlgorithm, CredentialRecord, Origin, RegistrationResponse, UnixTime,
};
use crate::encoding::json::{self, Content, Value};
use crate::encoding::{Fault, FaultKind, Span, What, base64url, pem};
use crate::limits::{CHECK_CREDENTIALS_MAX, CHECK_LIST_MAX};

type TextList = Vec<Span, CHECK_LIST_MAX>;
/// `rpIds`, and `rpId` itself.
type RpIdList = Vec<Span, RP_IDS_MAX>;
const RP_IDS_MAX: usize = CHECK_LIST_MAX + 1;
type IdList = Vec<Span, CHECK_CREDENTIALS_MAX>;
type AlgorithmList = Vec<CoseAlgorithm, CHECK_LIST_MAX>;

/// The members of a check: as offsets, or in the policy if they need no buffer.
pub(super) struct Found {
    kind: Option<Ceremony>,
    response: Option<response_json::Found>,
    rp_id: Option<Span>,
    rp_ids: TextList,
    origins: Option<TextList>,
    challenge: Option<Span>,
    credential: Option<FoundCredential>,
    cross_origin: bool,
    top_origins: Option<TextList>,
    algorithms: Option<AlgorithmList>,
    app_id: Option<Span>,
    user_handle: Option<Span>,
    allow_credentials: Option<IdList>,
    existing_credentials: IdList,
    roots: TextList,
    policy: Policy<'static>,
}

const NOTHING: Span = Span { start: 0, end: 0 };

/// A credential record, as offsets.
#[derive(Clone, Copy, Default)]
struct FoundCredential {
    id: Option<Span>,
    /// Empty if it is not a string: the ceremony reports that it is not a COSE key.
    public_key: Option<Span>,
    /// Why there are no bytes, where there are none.
    public_key_fault: Option<Fault>,
    sign_count: Option<u32>,
    backup_eligible: Option<bool>,
    backup_state: Option<bool>,
}

/// A member of an object: its name in a fault, and what reads its value.
type Member<T> = (What, fn(&mut T, Value<'_>, What) -> Result<(), Fault>);

/// The members of a check. Others are ignored.
const MEMBERS: [Member<Found>; 22] = [
    (What::Kind, |found, value, what| {
        one_of(value, what, &KINDS).map(|read| found.kind = Some(read))
    }),
    (What::RpId, |found, value, what| {
        text(value, what).map(|read| found.rp_id = Some(read))
    }),
    (What::RpIds, |found, value, what| {
        list(value, what, text).map(|read| found.rp_ids = read)
    }),
    (What::Origins, |found, value, what| {
        list(value, what, text).map(|read| found.origins = Some(read))
    }),
    (What::Challenge, |found, value, what| {
        text(value, what).map(|read| found.challenge = Some(read))
    }),
    (What::Response, |found, value, _| {
        found.response = Some(response_json::find(value));
        Ok(())
    }),
    (What::Credential, |found, value, what| {
        credential(value, what).map(|read| found.credential = Some(read))
    }),
    (What::UserVerification, |found, value, what| {
        one_of(value, what, &USER_VERIFICATIONS).map(|read| found.policy.user_verification = read)
    }),
    (What::CrossOrigin, |found, value, what| {
        boolean(value, what).map(|read| found.cross_origin = read)
    }),
    (What::TopOrigins, |found, value, what| {
        list(value, what, text).map(|read| found.top_origins = Some(read))
    }),
    (What::Algorithms, |found, value, what| {
        list(value, what, algorithm).map(|read| found.algorithms = Some(read))
    }),
    (What::Formats, |found, value, what| {
        formats(value, what).map(|read| found.policy.formats = read)
    }),
    (What::Mediation, |found, value, what| {
        one_of(value, what, &MEDIATIONS).map(|read| found.policy.mediation = read)
    }),
    (What::AppId, |found, value, what| {
        text(value, what).map(|read| found.app_id = Some(read))
    }),
    (What::UserHandle, |found, value, what| {
        text(value, what).map(|read| found.user_handle = Some(read))
    }),
    (What::Discoverable, |found, value, what| {
        boolean(value, what).map(|read| found.policy.discoverable = read)
    }),
    (What::AllowCredentials, |found, value, what| {
        list(value, what, text).map(|read| found.allow_credentials = Some(read))
    }),
    (What::ExistingCredentials, |found, value, what| {
        list(value, what, text).map(|read| found.existing_credentials = read)
    }),
    (What::Counter, |found, value, what| {
        one_of(value, what, &COUNTERS).map(|read| found.policy.counter = read)
    }),
    (What::Backup, |found, value, what| {
        one_of(value, what, &BACKUPS).map(|read| found.policy.backup = read)
    }),
    (What::Attestation, |found, value, what| {
        read(value, what, "attestation.", &ATTESTATION, found)
    }),
    (What::Strict, |found, value, what| {
        boolean(value, what).map(|read| found.policy.strict = read)
    }),
];

const CREDENTIAL: [Member<FoundCredential>; 5] = [
    (What::CheckCredentialId, |credential, value, what| {
        text(value, what).map(|read| credential.id = Some(read))
    }),
    (What::CheckCredentialPublicKey, |credential, value, what| {
        let read = text(value, what);
        credential.public_key_fault = read.err();
        credential.public_key = Some(read.unwrap_or(NOTHING));
        Ok(())
    }),
    (What::CheckCredentialSignCount, |credential, value, what| {
        integer(value, what).map(|read| credential.sign_count = Some(read))
    }),
    (
        What::CheckCredentialBackupEligible,
        |credential, value, what| {
            boolean(value, what).map(|read| credential.backup_eligible = Some(read))
        },
    ),
    (
        What::CheckCredentialBackupState,
        |credential, value, what| {
            boolean(value, what).map(|read| credential.backup_state = Some(read))
        },
    ),
];

const ATTESTATION: [Member<Found>; 4] = [
    (What::CheckAttestationPolicy, |found, value, what| {
        one_of(value, what, &ATTESTATION_POLICIES).map(|read| found.policy.attestation = read)
    }),
    (What::CheckAttestationRoots, |found, value, what| {
        list(value, what, text).map(|read| found.roots = read)
    }),
    (What::CheckAttestationTime, |found, value, what| {
        time(value, what).map(|read| found.policy.time = Some(read))
    }),
    (What::CheckAttestationAndroidKeyTee, |found, value, what| {
        boolean(value, what).map(|read| found.policy.android_key_tee = read)
    }),
];

const KINDS: [(&str, Ceremony); 2] = [
    ("registration", Ceremony::Registration),
    ("authentication", Ceremony::Authentication),
];
const USER_VERIFICATIONS: [(&str, UserVerification); 3] = [
    ("required", UserVerification::Required),
    ("preferred", UserVerification::Preferred),
    ("discouraged", UserVerification::Discouraged),
];
const MEDIATIONS: [(&str, Mediation); 1] = [("conditional", Mediation::Conditional)];
const COUNTERS: [(&str, CounterPolicy); 2] = [
    ("reject", CounterPolicy::Reject),
    ("report", CounterPolicy::Report),
];
const BACKUPS: [(&str, BackupPolicy); 2] = [
    ("consistent", BackupPolicy::Consistent),
    ("report", BackupPolicy::Report),
];
const ATTESTATION_POLICIES: [(&str, AttestationPolicy); 3] = [
    ("ignore", AttestationPolicy::Ignore),
    ("verify", AttestationPolicy::Verify),
    ("trusted", AttestationPolicy::Trusted),
];

/// Reads the members of an object that are known, each of which may come once. Their names are those of
/// the table without the prefix.
fn read<T, const N: usize>(
    object: Value<'_>,
    what: What,
    prefix: &str,
    known: &[Member<T>; N],
    into: &mut T,
) -> Result<(), Fault> {
    let members = object
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, object.at()))?;
    let mut seen = [false; N];
    for (name, value) in members {
        let is_named = |what: What| {
            what.name()
                .strip_prefix(prefix)
                .is_some_and(|known| name == *known)
        };
        let mut members = known.iter().zip(&mut seen);
        let Some((&(what, read), seen)) = members.find(|((what, _), _)| is_named(*what)) else {
            continue;
        };
        if core::mem::replace(seen, true) {
            return Err(Fault::new(what, FaultKind::Duplicate, value.at()));
        }
        read(into, value, what)?;
    }
    Ok(())
}

/// Finds the members of a check and reads those that need no buffer.
pub(super) fn find(json: &[u8]) -> Result<Found, Fault> {
    const WHAT: What = What::Check;
    let mut found = Found {
        kind: None,
        response: None,
        rp_id: None,
        rp_ids: Vec::new(),
        origins: None,
        challenge: None,
        credential: None,
        cross_origin: false,
        top_origins: None,
        algorithms: None,
        app_id: None,
        user_handle: None,
        allow_credentials: None,
        existing_credentials: Vec::new(),
        roots: Vec::new(),
        policy: Policy::new(&[], &[]),
    };
    read(Value::parse(json, WHAT)?, WHAT, "", &MEMBERS, &mut found)?;
    Ok(found)
}

impl Found {
    /// Decodes in place what has to be decoded.
    pub(super) fn decode(mut self, json: &mut [u8]) -> Result<Decoded, Fault> {
        let missing = |what| Fault::new(what, FaultKind::Missing, 0);
        let kind = self.kind.ok_or(missing(What::Kind))?;
        let response = self.response.ok_or(missing(What::Response))?;
        let response = match kind {
            Ceremony::Registration => {
                DecodedResponse::Registration(DecodedRegistration::decode(json, &response))
            }
            Ceremony::Authentication => {
                DecodedResponse::Authentication(DecodedAuthentication::decode(json, &response))
            }
        };
        let mut rp_ids = RpIdList::from_slice(&self.rp_ids)
            .map_err(|_| Fault::new(What::RpIds, FaultKind::Limit, 0))?;
        rp_ids
            .push(self.rp_id.ok_or(missing(What::RpId))?)
            .map_err(|_| Fault::new(What::RpIds, FaultKind::Limit, 0))?;
        unescape_all(json, &mut rp_ids);
        let mut origins = self.origins.take().ok_or(missing(What::Origins))?;
        unescape_all(json, &mut origins);
        let challenge = challenge(json, self.challenge.ok_or(missing(What::Challenge))?)?;
        if let Some(credential) = &mut self.credential {
            credential.decode(json)?;
        }
        if let Some(list) = &mut self.top_origins {
            unescape_all(json, list);
        }
        self.app_id = self.app_id.map(|span| json::unescape(json, span));
        if let Some(user_handle) = &mut self.user_handle {
            *user_handle = bytes(json, *user_handle, What::UserHandle)?;
        }
        if let Some(list) = &mut self.allow_credentials {
            decode_all(json, list, What::AllowCredentials)?;
        }
        decode_all(
            json,
            &mut self.existing_credentials,
            What::ExistingCredentials,
        )?;
        for root in &mut self.roots {
            *root = certificate(json, *root)?;
        }
        Ok(Decoded {
            response,
            rp_ids,
            origins,
            challenge,
            found: self,
        })
    }
}

fn text(value: Value<'_>, what: What) -> Result<Span, Fault> {
    value
        .as_str()
        .map(|text| text.span())
        .ok_or_else(|| wrong_type(value, what))
}

/// The fault of a value of another type than the member has.
fn wrong_type(value: Value<'_>, what: What) -> Fault {
    Fault::new(what, FaultKind::Type, value.at()).with_found(value.first())
}

fn boolean(value: Value<'_>, what: What) -> Result<bool, Fault> {
    match value.content() {
        Content::Bool(boolean) => Ok(boolean),
        _ => Err(wrong_type(value, what)),
    }
}

fn integer<T: core::str::FromStr>(value: Value<'_>, what: What) -> Result<T, Fault> {
    match value.content() {
        Content::Number(digits) => digits
            .parse()
            .map_err(|_| Fault::new(what, FaultKind::Value, value.at())),
        _ => Err(wrong_type(value, what)),
    }
}

fn one_of<T: Copy>(value: Value<'_>, what: What, choices: &[(&str, T)]) -> Result<T, Fault> {
    let text = value.as_str().ok_or_else(|| wrong_type(value, what))?;
    choices
        .iter()
        .find(|(name, _)| text == **name)
        .map(|(_, choice)| *choice)
        .ok_or(Fault::new(what, FaultKind::Value, value.at()))
}

fn list<'a, T, const N: usize>(
    value: Value<'a>,
    what: What,
    read: impl Fn(Value<'a>, What) -> Result<T, Fault>,
) -> Result<Vec<T, N>, Fault> {
    let Content::Array(elements) = value.content() else {
        return Err(wrong_type(value, what));
    };
    let mut list = Vec::new();
    for element in elements {
        list.push(read(element, what)?)
            .map_err(|_| Fault::new(what, FaultKind::Limit, element.at()))?;
    }
    Ok(list)
}

fn algorithm(value: Value<'_>, what: What) -> Result<CoseAlgorithm, Fault> {
    integer(value, what).map(CoseAlgorithm::new)
}

/// Formats that are not built cannot be accepted, so they are ignored.
fn formats(value: Value<'_>, what: What) -> Result<Formats, Fault> {
    let Content::Array(names) = value.content() else {
        return Err(wrong_type(value, what));
    };
    let mut formats = Formats::EMPTY;
    for name in names {
        let text = name
            .as_str()
            .ok_or(Fault::new(what, FaultKind::Type, name.at()))?;
        if let Some(format) = Format::ALL.iter().find(|format| text == *format.name()) {
            formats = formats.with(*format);
        }
    }
    Ok(formats)
}

fn credential(value: Value<'_>, what: What) -> Result<FoundCredential, Fault> {
    let mut credential = FoundCredential::default();
    read(value, what, "credential.", &CREDENTIAL, &mut credential)?;
    let missing = |what| Fault::new(what, FaultKind::Missing, 0);
    credential.id.ok_or(missing(What::CheckCredentialId))?;
    credential
        .public_key
        .ok_or(missing(What::CheckCredentialPublicKey))?;
    credential
        .sign_count
        .ok_or(missing(What::CheckCredentialSignCount))?;
    Ok(credential)
}

/// A date and time of RFC 3339.
fn time(value: Value<'_>, what: What) -> Result<UnixTime, Fault> {
    // Only unreasonably many digits of a second's fraction make a date and time longer.
    let mut text = heapless::String::<64>::new();
    let mut characters = value.as_str().into_iter().flat_map(json::JsonStr::chars);
    characters
        .try_for_each(|character| text.push(character))
        .ok()
        .and_then(|()| UnixTime::parse_rfc3339(&text).ok())
        .ok_or(Fault::new(what, FaultKind::Value, value.at()))
}

/// A certificate in PEM (RFC 7468), decoded to its DER.
fn certificate(json: &mut [u8], span: Span) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    pem::decode(json, span, "CERTIFICATE").ok_or(Fault::new(
        What::CheckAttestationRoots,
        FaultKind::Value,
        span.range().start,
    ))
}

fn bytes(json: &mut [u8], span: Span, what: What) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    base64url::decode_member(json, span, what)
}

/// The text of a challenge, which is not decoded: the client data have to repeat it exactly.
fn challenge(json: &mut [u8], span: Span) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    let text = span.of(json).unwrap_or_default();
    if let Some(fault) = base64url::fault_in(text, span.range().start, What::Challenge) {
        return Err(fault);
    }
    if base64url::is_text(text) {
        Ok(span)
    } else {
        Err(Fault::new(
            What::Challenge,
            FaultKind::Base64,
            span.range().end,
        ))
    }
}

fn unescape_all(json: &mut [u8], list: &mut [Span]) {
    for span in list {
        *span = json::unescape(json, *span);
    }
}

fn decode_all(json: &mut [u8], list: &mut [Span], what: What) -> Result<(), Fault> {
    for span in list {
        *span = bytes(json, *span, what)?;
    }
    Ok(())
}

enum DecodedResponse {
    Registration(DecodedRegistration),
    Authentication(DecodedAuthentication),
}

/// The members of a check, decoded in their buffer.
pub(super) struct Decoded {
    response: DecodedResponse,
    rp_ids: RpIdList,
    origins: TextList,
    challenge: Span,
    /// The optional members.
    found: Found,
}

impl FoundCredential {
    fn decode(&mut self, json: &mut [u8]) -> Result<(), Fault> {
        const ID: What = What::CheckCredentialId;
        let missing = Fault::new(ID, FaultKind::Missing, 0);
        let id = bytes(json, self.id.ok_or(missing)?, ID)?;
        if id.range().is_empty() {
            return Err(Fault::new(ID, FaultKind::Length, id.range().start));
        }
        self.id = Some(id);
        let public_key = self.public_key.unwrap_or(NOTHING);
        let public_key = bytes(json, public_key, What::CheckCredentialPublicKey);
        self.public_key_fault = self.public_key_fault.or(public_key.err());
        self.public_key = public_key.ok();
        Ok(())
    }

    fn borrow<'a>(&self, json: &'a [u8]) -> CredentialRecord<'a> {
        let of = |span: Option<Span>| span.and_then(|span| span.of(json)).unwrap_or_default();
        CredentialRecord {
            id: of(self.id),
            public_key: of(self.public_key),
            sign_count: self.sign_count.unwrap_or_default(),
            backup_eligible: self.backup_eligible,
            backup_state: self.backup_state,
        }
    }
}

/// Room for the lists that a policy borrows.
#[derive(Default)]
pub(super) struct Lists<'a> {
    rp_ids: Vec<&'a str, RP_IDS_MAX>,
    roots: Vec<&'a [u8], CHECK_LIST_MAX>,
    origins: Vec<Origin<'a>, CHECK_LIST_MAX>,
    top_origins: Option<Vec<Origin<'a>, CHECK_LIST_MAX>>,
    algorithms: Option<AlgorithmList>,
    allow_credentials: Option<Vec<&'a [u8], CHECK_CREDENTIALS_MAX>>,
    existing_credentials: Vec<&'a [u8], CHECK_CREDENTIALS_MAX>,
}

/// A check, ready to be judged.
pub(super) struct Check<'a> {
    pub(super) challenge: Challenge<'a>,
    pub(super) policy: Policy<'a>,
    pub(super) subject: Subject<'a>,
    /// `id` and `rawId`, where they are not the same.
    pub(super) differing_ids: Option<[&'a [u8]; 2]>,
    /// Why the record has no public key, where it has none.
    pub(super) public_key_fault: Option<Fault>,
}

pub(super) enum Subject<'a> {
    Registration(RegistrationResponse<'a>),
    Authentication(AuthenticationResponse<'a>, Option<CredentialRecord<'a>>),
}

impl Decoded {
    pub(super) fn borrow<'l, 'a: 'l>(
        &self,
        json: &'a [u8],
        now: Option<UnixTime>,
        lists: &'l mut Lists<'a>,
    ) -> Result<Check<'l>, Fault> {
        let text = |span: &Span| {
            let bytes = span.of(json).unwrap_or_default();
            core::str::from_utf8(bytes).unwrap_or_default()
        };
        let id = |span: &Span| span.of(json).unwrap_or_default();
        let found = &self.found;
        lists.roots = collect(&found.roots, |span| Ok(id(span)))?;
        lists.rp_ids = collect(&self.rp_ids, |span| Ok(text(span)))?;
        lists.origins = collect(&self.origins, |span| {
            origin(text(span), *span, What::Origins)
        })?;
        lists.top_origins = match &found.top_origins {
            Some(list) => Some(collect(list, |span| {
                origin(text(span), *span, What::TopOrigins)
            })?),
            None => None,
        };
        lists.algorithms.clone_from(&found.algorithms);
        lists.allow_credentials = match &found.allow_credentials {
            Some(list) => Some(collect(list, |span| Ok(id(span)))?),
            None => None,
        };
        lists.existing_credentials = collect(&found.existing_credentials, |span| Ok(id(span)))?;
        let lists = &*lists;
        let policy = Policy {
            rp_ids: &lists.rp_ids,
            origins: &lists.origins,
            cross_origin: if found.cross_origin {
                CrossOrigin::Expected {
                    top_origins: lists.top_origins.as_deref(),
                }
            } else {
                CrossOrigin::Refused
            },
            algorithms: lists.algorithms.as_deref(),
            roots: &lists.roots,
            time: found.policy.time.or(match found.policy.attestation {
                AttestationPolicy::Trusted => now,
                AttestationPolicy::Verify | AttestationPolicy::Ignore => None,
            }),
            existing_credentials: &lists.existing_credentials,
            allow_credentials: lists.allow_credentials.as_deref(),
            user_handle: found.user_handle.as_ref().map(id),
            app_id: found.app_id.as_ref().map(text),
            ..found.policy
        };
        let challenge = Challenge::from_text(text(&self.challenge)).ok_or(Fault::new(
            What::Challenge,
            FaultKind::Length,
            self.challenge.range().start,
        ))?;
        let subject = match &self.response {
            DecodedResponse::Registration(response) => Subject::Registration(response.borrow(json)),
            DecodedResponse::Authentication(response) => Subject::Authentication(
                response.borrow(json),
                found
                    .credential
                    .as_ref()
                    .map(|credential| credential.borrow(json)),
            ),
        };
        Ok(Check {
            challenge,
            policy,
            subject,
            differing_ids: match &self.response {
                DecodedResponse::Registration(response) => response.differing_ids(json),
                DecodedResponse::Authentication(response) => response.differing_ids(json),
            },
            public_key_fault: found
                .credential
                .and_then(|credential| credential.public_key_fault),
        })
    }
}

fn origin<'a>(text: &'a str, span: Span, what: What) -> Result<Origin<'a>, Fault> {
    Origin::parse(text).map_err(|_| Fault::new(what, FaultKind::Value, span.range().start))
}

/// The list with its elements converted. It has the same capacity, so it fits.
fn collect<T, U, const N: usize>(
    list: &Vec<T, N>,
    read: impl Fn(&T) -> Result<U, Fault>,
) -> Result<Vec<U, N>, Fault> {
    let mut collected = Vec::new();
    for element in list {
        let _fits = collected.push(read(element)?);
    }
    Ok(collected)
}
