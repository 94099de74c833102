//! Format `tpm`, section 8.3.

use std::sync::Arc;

use super::codes::{
    ALGORITHM, BINDING, CERTIFICATE, INVALID, KEY, MALFORMED, SIGNATURE, UNREADABLE,
};
use super::{Cases, Change};
use crate::{
    attestation::Tpm,
    cbor::Cbor,
    certificate::{
        AAGUID, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, COMMON_NAME, Certificate, EXTENDED_KEY_USAGE,
        Extension,
    },
    der,
    keys::{Es256, Rsa},
    scene::{Scene, edited, put, spoil_signature, take},
    w3c,
};

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    members(cases, &scene);
    public_area(cases, &scene);
    attributes(cases, &scene);
    certified(cases, &scene);
    certificate(cases, &scene);
    names(cases, &scene);
}

fn members(cases: &mut Cases, scene: &Scene) {
    let tpm = || scene.tpm(|_| ());
    for member in ["ver", "alg", "sig", "x5c", "pubArea", "certInfo"] {
        let rule = format!("tpm: there is no {member}");
        let statement = edited(tpm(), move |statement| take(statement, member));
        cases.statement(scene, MALFORMED, &rule, statement);
    }
    let mut set = |code, rule: &str, name: &'static str, value: Cbor| {
        let statement = edited(tpm(), move |statement| put(statement, name, value.clone()));
        cases.statement(scene, code, &format!("tpm: {rule}"), statement);
    };
    set(MALFORMED, "the version is 1.2", "ver", Cbor::text("1.2"));
    set(MALFORMED, "the version is a number", "ver", Cbor::Int(2));
    set(
        MALFORMED,
        "the public area is a text",
        "pubArea",
        Cbor::text(""),
    );
    set(
        MALFORMED,
        "the public area is empty",
        "pubArea",
        Cbor::bytes([]),
    );
    set(
        MALFORMED,
        "certInfo is a map",
        "certInfo",
        Cbor::Map(Vec::new()),
    );
    set(
        ALGORITHM,
        "the algorithm is RSA's and the key is not",
        "alg",
        Cbor::Int(-257),
    );
    set(
        "attestation_algorithm_unsupported",
        "the algorithm is unheard of",
        "alg",
        Cbor::Int(-4711),
    );
    set(SIGNATURE, "the signature is empty", "sig", Cbor::bytes([]));
    let spoiled = edited(tpm(), spoil_signature);
    cases.statement(
        scene,
        SIGNATURE,
        "tpm: a bit of the signature is another",
        spoiled,
    );
    let other = Tpm {
        key: Arc::new(Es256::from_secret(&[9; 32])),
        ..tpm()
    };
    cases.statement(
        scene,
        SIGNATURE,
        "tpm: another key than the certificate's has signed",
        other,
    );
}

fn public_area(cases: &mut Cases, scene: &Scene) {
    let (x, y) = w3c::coordinates(scene.passkey.key.as_ref());
    let about = |area: Vec<u8>| scene.tpm_about(area);
    for (rule, area) in [
        ("x and y are exchanged", Tpm::ecc(11, 3, &y, &x)),
        ("the point is another", Tpm::ecc(11, 3, &x, &x)),
        ("the curve is another", Tpm::ecc(11, 4, &x, &y)),
        ("y has lost its last byte", Tpm::ecc(11, 3, &x, &y[..31])),
        ("the key is RSA's", Tpm::rsa(11, &Rsa::modulus())),
    ] {
        cases.statement(
            scene,
            KEY,
            &format!("tpm: in the public area {rule}"),
            about(area),
        );
    }
    let spoiled = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut area = scene.area(11);
        spoil(&mut area);
        area
    };
    for (rule, area) in [
        (
            "names itself with a hash unheard of",
            Tpm::ecc(5, 3, &x, &y),
        ),
        ("is on a curve unheard of", Tpm::ecc(11, 0x20, &x, &y)),
        (
            "is of a key that is neither RSA's nor on a curve",
            spoiled(&|area| area[1] = 0x08),
        ),
        ("has a byte after it", spoiled(&|area| area.push(0))),
        (
            "is cut short",
            spoiled(&|area| area.truncate(area.len() - 1)),
        ),
        (
            "has a policy that is longer than the area",
            spoiled(&|area| area[8] = 0xff),
        ),
        (
            "has a symmetric algorithm without its parameters",
            spoiled(&|area| area[11] = 6),
        ),
    ] {
        cases.statement(
            scene,
            MALFORMED,
            &format!("tpm: the public area {rule}"),
            about(area),
        );
    }
    let mut rsa = scene.clone();
    rsa.replace_key(crate::scene::rsa().cose_key());
    let changes: [(&str, Change<Vec<u8>>); 2] = [
        ("the modulus is another", |area| {
            *area.last_mut().expect("a modulus") ^= 2;
        }),
        ("the exponent is three", |area| area[19] = 3),
    ];
    for (rule, change) in changes {
        let mut area = Tpm::rsa(11, &Rsa::modulus());
        change(&mut area);
        cases.statement(
            &rsa,
            KEY,
            &format!("tpm: in the public area {rule}"),
            rsa.tpm_about(area),
        );
    }
}

