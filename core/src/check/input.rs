//! The check: what the relying party knew and wanted, and the response it got.

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
use crate::encoding::{Fault, FaultKind, Span, base64url, pem};
use crate::limits::{CHECK_CREDENTIALS_MAX, CHECK_LIST_MAX};

type TextList = Vec<Span, CHECK_LIST_MAX>;
/// `rpIds`, and `rpId` itself.
type RpIdList = Vec<Span, RP_IDS_MAX>;
const RP_IDS_MAX: usize = CHECK_LIST_MAX + 1;
type IdList = Vec<Span, CHECK_CREDENTIALS_MAX>;

/// The members of a check, by where they lie.
#[derive(Default)]
pub(super) struct Found {
    kind: Option<Ceremony>,
    rp_id: Option<Span>,
    rp_ids: Option<TextList>,
    origins: Option<TextList>,
    challenge: Option<Span>,
    response: Option<response_json::Found>,
    credential: Option<FoundCredential>,
    user_verification: Option<UserVerification>,
    cross_origin: Option<bool>,
    top_origins: Option<TextList>,
    algorithms: Option<Vec<CoseAlgorithm, CHECK_LIST_MAX>>,
    formats: Option<Formats>,
    mediation: Option<Mediation>,
    app_id: Option<Span>,
    user_handle: Option<Span>,
    discoverable: Option<bool>,
    allow_credentials: Option<IdList>,
    existing_credentials: Option<IdList>,
    counter: Option<CounterPolicy>,
    backup: Option<BackupPolicy>,
    attestation: Option<AttestationMember>,
}

/// The member `attestation`.
#[derive(Clone)]
struct AttestationMember {
    policy: AttestationPolicy,
    roots: TextList,
    time: Option<UnixTime>,
    android_key_tee: bool,
}

impl Default for AttestationMember {
    fn default() -> Self {
        Self {
            policy: AttestationPolicy::Verify,
            roots: TextList::new(),
            time: None,
            android_key_tee: false,
        }
    }
}

#[derive(Clone, Copy)]
struct FoundCredential {
    id: Span,
    /// What is no string is no COSE key either, and that is for the ceremony to say.
    public_key: Option<Span>,
    sign_count: u32,
    backup_eligible: Option<bool>,
    backup_state: Option<bool>,
}

/// Finds the members of a check and reads those that need no buffer.
pub(super) fn find(json: &[u8]) -> Result<Found, Fault> {
    let document = Value::parse(json, "check")?;
    let members =
        document
            .as_object()
            .ok_or(Fault::new("check", FaultKind::Type, document.at()))?;
    let mut found = Found::default();
    for (name, value) in members {
        // A name that has no room is longer than any of a check's.
        let mut text = heapless::String::<NAME_MAX>::new();
        if name
            .chars()
            .try_for_each(|character| text.push(character))
            .is_ok()
        {
            found.member(&text, value)?;
        }
    }
    Ok(found)
}

/// Bytes of the longest name that a check's member has: `existingCredentials`.
const NAME_MAX: usize = 19;

/// Reads a member that may stand once.
fn once<'a, T>(
    slot: &mut Option<T>,
    value: Value<'a>,
    what: &'static str,
    read: impl FnOnce(Value<'a>, &'static str) -> Result<T, Fault>,
) -> Result<(), Fault> {
    if slot.is_some() {
        return Err(Fault::new(what, FaultKind::Duplicate, value.at()));
    }
    *slot = Some(read(value, what)?);
    Ok(())
}

