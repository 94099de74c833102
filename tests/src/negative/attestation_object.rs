//! The attestation object's own form, 7.1.13.

use serde_json::json;

use super::Cases;
use crate::{authenticator::Registration, cbor::Cbor};

const CODE: &str = "attestation_object_malformed";

pub(super) fn write(cases: &mut Cases) {
    in_base64url(cases);
    members(cases);
    encoding(cases);
}

fn in_base64url(cases: &mut Cases) {
    let mut spoiled = |rule: &str, spoil: fn(&str) -> String| {
        cases.registration_check(13, CODE, rule, |check| {
            let text = &mut check["response"]["response"]["attestationObject"];
            *text = json!(spoil(text.as_str().expect("a text")));
        });
    };
    spoiled("the attestation object is padded", |text| {
        format!("{text}=")
    });
    spoiled("the attestation object is empty", |_| String::new());
    spoiled("the attestation object is in hexadecimal digits", |_| {
        "a3:63:66:6d:74".into()
    });
}

fn edit(cases: &mut Cases, rule: &str, edit: impl FnOnce(&mut Vec<(Cbor, Cbor)>)) {
    cases.registration(13, CODE, rule, |made| {
        let mut object = made.attestation_object();
        edit(object.members_mut());
        made.attestation_object = Some(object);
    });
}

/// The members come in this order: fmt, attStmt, authData.
fn members(cases: &mut Cases) {
    for (index, name) in ["fmt", "attStmt", "authData"].into_iter().enumerate() {
        edit(cases, &format!("there is no {name}"), |members| {
            members.remove(index);
        });
        edit(cases, &format!("{name} appears twice"), |members| {
            members.push(members[index].clone());
        });
        edit(cases, &format!("{name} is a number"), |members| {
            members[index].1 = Cbor::Int(1);
        });
        edit(cases, &format!("{name} is null"), |members| {
            members[index].1 = Cbor::Null;
        });
    }
    edit(cases, "fmt is a byte string", |members| {
        members[0].1 = Cbor::bytes(*b"packed");
    });
    edit(cases, "authData is a text", |members| {
        members[2].1 = Cbor::text("data");
    });
    edit(cases, "a fourth member", |members| {
        members.push((Cbor::text("epAtt"), Cbor::Bool(true)));
    });
    edit(cases, "a name is a number", |members| {
        members[0].0 = Cbor::Int(1);
    });
    edit(cases, "a name is written in capitals", |members| {
        members[0].0 = Cbor::text("FMT");
    });
}

fn encoding(cases: &mut Cases) {
    let mut whole = |rule: &str, encode: fn(&mut Registration) -> Cbor| {
        cases.registration(13, CODE, rule, |made| {
            made.attestation_object = Some(encode(made));
        });
    };
    whole("the attestation object is a list", |made| {
        Cbor::Array(vec![made.attestation_object()])
    });
    whole("the attestation object is a text", |_| Cbor::text("{}"));
    whole("a byte follows the attestation object", |made| {
        Cbor::Raw([made.attestation_object().encode(), vec![0]].concat())
    });
    whole("the attestation object is cut short", |made| {
        let mut bytes = made.attestation_object().encode();
        bytes.pop();
        Cbor::Raw(bytes)
    });
    whole("the attestation object is tagged", |made| {
        Cbor::Tag(55799, Box::new(made.attestation_object()))
    });
    whole("a map of more members than there are bytes", |_| {
        Cbor::Raw(vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    });
    whole("a byte string of more bytes than there are", |_| {
        Cbor::Raw([&b"\xa1\x68authData"[..], &[0x5b], &[0xff; 8]].concat())
    });
    whole("an additional information that CBOR reserves", |_| {
        Cbor::Raw(vec![0xa1, 0x63, b'f', b'm', b't', 0x1c])
    });
    whole("a break where none belongs", |_| Cbor::Raw(vec![0xff]));
    // In the statement, where the format says which members there are.
    for (rule, item) in [
        (
            "a text that is no UTF-8",
            Cbor::Raw(b"\x62\xc3\x28".to_vec()),
        ),
        (
            "a simple value that CBOR reserves",
            Cbor::Raw(vec![0xf8, 0x18]),
        ),
        ("a tagged item", Cbor::Tag(1, Box::new(Cbor::Int(0)))),
        (
            "a byte string of indefinite length",
            Cbor::IndefiniteBytes(vec![vec![1], vec![2]]),
        ),
        (
            "a text of indefinite length",
            Cbor::IndefiniteText(vec!["a".into()]),
        ),
        ("a map in no order of 66 names", {
            let names = (0..66).rev();
            Cbor::Map(names.map(|name| (Cbor::Int(name), Cbor::Null)).collect())
        }),
    ] {
        edit(cases, &format!("the statement holds {rule}"), |members| {
            members[1].1 = Cbor::text_map([("a", item)]);
        });
    }
    edit(cases, "lists deeper than eight", |members| {
        let mut deep = Cbor::Array(Vec::new());
        for _ in 0..8 {
            deep = Cbor::Array(vec![deep]);
        }
        members[1].1 = deep;
    });
    edit(cases, "more than a thousand items", |members| {
        members[1].1 = Cbor::Array(vec![Cbor::Int(0); 1025]);
    });
    edit(
        cases,
        "a name appears twice in a map that nobody reads",
        |members| {
            let twice = (Cbor::text("a"), Cbor::Int(1));
            members[1].1 = Cbor::Map(vec![twice.clone(), twice]);
        },
    );
}
