//! A device in the hospital's network that opens TLS.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::people::{HOSPITAL, Town};
use crate::reached_at;
use crate::relay::Relay;

#[test]
fn inspection_is_named_with_its_issuer_and_reads_nothing() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let (device, read) = Relay::inspecting("Hospital Inspection CA", "exchange.test");
    reached_at(&office, &device.address);
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let sent = office.say(&send).ended(6);
    let error = &sent["reason"]["error"];
    assert_eq!((&sent["sent"], &error["key"]), (&json!(false), &json!("tls.not-pinned")));
    let (ja, who) = (error["ja"].as_str().unwrap(), error["remedy_ja"].as_str().unwrap());
    assert!(ja.contains("CN=Hospital Inspection CA"), "{ja}");
    assert!(who.contains("情報システムの担当者") && who.contains("exchange.test"), "{who}");
    assert!(device.connections() > 0);
    assert_eq!(read.load(Ordering::SeqCst), 0, "not a byte was said to it");

    // Exempted, the letter goes out by itself.
    reached_at(&office, &town.address);
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    assert_eq!(town.hospital().does(&["inbox"])["messages"].as_array().unwrap().len(), 1);
}
