//! Authenticator extension outputs, 7.1.28 and 7.2.23.

use super::Cases;
use crate::cbor::Cbor;

const CODE: &str = "extensions_malformed";

pub(super) fn write(cases: &mut Cases) {
    let method = |numbers: &[i64]| Cbor::Array(numbers.iter().copied().map(Cbor::Int).collect());
    for (rule, name, output) in [
        ("credProtect is zero", "credProtect", Cbor::Int(0)),
        ("credProtect is four", "credProtect", Cbor::Int(4)),
        ("credProtect is negative", "credProtect", Cbor::Int(-1)),
        (
            "credProtect is a truth value",
            "credProtect",
            Cbor::Bool(true),
        ),
        ("minPinLength is 64", "minPinLength", Cbor::Int(64)),
        ("minPinLength is negative", "minPinLength", Cbor::Int(-4)),
        ("minPinLength is a text", "minPinLength", Cbor::text("4")),
        ("credBlob is a number", "credBlob", Cbor::Int(1)),
        ("credBlob is a text", "credBlob", Cbor::text("blob")),
        (
            "hmac-secret has 33 bytes",
            "hmac-secret",
            Cbor::bytes([0; 33]),
        ),
        ("hmac-secret is empty", "hmac-secret", Cbor::bytes([])),
        ("hmac-secret is null", "hmac-secret", Cbor::Null),
        ("hmac-secret is a map", "hmac-secret", Cbor::Map(Vec::new())),
        (
            "hmac-secret-mc is a truth value",
            "hmac-secret-mc",
            Cbor::Bool(true),
        ),
        (
            "thirdPartyPayment is a number",
            "thirdPartyPayment",
            Cbor::Int(1),
        ),
        ("uvm is a number", "uvm", Cbor::Int(2)),
        ("uvm is empty", "uvm", Cbor::Array(vec![])),
        (
            "uvm has a method of two numbers",
            "uvm",
            Cbor::Array(vec![method(&[2, 4])]),
        ),
        (
            "uvm has a method of four numbers",
            "uvm",
            Cbor::Array(vec![method(&[2, 4, 2, 1])]),
        ),
        (
            "uvm has a method that is a number",
            "uvm",
            Cbor::Array(vec![Cbor::Int(2)]),
        ),
        (
            "uvm has a negative method",
            "uvm",
            Cbor::Array(vec![method(&[-2, 4, 2])]),
        ),
        (
            "uvm has a protection of more than 16 bits",
            "uvm",
            Cbor::Array(vec![method(&[2, 1 << 16, 2])]),
        ),
        (
            "uvm has four methods",
            "uvm",
            Cbor::Array(vec![method(&[2, 4, 2]); 4]),
        ),
    ] {
        cases.authenticator_data((28, 23), CODE, rule, |data| {
            data.extensions = Some(Cbor::text_map([(name, output.clone())]));
        });
    }
    for (rule, name) in [
        ("an extension's name is a number", Cbor::Int(1)),
        ("an extension's name is a byte string", Cbor::bytes(*b"uvm")),
    ] {
        cases.authenticator_data((28, 23), CODE, rule, |data| {
            data.extensions = Some(Cbor::Map(vec![(name.clone(), Cbor::Bool(true))]));
        });
    }
}