impl Found {
    fn member(&mut self, name: &str, value: Value<'_>) -> Result<(), Fault> {
        match name {
            "kind" => once(&mut self.kind, value, "kind", |value, what| {
                one_of(
                    value,
                    what,
                    &[
                        ("registration", Ceremony::Registration),
                        ("authentication", Ceremony::Authentication),
                    ],
                )
            }),
            "rpId" => once(&mut self.rp_id, value, "rpId", text),
            "rpIds" => once(&mut self.rp_ids, value, "rpIds", texts),
            "origins" => once(&mut self.origins, value, "origins", texts),
            "challenge" => once(&mut self.challenge, value, "challenge", text),
            "response" => once(&mut self.response, value, "response", |value, _| {
                Ok(response_json::find(value))
            }),
            "credential" => once(&mut self.credential, value, "credential", credential),
            "userVerification" => once(
                &mut self.user_verification,
                value,
                "userVerification",
                |value, what| {
                    one_of(
                        value,
                        what,
                        &[
                            ("required", UserVerification::Required),
                            ("preferred", UserVerification::Preferred),
                            ("discouraged", UserVerification::Discouraged),
                        ],
                    )
                },
            ),
            "crossOrigin" => once(&mut self.cross_origin, value, "crossOrigin", boolean),
            "topOrigins" => once(&mut self.top_origins, value, "topOrigins", texts),
            "algorithms" => once(&mut self.algorithms, value, "algorithms", algorithms),
            "formats" => once(&mut self.formats, value, "formats", formats),
            "mediation" => once(&mut self.mediation, value, "mediation", |value, what| {
                one_of(value, what, &[("conditional", Mediation::Conditional)])
            }),
            "appId" => once(&mut self.app_id, value, "appId", text),
            "userHandle" => once(&mut self.user_handle, value, "userHandle", text),
            "discoverable" => once(&mut self.discoverable, value, "discoverable", boolean),
            "allowCredentials" => once(
                &mut self.allow_credentials,
                value,
                "allowCredentials",
                texts,
            ),
            "existingCredentials" => once(
                &mut self.existing_credentials,
                value,
                "existingCredentials",
                texts,
            ),
            "counter" => once(&mut self.counter, value, "counter", |value, what| {
                one_of(
                    value,
                    what,
                    &[
                        ("reject", CounterPolicy::Reject),
                        ("report", CounterPolicy::Report),
                    ],
                )
            }),
            "backup" => once(&mut self.backup, value, "backup", |value, what| {
                one_of(
                    value,
                    what,
                    &[
                        ("consistent", BackupPolicy::Consistent),
                        ("report", BackupPolicy::Report),
                    ],
                )
            }),
            "attestation" => once(&mut self.attestation, value, "attestation", attestation),
            _ => Ok(()),
        }
    }

    /// Decodes in place what has to be decoded.
    pub(super) fn decode(self, json: &mut [u8]) -> Result<Decoded, Fault> {
        let missing = |what| Fault::new(what, FaultKind::Missing, 0);
        let kind = self.kind.ok_or(missing("kind"))?;
        let response = self.response.ok_or(missing("response"))?;
        let response = match kind {
            Ceremony::Registration => {
                DecodedResponse::Registration(DecodedRegistration::decode(json, &response))
            }
            Ceremony::Authentication => {
                DecodedResponse::Authentication(DecodedAuthentication::decode(json, &response))
            }
        };
        let mut rp_ids = RpIdList::from_slice(&self.rp_ids.unwrap_or_default())
            .map_err(|_| Fault::new("rpIds", FaultKind::Limit, 0))?;
        rp_ids
            .push(self.rp_id.ok_or(missing("rpId"))?)
            .map_err(|_| Fault::new("rpIds", FaultKind::Limit, 0))?;
        Ok(Decoded {
            response,
            rp_ids: unescape_all(json, rp_ids),
            origins: unescape_all(json, self.origins.ok_or(missing("origins"))?),
            challenge: challenge(json, self.challenge.ok_or(missing("challenge"))?)?,
            credential: self
                .credential
                .map(|credential| credential.decode(json))
                .transpose()?,
            user_verification: self
                .user_verification
                .unwrap_or(UserVerification::Preferred),
            cross_origin: self.cross_origin.unwrap_or(false),
            top_origins: self.top_origins.map(|list| unescape_all(json, list)),
            algorithms: self.algorithms,
            formats: self.formats.unwrap_or(Formats::ALL),
            mediation: self.mediation.unwrap_or(Mediation::Modal),
            app_id: self.app_id.map(|span| json::unescape(json, span)),
            user_handle: self
                .user_handle
                .map(|span| bytes(json, span, "userHandle"))
                .transpose()?,
            discoverable: self.discoverable.unwrap_or(false),
            allow_credentials: self
                .allow_credentials
                .map(|list| decode_all(json, list, "allowCredentials"))
                .transpose()?,
            existing_credentials: decode_all(
                json,
                self.existing_credentials.unwrap_or_default(),
                "existingCredentials",
            )?,
            counter: self.counter.unwrap_or(CounterPolicy::Reject),
            backup: self.backup.unwrap_or(BackupPolicy::Consistent),
            attestation: self.attestation.unwrap_or_default().decode(json)?,
        })
    }
}

