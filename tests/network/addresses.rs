//! Both kinds of addresses, and names that have both.

use crate::people::running::Process;
use crate::people::{ORIGIN, PASSPHRASE, Person, Town, init, write_private};
use crate::reached_at;

#[test]
fn an_exchange_at_an_ipv6_address_is_joined_and_reached() {
    let Ok(free) = std::net::TcpListener::bind("[::1]:0") else {
        // A machine without IPv6 has nothing to show here.
        return;
    };
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
    write_private(&dir.join("passphrase"), PASSPHRASE);
    let code = init(&dir.join("server"), ORIGIN, &address);
    assert!(code.starts_with("[::1]:"), "{code}");
    let server = Process::start(&dir.join("server"), &[]).unwrap();
    let city = Person::at(dir, "city");
    city.does(&["admin", "init", &code]);
    assert_eq!(city.does(&["directory"])["fresh"], true);
    server.stop();
}

#[test]
fn a_name_with_both_kinds_is_reached_by_the_one_that_answers() {
    let town = Town::new();
    let (_, port) = town.address.rsplit_once(':').unwrap();
    // The exchange listens on 127.0.0.1 only; `localhost` is ::1 too, where the system has it.
    reached_at(&town.office(), &format!("localhost:{port}"));
    assert_eq!(town.office().does(&["directory"])["fresh"], true);
}
