//! Every store does what the conformance suite asks, alone and as two instances of one database.

use portcullis::store::{conformance, conformance::CASES};
use portcullis_tests::postgres::Postgres;

use super::{folder, postgres, sqlite};

#[rocket::async_test]
async fn sqlite_conforms_with_one_instance_and_with_two() {
    let folder = folder("conformance");
    for case in CASES {
        println!("{}", case.name);
        let path = folder.join(format!("one_{}", case.name));
        case.run(sqlite(&path).await).await;
        let path = folder.join(format!("two_{}", case.name));
        let both = vec![sqlite(&path).await, sqlite(&path).await];
        case.run(conformance::in_turn(both)).await;
    }
    println!("{} cases", CASES.len());
}

#[rocket::async_test]
async fn postgres_conforms_with_one_instance_and_with_two() {
    let server = Postgres::start();
    for case in CASES {
        println!("{}", case.name);
        let url = server.create(&format!("one_{}", case.name));
        case.run(postgres(&url).await).await;
        let url = server.create(&format!("two_{}", case.name));
        let both = vec![postgres(&url).await, postgres(&url).await];
        case.run(conformance::in_turn(both)).await;
    }
    println!("{} cases", CASES.len());
}
