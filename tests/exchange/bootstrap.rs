//! The first administrator.

use prost::bytes::Bytes;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_trust::code::Code;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{LogKey, Statement, Tick, TrustList, sign, unsigned};

use crate::support::administrator::Administrator;
use crate::support::fresh;
use crate::support::link::{Link, reason};
use crate::support::town::Town;

async fn call(
    town: &Town,
    request: v1::BootstrapRequest,
) -> Result<v1::BootstrapResponse, tonic::Status> {
    let link = Link::blind(&town.address, town.clock.clone()).await;
    Ok(link.enrolment().bootstrap(request).await?.into_inner())
}

#[tokio::test]
async fn only_who_holds_the_printed_code_hands_in_list_1() {
    let town = Town::empty().await;
    let first = Administrator::new();
    let code = town.folder.code.clone();
    let good = first.bootstrap_request(&town, &code);

    let guessed = first.bootstrap_request(&town, &Code::from_secret(fresh()));
    assert_eq!(reason(call(&town, guessed.clone()).await), Reason::NotFound);
    let known_id = v1::BootstrapRequest { invitation_id: good.invitation_id.clone(), ..guessed };
    assert_eq!(reason(call(&town, known_id).await), Reason::BadSignature);
    let without = v1::BootstrapRequest { mac: Bytes::new(), ..good.clone() };
    assert_eq!(reason(call(&town, without).await), Reason::BadSignature);
    // The MAC of one list is none of another.
    let other = Administrator::new().bootstrap_request(&town, &code);
    let mixed = v1::BootstrapRequest { trust_list: other.trust_list, ..good.clone() };
    assert_eq!(reason(call(&town, mixed).await), Reason::BadSignature);
    assert!(!town.folder.path.join("log/checkpoint").exists());

    call(&town, good).await.unwrap();
}

#[tokio::test]
async fn a_repeated_call_gets_the_same_receipt_and_a_second_list_none() {
    let mut town = Town::empty().await;
    let first = Administrator::new();
    let request = first.bootstrap_request(&town, &town.folder.code.clone());
    let list = Statement::parse(&request.trust_list).unwrap();
    let before = call(&town, request.clone()).await.unwrap();
    let before = town.eye.taken(before.receipt.as_ref(), &list);
    assert_eq!(before.at.index, 0);

    // Whoever finds the paper later knows the code, and gets neither list nor certificate for it.
    let finder = Administrator::new();
    let second = finder.bootstrap_request(&town, &town.folder.code.clone());
    let refused = reason(call(&town, second).await);
    assert!(matches!(refused, Reason::AlreadyBootstrapped | Reason::BadSignature), "{refused:?}");
    let certificate =
        v1::BootstrapRequest { csr: finder.request.csr.clone().into(), ..request.clone() };
    let refused = reason(call(&town, certificate).await);
    assert!(matches!(refused, Reason::AlreadyBootstrapped | Reason::BadSignature), "{refused:?}");

    for restart in [false, true] {
        if restart {
            town.stop().await;
            town.start().await;
        }
        let again = call(&town, request.clone()).await.unwrap();
        let receipt = town.eye.taken(again.receipt.as_ref(), &list);
        assert_eq!((receipt.at, &receipt.leaf), (before.at, &before.leaf));
        let identity = first.identity_from(&again.certificates);
        let link = town.link(Some(identity)).await;
        link.admin().list_pending(v1::ListPendingRequest::default()).await.unwrap();
    }
}

#[tokio::test]
async fn list_1_names_this_log_and_this_ca_and_one_administrator() {
    let town = Town::empty().await;
    let (first, second) = (Administrator::new(), Administrator::new());
    let code = town.folder.code.clone();
    let good = first.first_list(&town);
    let other_log =
        tsumugu_trust::note::SigningKey::from_seed(town.folder.origin.as_str(), &[1; 32]).unwrap();
    let mut two = vec![first.line(), second.line()];
    two.sort_by_key(|line| line.id);
    let wrong = [
        // A log key that this exchange does not hold: nobody could ever verify a receipt.
        TrustList { logs: vec![LogKey(other_log.verifying_key().clone())], ..good.clone() },
        TrustList { ca_pins: vec![Hash([1; 32])], ..good.clone() },
        TrustList { version: 2, previous: Some(Hash([1; 32])), ..good.clone() },
        TrustList { administrators: two, ..good.clone() },
    ];
    for list in wrong {
        let signed = sign(&town.folder.origin, &list, &[&first.key()]).unwrap();
        let refused = reason(call(&town, first.bootstrap_with(&code, &signed)).await);
        assert_eq!(refused, Reason::Rule, "{}", signed.text());
    }
    let unsigned_list = sign(&town.folder.origin, &good, &[&second.key()]).unwrap();
    let refused = reason(call(&town, first.bootstrap_with(&code, &unsigned_list)).await);
    assert_eq!(refused, Reason::BadSignature);
    let tick = unsigned(&town.folder.origin, &Tick {}).unwrap();
    assert_eq!(reason(call(&town, first.bootstrap_with(&code, &tick)).await), Reason::Malformed);
    // None of that spoiled the code.
    call(&town, first.bootstrap_request(&town, &code)).await.unwrap();
}

#[tokio::test]
async fn nothing_is_appended_before_entry_0() {
    let mut town = Town::empty().await;
    // The clockwork ticks at once, and Stop ticks too: neither leaves anything.
    town.stop().await;
    assert_eq!(town.folder.check(false).leaves, 0);
    town.start().await;
    town.bootstrap().await;
    let link = &town.administrators[0].link;
    let leaves = town.eye.audit(link).await;
    let tsumugu_trust::leaf::Leaf::Clear(first) = &leaves[0] else { panic!("entry 0 is clear") };
    assert!(first.parse_statement().unwrap().text().starts_with("tsumugu/v1/trust-list\n"));
}