fn text(value: Value<'_>, what: &'static str) -> Result<Span, Fault> {
    value
        .as_str()
        .map(|text| text.span())
        .ok_or(Fault::new(what, FaultKind::Type, value.at()))
}

fn boolean(value: Value<'_>, what: &'static str) -> Result<bool, Fault> {
    match value.content() {
        Content::Bool(boolean) => Ok(boolean),
        _ => Err(Fault::new(what, FaultKind::Type, value.at())),
    }
}

fn integer<T: core::str::FromStr>(value: Value<'_>, what: &'static str) -> Result<T, Fault> {
    match value.content() {
        Content::Number(digits) => digits
            .parse()
            .map_err(|_| Fault::new(what, FaultKind::Value, value.at())),
        _ => Err(Fault::new(what, FaultKind::Type, value.at())),
    }
}

fn one_of<T: Copy>(
    value: Value<'_>,
    what: &'static str,
    choices: &[(&str, T)],
) -> Result<T, Fault> {
    let text = value
        .as_str()
        .ok_or(Fault::new(what, FaultKind::Type, value.at()))?;
    choices
        .iter()
        .find(|(name, _)| text == **name)
        .map(|(_, choice)| *choice)
        .ok_or(Fault::new(what, FaultKind::Value, value.at()))
}

fn list<'a, T, const N: usize>(
    value: Value<'a>,
    what: &'static str,
    read: impl Fn(Value<'a>, &'static str) -> Result<T, Fault>,
) -> Result<Vec<T, N>, Fault> {
    let Content::Array(elements) = value.content() else {
        return Err(Fault::new(what, FaultKind::Type, value.at()));
    };
    let mut list = Vec::new();
    for element in elements {
        list.push(read(element, what)?)
            .map_err(|_| Fault::new(what, FaultKind::Limit, element.at()))?;
    }
    Ok(list)
}

fn texts<const N: usize>(value: Value<'_>, what: &'static str) -> Result<Vec<Span, N>, Fault> {
    list(value, what, text)
}

fn algorithms(
    value: Value<'_>,
    what: &'static str,
) -> Result<Vec<CoseAlgorithm, CHECK_LIST_MAX>, Fault> {
    list(value, what, |value, what| {
        integer(value, what).map(CoseAlgorithm::new)
    })
}

/// Formats that are not built cannot be accepted, so naming them changes nothing.
fn formats(value: Value<'_>, what: &'static str) -> Result<Formats, Fault> {
    let Content::Array(names) = value.content() else {
        return Err(Fault::new(what, FaultKind::Type, value.at()));
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

fn credential(value: Value<'_>, what: &'static str) -> Result<FoundCredential, Fault> {
    let members = value
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, value.at()))?;
    let (mut id, mut public_key, mut sign_count) = (None, None, None);
    let (mut backup_eligible, mut backup_state) = (None, None);
    for (name, value) in members {
        if name == *"id" {
            once(&mut id, value, "credential.id", text)?;
        } else if name == *"publicKey" {
            once(
                &mut public_key,
                value,
                "credential.publicKey",
                |value, what| Ok(text(value, what).ok()),
            )?;
        } else if name == *"signCount" {
            once(&mut sign_count, value, "credential.signCount", integer)?;
        } else if name == *"backupEligible" {
            once(
                &mut backup_eligible,
                value,
                "credential.backupEligible",
                boolean,
            )?;
        } else if name == *"backupState" {
            once(&mut backup_state, value, "credential.backupState", boolean)?;
        }
    }
    let missing = |what| Fault::new(what, FaultKind::Missing, 0);
    Ok(FoundCredential {
        id: id.ok_or(missing("credential.id"))?,
        public_key: public_key.ok_or(missing("credential.publicKey"))?,
        sign_count: sign_count.ok_or(missing("credential.signCount"))?,
        backup_eligible,
        backup_state,
    })
}

