//! Authenticator data: their form, which RP ID they are for, and their flags. 7.1.13 to 7.1.17, 7.2.7 and
//! 7.2.15 to 7.2.19.

use serde_json::json;

use super::{Cases, Change, Steps};
use crate::{
    authenticator::{Assertion, AttestedCredential, AuthenticatorData, Registration, flags},
    cbor::Cbor,
    encoding::{base64url, from_base64url, sha256},
    scene::ORIGIN,
};

const CODE: &str = "authenticator_data_malformed";
const FORM: Steps = (13, 15);
const RP_ID: Steps = (14, 15);

pub(super) fn write(cases: &mut Cases) {
    form(cases);
    attested_credential(cases);
    rp_id(cases);
    people(cases);
    backup(cases);
}

fn form(cases: &mut Cases) {
    cases.assertion_check(
        7,
        CODE,
        "the authenticator data are no base64url",
        |check| {
            check["response"]["response"]["authenticatorData"] = json!("A");
        },
    );
    cases.authenticator_data(
        FORM,
        CODE,
        "a byte follows the authenticator data",
        |data| {
            data.trailing = vec![0];
        },
    );
    cases.authenticator_data(FORM, CODE, "a second map of extensions follows", |data| {
        data.trailing = data.extensions.as_ref().expect("extensions").encode();
    });
    cases.authenticator_data(
        FORM,
        CODE,
        "extensions are announced and not there",
        |data| {
            data.extensions = None;
        },
    );
    cases.authenticator_data(
        FORM,
        CODE,
        "extensions are there and not announced",
        |data| {
            data.flags &= !flags::ED;
        },
    );
    for (rule, extensions) in [
        ("a list", Cbor::Array(Vec::new())),
        ("a text", Cbor::text("{}")),
        ("null", Cbor::Null),
        ("cut short", Cbor::Raw(vec![0xa1, 0x61, b'a'])),
        (
            "a map with null for a name",
            Cbor::Map(vec![(Cbor::Null, Cbor::Null)]),
        ),
        ("tagged", Cbor::Tag(1, Box::new(Cbor::Map(Vec::new())))),
        (
            "a map with a name twice",
            Cbor::text_map([("a", Cbor::Bool(true)), ("a", Cbor::Bool(false))]),
        ),
        (
            "a simple value that CBOR reserves",
            Cbor::Raw(vec![0xa1, 0x61, b'a', 0xf8, 0x18]),
        ),
    ] {
        let rule = format!("the extensions are {rule}");
        cases.authenticator_data(FORM, CODE, &rule, |data| {
            data.extensions = Some(extensions.clone());
        });
    }
    cases.assertion(
        15,
        CODE,
        "a credential is announced and not there",
        |made| {
            made.authenticator_data.flags |= flags::AT;
        },
    );
    for (rule, length) in [
        ("nothing", 0),
        ("an RP ID hash alone", 32),
        ("one byte short of a counter", 36),
    ] {
        let rule = format!("the authenticator data are {rule}");
        cases.registration(13, CODE, &rule, |made| {
            let mut object = made.attestation_object();
            let data = made.authenticator_data.encode()[..length].to_vec();
            object.members_mut()[2].1 = Cbor::Bytes(data);
            made.attestation_object = Some(object);
        });
        cases.assertion_check(15, CODE, &rule, |check| {
            let text = &mut check["response"]["response"]["authenticatorData"];
            let data = from_base64url(text.as_str().expect("a text"));
            *text = json!(base64url(&data[..length]));
        });
    }
}

fn credential(made: &mut Registration) -> &mut AttestedCredential {
    made.authenticator_data
        .attested
        .as_mut()
        .expect("a credential")
}

fn attested_credential(cases: &mut Cases) {
    let mut registered = |rule: &str, change: fn(&mut Registration)| {
        cases.registration(13, CODE, rule, change);
    };
    registered("there is no credential", |made| {
        made.authenticator_data.flags &= !flags::AT;
        made.authenticator_data.attested = None;
    });
    registered("a credential is there and not announced", |made| {
        made.authenticator_data.flags &= !flags::AT;
    });
    registered("the credential ends within the model", |made| {
        made.authenticator_data.attested = None;
        made.authenticator_data.extensions = None;
        made.authenticator_data.flags &= !flags::ED;
        made.authenticator_data.trailing = vec![0; 15];
    });
    registered("the credential ends before the id's length", |made| {
        made.authenticator_data.attested = None;
        made.authenticator_data.extensions = None;
        made.authenticator_data.flags &= !flags::ED;
        made.authenticator_data.trailing = vec![0; 17];
    });
    registered("the id is longer than the data", |made| {
        credential(made).declared_length = Some(u16::MAX);
    });
    registered("the id ends within the key", |made| {
        credential(made).declared_length = Some(40);
    });
    registered("there is no key", |made| {
        credential(made).public_key = Cbor::Raw(Vec::new());
    });
    registered("the key is cut short", |made| {
        let key = credential(made).public_key.encode();
        credential(made).public_key = Cbor::Raw(key[..key.len() - 1].to_vec());
        made.authenticator_data.extensions = None;
        made.authenticator_data.flags &= !flags::ED;
    });
    registered("a parameter of the key appears twice", |made| {
        let members = credential(made).public_key.members_mut();
        members.push(members[0].clone());
    });
}

