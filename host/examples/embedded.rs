//! An application with the host mounted at `/auth`, and a route that only somebody signed in gets.

use portcullis::{Config, Event, Portcullis, SignedIn, StartError};
use rocket::{get, routes};

#[get("/")]
fn home(person: SignedIn) -> String {
    format!("Hello, {}.\n", person.username())
}

#[get("/", rank = 2)]
const fn welcome() -> &'static str {
    "Sign in at /auth, and send your login token along.\n"
}

fn follow(event: &Event) {
    println!(
        "{} {}",
        event.kind,
        event.username.as_deref().unwrap_or("-")
    );
}

#[rocket::main]
async fn main() -> Result<(), StartError> {
    let host = Portcullis::new(Config::read()?)
        .at("/auth")
        .on_event(follow);
    let app = rocket::build().mount("/", routes![home, welcome]);
    let _ = app.attach(host.open().await?).launch().await;
    Ok(())
}