fn certified(cases: &mut Cases, scene: &Scene) {
    let mut changed = |code, rule: &str, change: &dyn Fn(&mut Tpm)| {
        let mut tpm = scene.tpm(|_| ());
        change(&mut tpm);
        cases.statement(scene, code, &format!("tpm: {rule}"), tpm);
    };
    changed(INVALID, "certInfo was not generated by a TPM", &|tpm| {
        tpm.magic = *b"\xffTCH";
    });
    changed(INVALID, "certInfo is a quote", &|tpm| tpm.ty = [0x80, 0x18]);
    changed(INVALID, "certInfo certifies a creation", &|tpm| {
        tpm.ty = [0x80, 0x1a];
    });
    changed(
        BINDING,
        "the extra data are of another registration",
        &|tpm| {
            tpm.extra_data = Some(vec![1; 32]);
        },
    );
    changed(BINDING, "there are no extra data", &|tpm| {
        tpm.extra_data = Some(Vec::new());
    });
    changed(BINDING, "the extra data are of another hash", &|tpm| {
        tpm.extra_data = Some(vec![1; 20]);
    });
    changed(INVALID, "the certified name is another's", &|tpm| {
        tpm.name = Some([&[0, 11][..], &[1; 32]].concat());
    });
    changed(INVALID, "there is no certified name", &|tpm| {
        tpm.name = Some(Vec::new());
    });
    changed(INVALID, "the certified name is a handle", &|tpm| {
        tpm.name = Some(vec![0x80, 0, 0, 0]);
    });
    changed(
        INVALID,
        "the name is by another hash than the area says",
        &|tpm| tpm.name_algorithm = 12,
    );
    changed(INVALID, "the name is a digest alone", &|tpm| {
        tpm.name = Some(vec![1; 32]);
    });
    changed(MALFORMED, "a byte follows certInfo", &|tpm| {
        tpm.trailing = vec![0];
    });
}

fn certificate(cases: &mut Cases, scene: &Scene) {
    let mut changed = |code, rule: &str, change: &dyn Fn(&mut Certificate)| {
        cases.statement(scene, code, &format!("tpm: {rule}"), scene.tpm(change));
    };
    changed(CERTIFICATE, "the certificate is of version 1", &|c| {
        c.version = None;
    });
    changed(CERTIFICATE, "the certificate is of version 2", &|c| {
        c.version = Some(1);
    });
    changed(CERTIFICATE, "the subject has a name", &|c| {
        c.subject.push((COMMON_NAME.into(), "TPM".into()));
    });
    changed(CERTIFICATE, "there is no alternative name", &|c| {
        c.remove(ALTERNATIVE_NAME);
    });
    changed(CERTIFICATE, "there is no extended key usage", &|c| {
        c.remove(EXTENDED_KEY_USAGE);
    });
    changed(CERTIFICATE, "there are no basic constraints", &|c| {
        c.remove(BASIC_CONSTRAINTS);
    });
    changed(CERTIFICATE, "the certificate is an authority's", &|c| {
        let value = der::sequence(&[der::boolean(true)]);
        c.put(Extension::new(BASIC_CONSTRAINTS, true, value));
    });
    let usage = |content: Vec<u8>| {
        move |c: &mut Certificate| c.put(Extension::new(EXTENDED_KEY_USAGE, false, content.clone()))
    };
    changed(
        CERTIFICATE,
        "the key is for endorsement",
        &usage(der::sequence(&[der::oid("2.23.133.8.1")])),
    );
    changed(
        CERTIFICATE,
        "the key is for servers",
        &usage(der::sequence(&[der::oid("1.3.6.1.5.5.7.3.1")])),
    );
    changed(
        CERTIFICATE,
        "the extended key usages are none",
        &usage(der::sequence(&[])),
    );
    changed(
        UNREADABLE,
        "an extended key usage is a text",
        &usage(der::sequence(&[der::utf8("aik")])),
    );
    changed(
        UNREADABLE,
        "the extended key usages are no sequence",
        &usage(der::oid("2.23.133.8.3")),
    );
    changed(
        "attestation_aaguid_mismatch",
        "the certificate is for another model",
        &|c| {
            c.put(Extension::new(AAGUID, false, der::octets(&[1; 16])));
        },
    );
}

