//! Who is trusted, as a table: what a registration brings against what the relying party knows and wants.

use std::sync::Arc;

use portcullis_core::attestation::{Model, Models, Standing};
use portcullis_core::ceremony::AttestationPolicy;
use portcullis_core::data::UnixTime;
use portcullis_core::{
    Challenge, Crypto, Origin, Policy, RegistrationResponse, verify_registration,
};
use portcullis_tests::attestation::{Attestation, FidoU2f, NoAttestation, PackedSelf};
use portcullis_tests::authenticator::Authenticator;
use portcullis_tests::chain::Chain;
use portcullis_tests::corpora;

use super::{CHALLENGE, NOW, ORIGIN, RP_ID};

const MODEL: [u8; 16] = [0xa1; 16];
const OTHER_MODEL: [u8; 16] = [0xb2; 16];

/// Every outcome: `ok`, or the step of section 7.1 and what its code says.
const TABLE: &str = "\
registration                  roots         earlier       no roots      model's roots another's     revoked       allowed       not allowed   denied alone
a chain                       ok            24 outdated   23 no anchors ok            23 no anchors 24 revoked    ok            24 not wanted 24 not wanted
the same, the root sent along ok            24 outdated   23 no anchors ok            23 no anchors 24 revoked    ok            24 not wanted 24 not wanted
an intermediate left out      24 untrusted  24 outdated   23 no anchors 24 untrusted  23 no anchors 24 untrusted  24 untrusted  24 untrusted  24 not wanted
an intermediate that is over  24 outdated   24 outdated   23 no anchors 24 outdated   23 no anchors 24 outdated   24 outdated   24 outdated   24 not wanted
another root, sent along      24 untrusted  24 outdated   23 no anchors 24 untrusted  23 no anchors 24 untrusted  24 untrusted  24 untrusted  24 not wanted
a FIDO U2F key                ok            24 outdated   23 no anchors 23 no anchors 23 no anchors ok            24 not wanted 24 not wanted ok
self attestation              24 untrusted  24 untrusted  23 no anchors 24 untrusted  24 untrusted  24 untrusted  24 untrusted  24 untrusted  24 not wanted
none                          24 untrusted  24 untrusted  23 no anchors 24 untrusted  24 untrusted  24 untrusted  24 untrusted  24 untrusted  24 not wanted
";

/// What the relying party knows of one model, and of all others.
#[derive(Debug)]
struct Known {
    model: [u8; 16],
    roots: Vec<Vec<u8>>,
    standing: Standing,
    others: Standing,
}

impl Models for Known {
    fn root(&self, model: &Model<'_>, index: usize) -> Option<&[u8]> {
        let root = self.roots.get(index).map(Vec::as_slice);
        root.filter(|_| model.aaguid.bytes() == self.model)
    }

    fn standing(&self, model: &Model<'_>) -> Standing {
        if model.aaguid.bytes() == self.model {
            self.standing
        } else {
            self.others
        }
    }
}

/// What the relying party knows and wants.
struct Column {
    name: &'static str,
    attestation: AttestationPolicy,
    roots: Vec<Vec<u8>>,
    models: Option<Known>,
    time: &'static str,
}

fn columns() -> Vec<Column> {
    let root = Chain::new().root_certificate();
    let trusting = |name, roots: &[Vec<u8>], models| Column {
        name,
        attestation: AttestationPolicy::Trusted,
        roots: roots.to_vec(),
        models,
        time: NOW,
    };
    let roots = [root.clone()];
    let known = |model, roots: &[Vec<u8>], standing, others| {
        Some(Known {
            model,
            roots: roots.to_vec(),
            standing,
            others,
        })
    };
    let (accepted, unwanted) = (Standing::Accepted, Standing::NotAccepted);
    vec![
        trusting("roots", &roots, None),
        Column {
            time: "2023-12-31T23:59:59Z",
            ..trusting("earlier", &roots, None)
        },
        trusting("no roots", &[], None),
        trusting(
            "model's roots",
            &[],
            known(MODEL, &roots, accepted, accepted),
        ),
        trusting(
            "another's",
            &[],
            known(OTHER_MODEL, &roots, accepted, accepted),
        ),
        trusting(
            "revoked",
            &roots,
            known(MODEL, &[], Standing::Revoked, accepted),
        ),
        trusting("allowed", &roots, known(MODEL, &[], accepted, unwanted)),
        trusting(
            "not allowed",
            &roots,
            known(OTHER_MODEL, &[], accepted, unwanted),
        ),
        Column {
            attestation: AttestationPolicy::Verify,
            ..trusting("denied alone", &[], known(MODEL, &[], unwanted, accepted))
        },
    ]
}

