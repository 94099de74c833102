//! What Rocket costs by itself: a POST that reads a body and answers one of the size of a `begin`.

use std::io::{self, Write as _};

use rocket::data::ToByteUnit as _;
use rocket::fairing::AdHoc;
use rocket::response::content::RawJson;
use rocket::{Data, post, routes};

/// The bytes of an answer to `/authenticate/begin` of somebody with one passkey.
const ANSWER: usize = 900;

#[post("/", data = "<body>")]
async fn answer(body: Data<'_>) -> io::Result<RawJson<String>> {
    let body = body.open(128.kibibytes()).into_bytes().await?;
    let mut answer = String::with_capacity(ANSWER);
    answer.push('"');
    answer.extend(core::iter::repeat_n(
        'x',
        ANSWER - 2 - usize::from(body.is_empty()),
    ));
    answer.push('"');
    Ok(RawJson(answer))
}

/// Serves until it is killed.
pub(crate) fn serve() {
    let listens = AdHoc::on_liftoff("listens", |_| {
        Box::pin(async {
            let _ = writeln!(io::stdout(), "listens");
        })
    });
    let settings = rocket::Config::figment().merge(("log_level", "off"));
    let rocket = rocket::custom(settings).mount("/", routes![answer]);
    let _ = rocket::execute(rocket.attach(listens).launch());
}