fn attestation(value: Value<'_>, what: &'static str) -> Result<AttestationMember, Fault> {
    let members = value
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, value.at()))?;
    let (mut policy, mut roots, mut time, mut tee) = (None, None, None, None);
    for (name, value) in members {
        if name == *"policy" {
            once(&mut policy, value, "attestation.policy", |value, what| {
                one_of(
                    value,
                    what,
                    &[
                        ("ignore", AttestationPolicy::Ignore),
                        ("verify", AttestationPolicy::Verify),
                        ("trusted", AttestationPolicy::Trusted),
                    ],
                )
            })?;
        } else if name == *"roots" {
            once(&mut roots, value, "attestation.roots", texts)?;
        } else if name == *"time" {
            once(&mut time, value, "attestation.time", |value, what| {
                // No date and time is longer, but for fractions that nobody writes.
                let mut text = heapless::String::<64>::new();
                let mut characters = value.as_str().into_iter().flat_map(json::JsonStr::chars);
                characters
                    .try_for_each(|character| text.push(character))
                    .ok()
                    .and_then(|()| UnixTime::parse_rfc3339(&text).ok())
                    .ok_or(Fault::new(what, FaultKind::Value, value.at()))
            })?;
        } else if name == *"androidKeyTee" {
            once(&mut tee, value, "attestation.androidKeyTee", boolean)?;
        }
    }
    Ok(AttestationMember {
        policy: policy.unwrap_or(AttestationPolicy::Verify),
        roots: roots.unwrap_or_default(),
        time,
        android_key_tee: tee.unwrap_or(false),
    })
}

impl AttestationMember {
    fn decode(mut self, json: &mut [u8]) -> Result<Self, Fault> {
        for root in &mut self.roots {
            *root = certificate(json, *root)?;
        }
        Ok(self)
    }
}

/// A certificate in PEM (RFC 7468), decoded to its DER.
fn certificate(json: &mut [u8], span: Span) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    pem::decode(json, span, "CERTIFICATE").ok_or(Fault::new(
        "attestation.roots",
        FaultKind::Value,
        span.range().start,
    ))
}

fn bytes(json: &mut [u8], span: Span, what: &'static str) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    base64url::decode(json, span).ok_or(Fault::new(what, FaultKind::Base64, span.range().start))
}

/// The text of a challenge, which stays as it was written: a client has to have written the same.
fn challenge(json: &mut [u8], span: Span) -> Result<Span, Fault> {
    let span = json::unescape(json, span);
    let fault = Fault::new("challenge", FaultKind::Base64, span.range().start);
    let text = span.of(json).unwrap_or_default();
    if base64url::is_text(text) {
        Ok(span)
    } else {
        Err(fault)
    }
}

fn unescape_all<const N: usize>(json: &mut [u8], mut list: Vec<Span, N>) -> Vec<Span, N> {
    for span in &mut list {
        *span = json::unescape(json, *span);
    }
    list
}

fn decode_all(json: &mut [u8], mut list: IdList, what: &'static str) -> Result<IdList, Fault> {
    for span in &mut list {
        *span = bytes(json, *span, what)?;
    }
    Ok(list)
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
    credential: Option<FoundCredential>,
    user_verification: UserVerification,
    cross_origin: bool,
    top_origins: Option<TextList>,
    algorithms: Option<Vec<CoseAlgorithm, CHECK_LIST_MAX>>,
    formats: Formats,
    mediation: Mediation,
    app_id: Option<Span>,
    user_handle: Option<Span>,
    discoverable: bool,
    allow_credentials: Option<IdList>,
    existing_credentials: IdList,
    counter: CounterPolicy,
    backup: BackupPolicy,
    attestation: AttestationMember,
}