/// What a registration brings.
fn rows() -> Vec<(&'static str, [u8; 16], Arc<dyn Attestation>)> {
    let (chain, stranger) = (Chain::new(), Chain::numbered(1));
    let mut with_root = chain.x5c();
    with_root.push(chain.root_certificate());
    let mut without_upper = chain.x5c();
    without_upper.pop();
    let mut lower = chain.lower_certificate();
    lower.not_after = "20250101000000Z".into();
    let mut over = chain.x5c();
    over[1] = lower.sign(&chain.upper);
    let mut strange = stranger.x5c();
    strange.push(stranger.root_certificate());
    let u2f = chain.root.issue(&chain.leaf.public_key_info(), vec![3]);
    let u2f = FidoU2f {
        key: chain.leaf.clone(),
        x5c: vec![u2f.sign(&chain.root.key)],
    };
    let (passkey, _) = authenticator().make(RP_ID, b"user", CHALLENGE, ORIGIN);
    vec![
        ("a chain", MODEL, chain.packed()),
        (
            "the same, the root sent along",
            MODEL,
            chain.packed_with(with_root),
        ),
        (
            "an intermediate left out",
            MODEL,
            chain.packed_with(without_upper),
        ),
        (
            "an intermediate that is over",
            MODEL,
            chain.packed_with(over),
        ),
        (
            "another root, sent along",
            MODEL,
            stranger.packed_with(strange),
        ),
        ("a FIDO U2F key", [0; 16], Arc::new(u2f)),
        ("self attestation", MODEL, Arc::new(PackedSelf(passkey.key))),
        ("none", MODEL, Arc::new(NoAttestation)),
    ]
}

fn authenticator() -> Authenticator {
    Authenticator::new("matrix")
}

fn judge(aaguid: [u8; 16], attestation: &Arc<dyn Attestation>, column: &Column) -> String {
    let mut authenticator = authenticator();
    authenticator.aaguid = aaguid;
    let (_, mut registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
    registration.attestation = Arc::clone(attestation);
    let mut json = registration.response().to_string().into_bytes();
    let response = RegistrationResponse::from_json(&mut json);
    let origins = [Origin::parse(ORIGIN).expect("an origin")];
    let roots: Vec<&[u8]> = column.roots.iter().map(Vec::as_slice).collect();
    let models = column.models.as_ref();
    let policy = Policy::new(&[RP_ID], &origins)
        .with_attestation(column.attestation)
        .with_roots(&roots)
        .with_models(models.map(|models| -> &dyn Models { models }))
        .with_time(
            (column.attestation == AttestationPolicy::Trusted)
                .then(|| UnixTime::parse_rfc3339(column.time).expect("a time")),
        );
    let challenge = Challenge::new(CHALLENGE).expect("long enough");
    let crypto = &Crypto::BUILT_IN;
    match verify_registration(&response, challenge, &policy, crypto, &mut ()) {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let step = error.step().number();
            let word = match error.code() {
                "trust_anchors_missing" => "no anchors",
                "attestation_untrusted" => "untrusted",
                "attestation_certificate_outdated" => "outdated",
                "authenticator_revoked" => "revoked",
                "authenticator_not_accepted" => "not wanted",
                code => code,
            };
            format!("{step} {word}")
        }
    }
}

#[test]
fn who_is_trusted() {
    let columns = columns();
    let names = columns.iter().map(|column| column.name.to_owned());
    let mut table = line("registration", names);
    for (name, aaguid, attestation) in rows() {
        let outcomes = columns
            .iter()
            .map(|column| judge(aaguid, &attestation, column));
        table += &line(name, outcomes);
    }
    for line in table.lines() {
        corpora::report(line);
    }
    assert_eq!(table, TABLE);
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: String = cells.map(|cell| format!("{cell:14}")).collect();
    format!("{name:30}{}\n", cells.trim_end())
}
