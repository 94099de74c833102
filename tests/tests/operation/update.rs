//! A pair of instances is updated, one after the other, while people sign in: no sign-in fails.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

use portcullis_tests::{
    host::{self, Host, SECRET},
    person::Person,
    postgres::{Postgres, port},
    program::Serving,
    proxy::{Proxy, configuration},
};
use rocket::tokio::task::{JoinSet, spawn_blocking, yield_now};

/// Who signs in, again and again.
const PEOPLE: usize = 4;

/// Sign-ins between two steps of the update.
const BETWEEN: usize = 20;

/// Where an instance of the pair listens.
#[derive(Clone)]
struct Instance {
    port: u16,
    metrics: String,
    origin: String,
    store: String,
}

impl Instance {
    async fn start(&self) -> Serving {
        let instance = self.clone();
        let started = spawn_blocking(move || {
            let settings = [
                ("PORTCULLIS_ORIGINS", &*instance.origin),
                ("PORTCULLIS_SECRET", SECRET),
                ("PORTCULLIS_STORE", &*instance.store),
                ("PORTCULLIS_METRICS", &*instance.metrics),
                // The proxy looks ten times a second.
                ("PORTCULLIS_DRAIN", "5"),
            ];
            Serving::start(instance.port, &settings, None)
        });
        started.await.expect("it starts")
    }

    /// Waits until the proxy sends people to it.
    async fn is_used(&self) {
        let metrics = format!("http://{}/metrics", self.metrics);
        let begun = b"portcullis_ceremonies_begun_total{flow=\"authentication\"}";
        loop {
            let answer = host::get(&metrics).await;
            let text = answer.map(|answer| answer.body).unwrap_or_default();
            if text.windows(begun.len()).any(|part| part == begun) {
                return;
            }
            yield_now().await;
        }
    }
}

/// Waits until so many more people have signed in.
async fn signed_in(count: &AtomicUsize, more: usize) {
    let target = count.load(Ordering::Relaxed) + more;
    while count.load(Ordering::Relaxed) < target {
        yield_now().await;
    }
}

#[rocket::async_test]
async fn a_pair_is_updated_under_load_and_no_sign_in_fails() {
    let server = Postgres::start();
    let entrance = port();
    let origin = format!("http://localhost:{entrance}");
    let pair = [(); 2].map(|()| Instance {
        port: port(),
        metrics: format!("127.0.0.1:{}", port()),
        origin: origin.clone(),
        store: server.url("postgres"),
    });
    let mut running = Vec::new();
    for instance in &pair {
        running.push(Some(instance.start().await));
    }
    let proxy = configuration("deploy/Caddyfile")
        .replace("login.example.org {", &format!("http://:{entrance} {{"))
        .replace("127.0.0.1:8001", &format!("127.0.0.1:{}", pair[0].port))
        .replace("127.0.0.1:8002", &format!("127.0.0.1:{}", pair[1].port))
        .replace("health_interval 1s", "health_interval 100ms");
    let proxy = Proxy::caddy(&proxy);
    proxy.reaches(&format!("{origin}/readyz")).await;

    let is_over = Arc::new(AtomicBool::new(false));
    let sign_ins = Arc::new(AtomicUsize::new(0));
    let mut people = JoinSet::new();
    for person in 0..PEOPLE {
        let (origin, is_over) = (origin.clone(), Arc::clone(&is_over));
        let sign_ins = Arc::clone(&sign_ins);
        people.spawn(async move {
            let host = Host::elsewhere(entrance, &origin);
            let mut person = Person::with_account(&host, &format!("person{person}")).await;
            while !is_over.load(Ordering::Relaxed) {
                // Fails where any answer of the two is another than 200, or none.
                person.sign_in(&host).await;
                sign_ins.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let update = async {
        for (instance, running) in pair.iter().zip(&mut running) {
            signed_in(&sign_ins, BETWEEN).await;
            instance.is_used().await;
            let old = running.take().expect("it runs");
            old.terminate();
            let ended = spawn_blocking(|| old.ended()).await.expect("it ends");
            assert!(ended.success(), "{ended}");
            signed_in(&sign_ins, BETWEEN).await;
            *running = Some(instance.start().await);
            instance.is_used().await;
        }
        signed_in(&sign_ins, BETWEEN).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let failed = async {
        while let Some(person) = people.join_next().await {
            person.expect("every sign-in succeeds");
        }
    };
    rocket::futures::future::join(update, failed).await;
    let count = sign_ins.load(Ordering::Relaxed);
    println!("{count} sign-ins while both instances were updated, none failed");
    assert!(count >= 5 * BETWEEN);
}