impl FoundCredential {
    fn decode(mut self, json: &mut [u8]) -> Result<Self, Fault> {
        self.id = bytes(json, self.id, "credential.id")?;
        if self.id.range().is_empty() {
            return Err(Fault::new(
                "credential.id",
                FaultKind::Length,
                self.id.range().start,
            ));
        }
        self.public_key = self
            .public_key
            .and_then(|span| bytes(json, span, "credential.publicKey").ok());
        Ok(self)
    }

    fn borrow<'a>(&self, json: &'a [u8]) -> CredentialRecord<'a> {
        CredentialRecord {
            id: self.id.of(json).unwrap_or_default(),
            public_key: self
                .public_key
                .and_then(|span| span.of(json))
                .unwrap_or_default(),
            sign_count: self.sign_count,
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
    algorithms: Option<Vec<CoseAlgorithm, CHECK_LIST_MAX>>,
    allow_credentials: Option<Vec<&'a [u8], CHECK_CREDENTIALS_MAX>>,
    existing_credentials: Vec<&'a [u8], CHECK_CREDENTIALS_MAX>,
}

/// A check, ready to be judged.
pub(super) struct Check<'a> {
    pub(super) challenge: Challenge<'a>,
    pub(super) policy: Policy<'a>,
    pub(super) subject: Subject<'a>,
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
        lists.roots = collect(&self.attestation.roots, |span| Ok(id(span)))?;
        lists.rp_ids = collect(&self.rp_ids, |span| Ok(text(span)))?;
        lists.origins = collect(&self.origins, |span| origin(text(span), *span, "origins"))?;
        lists.top_origins = match &self.top_origins {
            Some(list) => Some(collect(list, |span| {
                origin(text(span), *span, "topOrigins")
            })?),
            None => None,
        };
        lists.algorithms.clone_from(&self.algorithms);
        lists.allow_credentials = match &self.allow_credentials {
            Some(list) => Some(collect(list, |span| Ok(id(span)))?),
            None => None,
        };
        lists.existing_credentials = collect(&self.existing_credentials, |span| Ok(id(span)))?;
        let lists = &*lists;
        let policy = Policy {
            cross_origin: if self.cross_origin {
                CrossOrigin::Expected {
                    top_origins: lists.top_origins.as_deref(),
                }
            } else {
                CrossOrigin::Refused
            },
            user_verification: self.user_verification,
            mediation: self.mediation,
            algorithms: lists.algorithms.as_deref(),
            formats: self.formats,
            attestation: self.attestation.policy,
            roots: &lists.roots,
            time: self.attestation.time.or(match self.attestation.policy {
                AttestationPolicy::Trusted => now,
                AttestationPolicy::Verify | AttestationPolicy::Ignore => None,
            }),
            android_key_tee: self.attestation.android_key_tee,
            existing_credentials: &lists.existing_credentials,
            allow_credentials: lists.allow_credentials.as_deref(),
            user_handle: self.user_handle.as_ref().map(id),
            discoverable: self.discoverable,
            counter: self.counter,
            backup: self.backup,
            app_id: self.app_id.as_ref().map(text),
            ..Policy::new(&lists.rp_ids, &lists.origins)
        };
        let challenge = Challenge::from_text(text(&self.challenge)).ok_or(Fault::new(
            "challenge",
            FaultKind::Length,
            self.challenge.range().start,
        ))?;
        let subject = match &self.response {
            DecodedResponse::Registration(response) => Subject::Registration(response.borrow(json)),
            DecodedResponse::Authentication(response) => Subject::Authentication(
                response.borrow(json),
                self.credential
                    .as_ref()
                    .map(|credential| credential.borrow(json)),
            ),
        };
        Ok(Check {
            challenge,
            policy,
            subject,
        })
    }
}

fn origin<'a>(text: &'a str, span: Span, what: &'static str) -> Result<Origin<'a>, Fault> {
    Origin::parse(text).map_err(|_| Fault::new(what, FaultKind::Value, span.range().start))
}

/// The same list with other elements, which is as long, so that it fits.
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
