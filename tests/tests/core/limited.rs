//! Client data read by the limited verification alone: the same steps with the same outcomes wherever a
//! client writes what the specification has it write.

use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy,
    RegistrationResponse, TraceLog,
    ceremony::{CrossOrigin, Outcome, Step},
    data::ClientDataReader,
    limits::TRACE_STEPS_MAX,
    verify_authentication, verify_registration,
};
use portcullis_tests::w3c::{RECIPES, Vector};

type Steps = Vec<(Step, Outcome)>;

fn steps(log: &TraceLog<'_, TRACE_STEPS_MAX>) -> Steps {
    log.entries()
        .iter()
        .map(|entry| (entry.step, entry.outcome))
        .collect()
}

/// Both ceremonies of a vector, with each change to the text of its client data.
fn judge(vector: &Vector, reader: ClientDataReader, change: &dyn Fn(&str) -> String) -> [Steps; 2] {
    let origins = [Origin::exact("https://example.org")];
    let policy = Policy::new(&["example.org"], &origins)
        .with_cross_origin(CrossOrigin::Expected { top_origins: None })
        .with_client_data(reader);
    let changed = |client_data: Vec<u8>| {
        let text = String::from_utf8(client_data).expect("client data are text");
        change(&text).into_bytes()
    };

    let registration = &vector.registration;
    let client_data = changed(registration.client_data.bytes());
    let object = registration.attestation_object().encode();
    let response = RegistrationResponse::new(&registration.id, &client_data, &object);
    let challenge = Challenge::new(&vector.registration_challenge).expect("a challenge");
    let mut registered = TraceLog::new();
    let _verdict = verify_registration(
        &response,
        challenge,
        &policy,
        &Crypto::BUILT_IN,
        &mut registered,
    );

    let assertion = &vector.assertion;
    let key = assertion.key.cose_key().encode();
    let record = CredentialRecord::new(&assertion.id, &key, 0);
    let (client_data, data) = (
        changed(assertion.client_data.bytes()),
        assertion.authenticator_data.encode(),
    );
    let signature = assertion.signature();
    let response = AuthenticationResponse::new(&assertion.id, &client_data, &data, &signature);
    let challenge = Challenge::new(&vector.authentication_challenge).expect("a challenge");
    let mut authenticated = TraceLog::new();
    let _verdict = verify_authentication(
        &response,
        Some(&record),
        challenge,
        &policy,
        &Crypto::BUILT_IN,
        &mut authenticated,
    );
    [steps(&registered), steps(&authenticated)]
}

#[test]
fn published_vectors_pass_the_same_steps() {
    for vector in RECIPES.map(|recipe| recipe.make()) {
        let changes: [&dyn Fn(&str) -> String; 4] = [
            &|text| text.to_owned(),
            &|text| text.replace("webauthn.", "webauthn-"),
            &|text| text.replace("https://", "http://"),
            &|text| text.replace("\"challenge\":\"", "\"challenge\":\"A"),
        ];
        for change in changes {
            let limited = judge(&vector, ClientDataReader::LIMITED, change);
            let tolerant = judge(&vector, ClientDataReader::TOLERANT, change);
            assert_eq!(limited, tolerant, "{}", vector.name);
        }
    }
}

#[test]
fn another_spelling_fails_where_the_client_data_are_parsed() {
    let vector = RECIPES[0].make();
    let spaced = |text: &str| text.replace("\":", "\": ");
    for steps in judge(&vector, ClientDataReader::LIMITED, &spaced) {
        let (step, outcome) = steps.last().expect("a step");
        assert!(step.slug().ends_with("client-data-json"), "{step}");
        assert_eq!(*outcome, Outcome::Fail);
    }
}