fn names(cases: &mut Cases, scene: &Scene) {
    const MAKER: (&str, &str) = ("2.23.133.2.1", "id:4E544300");
    const MODEL: (&str, &str) = ("2.23.133.2.2", "NPCT75x");
    const VERSION: (&str, &str) = ("2.23.133.2.3", "id:13");
    for (rule, names) in [
        ("no maker", &[MODEL, VERSION][..]),
        ("no model", &[MAKER, VERSION]),
        ("no version", &[MAKER, MODEL]),
        (
            "a maker without its prefix",
            &[("2.23.133.2.1", "4E544300"), MODEL, VERSION],
        ),
        (
            "a maker of seven digits",
            &[("2.23.133.2.1", "id:4E54430"), MODEL, VERSION],
        ),
        (
            "a maker of letters",
            &[("2.23.133.2.1", "id:NUVOTON."), MODEL, VERSION],
        ),
        ("an empty model", &[MAKER, ("2.23.133.2.2", ""), VERSION]),
        ("an empty version", &[MAKER, MODEL, ("2.23.133.2.3", "")]),
    ] {
        let statement = scene.tpm(|c| c.put(Tpm::alternative_name(names)));
        cases.statement(
            scene,
            CERTIFICATE,
            &format!("tpm: the alternative name tells {rule}"),
            statement,
        );
    }
    let holding =
        |value: Vec<u8>| scene.tpm(|c| c.put(Extension::new(ALTERNATIVE_NAME, true, value)));
    let host = der::sequence(&[der::element(&[0x82], b"tpm.example")]);
    cases.statement(
        scene,
        CERTIFICATE,
        "tpm: the alternative name is a host's",
        holding(host),
    );
    let set = der::sequence(&[der::context(4, &der::set(&[]))]);
    cases.statement(
        scene,
        UNREADABLE,
        "tpm: the alternative name is a set",
        holding(set),
    );
    let bare = der::sequence(&[der::context(4, &der::sequence(&[der::null()]))]);
    cases.statement(
        scene,
        UNREADABLE,
        "tpm: an attribute of the alternative name is null",
        holding(bare),
    );
}

/// `objectAttributes`: the key is for signing, and not restricted to what the TPM itself has made.
fn attributes(cases: &mut Cases, scene: &Scene) {
    let with = |attributes: u32| {
        let mut area = scene.area(11);
        area[4..8].copy_from_slice(&attributes.to_be_bytes());
        scene.tpm_about(area)
    };
    const BOUND: u32 = 1 << 1 | 1 << 4 | 1 << 5;
    const RESTRICTED: u32 = 1 << 16;
    const DECRYPT: u32 = 1 << 17;
    const SIGN: u32 = 1 << 18;
    for (rule, attributes) in [
        ("has no attributes", 0),
        ("is not for signing", BOUND),
        ("is for decryption alone", BOUND | DECRYPT),
        ("is restricted", BOUND | SIGN | RESTRICTED),
        ("stays in its TPM and not under its parent", 1 << 1 | SIGN),
    ] {
        let rule = format!("tpm: the key {rule}");
        cases.statement(scene, INVALID, &rule, with(attributes));
    }
}
