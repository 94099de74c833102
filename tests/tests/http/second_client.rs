//! The published `passkey` crates as a client and authenticator that nobody here has written.

use passkey::{
    authenticator::{
        Authenticator, CredentialStore, DiscoverabilitySupport, StoreInfo, UiHint, UserCheck,
        UserValidationMethod,
    },
    client::{Client, DefaultClientData},
    crypto::rust_crypto::RustCryptoBackend,
    types::{
        Passkey,
        ctap2::{
            Aaguid, Ctap2Error, StatusCode,
            make_credential::{
                Options, PublicKeyCredentialRpEntity, PublicKeyCredentialUserEntity,
            },
        },
        webauthn::PublicKeyCredentialDescriptor,
    },
};
use portcullis_tests::host::{Host, Request};
use public_suffix::PublicSuffixList;
use rocket::async_trait;
use serde_json::{Value, json};
use url::Url;

/// Passkeys of any site, found by id and by site.
#[derive(Default)]
struct Keyring(Vec<Passkey>);

#[async_trait]
impl CredentialStore for Keyring {
    type PasskeyItem = Passkey;

    async fn find_credentials(
        &self,
        ids: Option<&[PublicKeyCredentialDescriptor]>,
        rp_id: &str,
        _: Option<&[u8]>,
    ) -> Result<Vec<Passkey>, StatusCode> {
        let is_wanted = |passkey: &&Passkey| {
            let listed = |ids: &[PublicKeyCredentialDescriptor]| {
                ids.iter()
                    .any(|descriptor| descriptor.id == passkey.credential_id)
            };
            passkey.rp_id == rp_id && ids.filter(|ids| !ids.is_empty()).is_none_or(listed)
        };
        let found: Vec<Passkey> = self.0.iter().filter(is_wanted).cloned().collect();
        if found.is_empty() {
            Err(Ctap2Error::NoCredentials.into())
        } else {
            Ok(found)
        }
    }

    async fn save_credential(
        &mut self,
        passkey: Passkey,
        _: PublicKeyCredentialUserEntity,
        _: PublicKeyCredentialRpEntity,
        _: Options,
    ) -> Result<(), StatusCode> {
        self.0.push(passkey);
        Ok(())
    }

    async fn update_credential(&mut self, passkey: &Passkey) -> Result<(), StatusCode> {
        let same = |known: &&mut Passkey| known.credential_id == passkey.credential_id;
        let stored = self
            .0
            .iter_mut()
            .find(same)
            .ok_or(Ctap2Error::NoCredentials)?;
        *stored = passkey.clone();
        Ok(())
    }

    async fn get_info(&self) -> StoreInfo {
        StoreInfo {
            discoverability: DiscoverabilitySupport::Full,
        }
    }
}

/// A person who agrees to everything but to a second passkey on one device.
struct Agreeable;

#[async_trait]
impl UserValidationMethod for Agreeable {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        hint: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        match hint {
            UiHint::InformExcludedCredentialFound(_) => Err(Ctap2Error::CredentialExcluded),
            _ => Ok(UserCheck {
                presence: true,
                verification: true,
            }),
        }
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

type Device = Client<Keyring, Agreeable, RustCryptoBackend, PublicSuffixList, ()>;

fn device() -> Device {
    let mut authenticator = Authenticator::new(
        Aaguid::new_empty(),
        Keyring::default(),
        Agreeable,
        RustCryptoBackend,
    );
    authenticator.set_make_credentials_with_signature_counter(true);
    Client::new(authenticator).allows_insecure_localhost(true)
}

fn origin(host: &Host) -> Url {
    host.origin.parse().expect("an origin is a URL")
}

/// Both calls of a registration.
async fn register(host: &Host, device: &mut Device, name: &str, proof: Option<&str>) -> Value {
    let request = Request::post("/register/begin", &json!({ "username": name }));
    let begun = host.send(request.bearer(proof)).await.ok();
    let options = serde_json::from_value(json!({"publicKey": begun["publicKey"]}))
        .expect("the options are what another client reads");
    let created = device
        .register(&origin(host), options, DefaultClientData)
        .await
        .expect("another client makes a passkey by them");
    let body = json!({"attestation": created, "challenge_token": begun["challenge_token"]});
    host.send(Request::post("/register/complete", &body).bearer(proof))
        .await
        .ok()
}

/// Both calls of a sign-in.
async fn sign_in(host: &Host, device: &mut Device, body: &Value) -> Value {
    let begun = host.post("/authenticate/begin", body).await.ok();
    let options = serde_json::from_value(json!({"publicKey": begun["publicKey"]}))
        .expect("the options are what another client reads");
    let asserted = device
        .authenticate(&origin(host), options, DefaultClientData)
        .await
        .expect("another client finds its passkey by them");
    let body = json!({"assertion": asserted, "challenge_token": begun["challenge_token"]});
    host.post("/authenticate/complete", &body).await.ok()
}

async fn go_through_every_flow(host: &Host) {
    let mut device = device();
    let created = register(host, &mut device, "Alice", None).await;
    assert_eq!(created["username"], "Alice");
    let first = &created["credential"]["id"];

    for body in [
        json!({"username": "alice"}),
        json!({}),
        json!({"username": "ALICE"}),
    ] {
        let answer = sign_in(host, &mut device, &body).await;
        assert_eq!(answer["username"], "Alice");
        assert_eq!(answer["credential"]["id"], *first);
        assert_eq!(answer["credential"]["userVerified"], true);
        let counter = |value: &Value| value["signCount"].as_u64().expect("a number");
        assert!(counter(&answer["credential"]) > counter(&answer["credential"]["before"]));
    }

    // Another device, with proof from the first; and the first one again, which has a passkey already.
    let proof = created["login_token"].as_str();
    let mut second = self::device();
    let added = register(host, &mut second, "Alice", proof).await;
    assert_ne!(added["credential"]["id"], *first);
    let answer = sign_in(host, &mut second, &json!({"username": "alice"})).await;
    assert_eq!(answer["credential"]["id"], added["credential"]["id"]);

    let request = Request::post("/register/begin", &json!({"username": "alice"})).bearer(proof);
    let begun = host.send(request).await.ok();
    let options =
        serde_json::from_value(json!({"publicKey": begun["publicKey"]})).expect("options");
    let refused = device
        .register(&origin(host), options, DefaultClientData)
        .await;
    assert!(
        refused.is_err(),
        "the device sees that it has a passkey of this account"
    );
}

#[rocket::async_test]
async fn another_client_goes_through_every_flow() {
    go_through_every_flow(&Host::local(&[]).await).await;
}

#[rocket::async_test]
async fn another_client_goes_through_every_flow_over_a_socket() {
    go_through_every_flow(&Host::listening(&[("PORTCULLIS_USER_VERIFICATION", "required")]).await)
        .await;
}