fn rp_id(cases: &mut Cases) {
    const CODE: &str = "rp_id_mismatch";
    for (rule, hash) in [
        ("another", sha256(&[b"example.com"])),
        ("a domain above", sha256(&[b"org"])),
        ("a domain below", sha256(&[b"login.example.org"])),
        ("the RP ID in capitals", sha256(&[b"EXAMPLE.ORG"])),
        (
            "the RP ID with the root's point",
            sha256(&[b"example.org."]),
        ),
        ("the origin", sha256(&[ORIGIN.as_bytes()])),
        ("nothing", sha256(&[])),
    ] {
        let rule = format!("the RP ID hash is that of {rule}");
        cases.authenticator_data(RP_ID, CODE, &rule, |data| data.rp_id_hash = hash);
    }
    let spoiled: [(&str, Change<[u8; 32]>); 3] = [
        ("the RP ID hash is all zeros", |hash| hash.fill(0)),
        ("a bit of the RP ID hash is another", |hash| hash[31] ^= 1),
        ("the RP ID hash is the other way round", |hash| {
            hash.reverse();
        }),
    ];
    for (rule, change) in spoiled {
        cases.authenticator_data(RP_ID, CODE, rule, |data| change(&mut data.rp_id_hash));
    }
    let app_id = "https://example.org/appid.json";
    let of_app_id = sha256(&[app_id.as_bytes()]);
    for (rule, asked, used) in [
        ("the AppID is used and was not asked for", None, Some(true)),
        (
            "the AppID is used and the client says no",
            Some(app_id),
            Some(false),
        ),
        (
            "the AppID is used and the client does not say so",
            Some(app_id),
            None,
        ),
        (
            "another AppID is used",
            Some("https://example.org/other.json"),
            Some(true),
        ),
    ] {
        let hashed = |made: &mut Assertion| made.authenticator_data.rp_id_hash = of_app_id;
        cases.assertion_and_check(15, CODE, rule, hashed, |check| {
            if let Some(asked) = asked {
                check["appId"] = json!(asked);
            }
            if let Some(used) = used {
                check["response"]["clientExtensionResults"]["appid"] = json!(used);
            }
        });
    }
    cases.registration(14, CODE, "a registration is made for an AppID", |made| {
        made.authenticator_data.rp_id_hash = of_app_id;
    });
}

fn people(cases: &mut Cases) {
    let without = |mask: u8| move |data: &mut AuthenticatorData| data.flags &= !mask;
    cases.authenticator_data(
        (15, 16),
        "user_not_present",
        "nobody was there",
        without(flags::UP),
    );
    cases.authenticator_data(
        (15, 16),
        "user_not_present",
        "nobody was there, neither seen nor verified",
        without(flags::UP | flags::UV),
    );
    cases.authenticator_data(
        (16, 17),
        "user_not_verified",
        "somebody was there and is not verified",
        without(flags::UV),
    );
    cases.assertion_and_check(
        16,
        "user_not_present",
        "nobody was there, and a sign-in has no conditional mediation",
        |made| made.authenticator_data.flags &= !flags::UP,
        |check| check["mediation"] = json!("conditional"),
    );
}

fn backup(cases: &mut Cases) {
    cases.authenticator_data(
        (17, 18),
        "backup_state_invalid",
        "backed up and not eligible",
        |data| {
            data.flags |= flags::BS;
        },
    );
    const CODE: &str = "backup_eligibility_changed";
    cases.assertion(19, CODE, "eligible for backup, and was not", |made| {
        made.authenticator_data.flags |= flags::BE;
    });
    cases.assertion(19, CODE, "backed up, and was not eligible", |made| {
        made.authenticator_data.flags |= flags::BE | flags::BS;
    });
    cases.assertion_check(19, CODE, "not eligible for backup, and was", |check| {
        check["credential"]["backupEligible"] = json!(true);
    });
}
