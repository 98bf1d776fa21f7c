//! Sending.

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::letter::MAX_SEALED_BODY;
use tsumugu_trust::statement::{BytesRef, Institution, StandingState, Yes, sign};
use tsumugu_trust::value::{Id, InstitutionKind, Origin, Time};

use crate::support::link::{limit, reason, refusal};
use crate::support::office::{Letter, Office};
use crate::support::town::{DAY, HOUR, NOW, Town};
use crate::support::{fresh, fresh_id};

async fn pair() -> (Town, Office, Office) {
    let town = Town::new_here().await;
    let (from, to) = (town.office().await, town.office().await);
    (town, from, to)
}

#[tokio::test]
async fn a_sealed_letter_is_accepted_and_both_see_it() {
    let (_town, from, to) = pair().await;
    let letter = from.letter(&to);
    let receipt = from.send_one(&letter).await.unwrap();
    for office in [&from, &to] {
        let mail = office.mailbox().await;
        let last = mail.last().unwrap();
        assert_eq!((last.at, &last.record), (receipt.at, &letter.envelope.bytes()));
        assert_eq!(office.state(&letter).await.accepted_at(), Some(receipt.at));
    }
    let own = from.letter(&from);
    from.send_one(&own).await.unwrap();
    // One event, although it is sender and recipient.
    let mail = from.mailbox().await;
    assert_eq!(mail.iter().filter(|event| event.record == own.envelope.bytes()).count(), 1);
}

#[tokio::test]
async fn the_same_bytes_again_get_the_same_receipt() {
    let (mut town, mut from, mut to) = pair().await;
    let letter = from.letter(&to);
    let first = from.send_one(&letter).await.unwrap();
    let same = |again: tsumugu_trust::receipt::VerifiedReceipt| {
        assert_eq!((again.at, again.leaf), (first.at, first.leaf.clone()));
    };
    same(from.send_one(&letter).await.unwrap());

    to.rotate().await;
    from.rotate().await;
    same(from.send_one(&letter).await.unwrap());
    town.standing(&to, StandingState::Suspended).await;
    same(from.send_one(&letter).await.unwrap());
    // The sender is suspended, too: what was accepted stays accepted, and it learns so.
    town.standing(&from, StandingState::Suspended).await;
    same(from.send_one(&letter).await.unwrap());
    assert_eq!(reason(from.send_one(&from.letter(&to)).await), Reason::Suspended);
    town.standing(&from, StandingState::Active).await;
    town.time.advance(40 * DAY);
    same(from.send_one(&letter).await.unwrap());
    town.restart(&mut [&mut from, &mut to]).await;
    same(from.send_one(&letter).await.unwrap());
}

#[tokio::test]
async fn the_same_id_with_other_bytes_is_refused() {
    let (_town, from, to) = pair().await;
    let letter = from.note(&to, |_| {});
    from.send_one(&letter).await.unwrap();
    let other = from.letter_with(&to, b"other".to_vec(), |lines| lines.id = letter.lines.id);
    assert_eq!(reason(from.send_one(&other).await), Reason::IdReused);
    let new = from.note(&to, |_| {});
    let twin = from.letter_with(&to, b"other".to_vec(), |lines| lines.id = new.lines.id);
    for pair in [[&new, &twin], [&new, &new], [&new, &other]] {
        assert_eq!(reason(from.send(&pair).await), Reason::IdReused);
    }
    from.send_one(&new).await.unwrap();
    // Another institution may use the same id: it is known by (from, id).
    let theirs = to.note(&from, |lines| lines.id = letter.lines.id);
    to.send_one(&theirs).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_sends_of_one_command_at_once_make_one_leaf() {
    let (town, from, to) = pair().await;
    let letter = from.letter(&to);
    let mut links = Vec::new();
    for _ in 0..3 {
        links.push(town.link(Some(from.identity.clone())).await);
    }
    let calls: Vec<_> = (0..30)
        .map(|at| {
            let link = links[at % links.len()].clone();
            let letters = vec![letter.outgoing()];
            let request = tsumugu_proto::v1::SendRequest { letters };
            tokio::spawn(async move { link.exchange().send(request).await.unwrap().into_inner() })
        })
        .collect();
    let mut places = std::collections::BTreeSet::new();
    for call in calls {
        let answer = call.await.unwrap();
        places.insert(town.eye.taken(answer.receipts.first(), &letter.envelope).at.index);
    }
    assert_eq!(places.len(), 1);
    assert_eq!(to.letters().await.len(), 1);
}

#[tokio::test]
async fn of_several_letters_all_are_committed_or_none() {
    let town = Town::new_here().await;
    let (from, one, two) = (town.office().await, town.office().await, town.office().await);
    town.standing(&two, StandingState::Suspended).await;
    let letters = [from.letter(&one), from.letter(&two)];
    let before = town.eye.follow(&from.link).await.size();
    for order in [[0, 1], [1, 0]] {
        let order = order.map(|at| &letters[at]);
        assert_eq!(reason(from.send(&order).await), Reason::RecipientInactive);
    }
    assert_eq!(town.eye.follow(&from.link).await.size(), before);
    assert_eq!(reason(one.track(&letters[0]).await), Reason::NotFound);
    assert!(one.letters().await.is_empty());
    town.standing(&two, StandingState::Active).await;
    from.send(&[&letters[0], &letters[1]]).await.unwrap();
    // A call of which one letter was accepted before accepts the rest.
    let more = from.letter(&one);
    let receipts = from.send(&[&letters[1], &more]).await.unwrap();
    assert!(receipts[0].at < receipts[1].at);
}

#[tokio::test]
async fn sixteen_letters_at_once_and_no_more() {
    let (_town, from, to) = pair().await;
    let letters: Vec<Letter> = (0..17).map(|_| from.note(&to, |_| {})).collect();
    let all: Vec<&Letter> = letters.iter().collect();
    assert_eq!(limit(from.send(&all).await), ("letters_per_send".into(), "16".into()));
    assert!(to.letters().await.is_empty());
    let receipts = from.send(&all[..16]).await.unwrap();
    assert!(receipts.windows(2).all(|pair| pair[0].at.index + 1 == pair[1].at.index));
    assert_eq!(reason(from.send(&[]).await), Reason::Malformed);
}

#[tokio::test]
async fn sixteen_of_the_largest_bodies_fit_into_one_call() {
    let (_town, from, to) = pair().await;
    let letters: Vec<Letter> =
        (0..16).map(|at| from.letter_with(&to, vec![at; MAX_SEALED_BODY], |_| {})).collect();
    from.send(&letters.iter().collect::<Vec<_>>()).await.unwrap();
    let (_, body) = to.fetch(&letters[15]).await.unwrap();
    assert!(body == letters[15].body);
}

#[tokio::test]
async fn a_body_has_the_stated_digest_and_length_and_at_most_1310720_bytes() {
    let (_town, from, to) = pair().await;
    let mut other = from.note(&to, |_| {});
    other.body = b"other!".to_vec();
    let longer = from.note(&to, |lines| lines.body.length += 1);
    let digest = from.note(&to, |lines| lines.body.digest = Hash([1; 32]));
    let claimed = from.note(&to, |lines| {
        lines.body = BytesRef { digest: lines.body.digest, length: MAX_SEALED_BODY as u64 + 1 };
    });
    for letter in [&other, &longer, &digest, &claimed] {
        assert_eq!(reason(from.send_one(letter).await), Reason::Rule);
    }
    let over = from.letter_with(&to, vec![0; MAX_SEALED_BODY + 1], |_| {});
    let expected = ("letter_body_bytes".into(), MAX_SEALED_BODY.to_string());
    assert_eq!(limit(from.send_one(&over).await), expected);
    let edge = from.letter_with(&to, vec![0; MAX_SEALED_BODY], |_| {});
    from.send_one(&edge).await.unwrap();
    let empty = from.letter_with(&to, Vec::new(), |_| {});
    from.send_one(&empty).await.unwrap();
    assert_eq!(to.fetch(&empty).await.unwrap().1, b"");
    let attached = from.note(&to, |lines| {
        lines.attachments = vec![BytesRef { digest: sha256(&[]), length: 0 }];
    });
    assert_eq!(refusal(&from.send_one(&attached).await.unwrap_err()).1["rule"], "attachments");
}

#[tokio::test]
async fn an_id_is_at_most_30_days_old_and_an_hour_ahead() {
    let (_town, from, to) = pair().await;
    let made = |at: u64| Id::for_message(Time(at), &fresh());
    for (at, good) in [
        (NOW - 30 * DAY, true),
        (NOW - 30 * DAY - 1, false),
        (NOW + HOUR, true),
        (NOW + HOUR + 1, false),
        ((1 << 48) - 1, false),
        (0, false),
    ] {
        let id = from.note(&to, |lines| lines.id = made(at));
        let composed = from.note(&to, |lines| lines.composed = Time(at));
        for letter in [id, composed] {
            let answer = from.send_one(&letter).await;
            if good { drop(answer.unwrap()) } else { assert_eq!(reason(answer), Reason::Clock) }
        }
    }
    let random = from.note(&to, |lines| lines.id = Id([0xff; 16]));
    assert_eq!(reason(from.send_one(&random).await), Reason::Rule);
}

#[tokio::test]
async fn a_stale_key_set_is_refused_and_the_letter_goes_again_under_its_id() {
    let (_town, mut from, mut to) = pair().await;
    let stale = from.letter(&to);
    to.rotate().await;
    let (why, metadata) = refusal(&from.send_one(&stale).await.unwrap_err());
    assert_eq!((why, &metadata["institution"]), (Reason::StaleKeySet, &to.id.to_string()));
    let again = from.note(&to, |lines| lines.id = stale.lines.id);
    from.rotate().await;
    let (why, metadata) = refusal(&from.send_one(&again).await.unwrap_err());
    assert_eq!((why, &metadata["institution"]), (Reason::StaleKeySet, &from.id.to_string()));
    let again = from.note(&to, |lines| lines.id = stale.lines.id);
    from.send_one(&again).await.unwrap();
    // Now the id is taken by the bytes that were accepted.
    assert_eq!(reason(from.send_one(&stale).await), Reason::IdReused);
}

#[tokio::test]
async fn who_cannot_receive_gets_nothing() {
    let (town, from, to) = pair().await;
    let ward = from.note(&to, |lines| lines.to.unit = "ward-3".parse().unwrap());
    assert_eq!(reason(from.send_one(&ward).await), Reason::UnknownUnit);

    let fax = Institution {
        institution: fresh_id(),
        version: 1,
        number: "1270099999".parse().unwrap(),
        name: "ＦＡＸだけの診療所".parse().unwrap(),
        kana: "ふぁっくす".parse().unwrap(),
        town: None,
        kind: InstitutionKind::Clinic,
        telephone: "04-7000-0002".parse().unwrap(),
        fax: Some("04-7000-0003".parse().unwrap()),
        key: None,
        fax_only: Some(Yes::Yes),
        predecessor: None,
        label: None,
        invitation: None,
    };
    town.propose(&fax).await;
    for institution in [fax.institution, fresh_id()] {
        let letter = from.note(&to, |lines| lines.to.institution = institution);
        assert_eq!(reason(from.send_one(&letter).await), Reason::RecipientInactive);
    }
}

#[tokio::test]
async fn only_a_terminal_of_the_sender_signs_and_only_for_this_log() {
    let town = Town::new_here().await;
    let (from, to, third) = (town.office().await, town.office().await, town.office().await);
    let letter = from.note(&to, |_| {});
    let by = |key: &tsumugu_trust::note::SigningKey| {
        let envelope = sign(&from.origin, &letter.lines, &[key]).unwrap();
        Letter { envelope, ..letter.clone() }
    };
    // Over its own connection, but signed by somebody else; or by itself with another of its keys.
    for key in [
        third.secrets.terminal_key(&from.origin),
        from.secrets.institution_key(&from.origin),
        from.secrets.worker_key(&from.origin),
    ] {
        assert_eq!(reason(from.send_one(&by(&key)).await), Reason::BadSignature);
    }
    let terminal = from.secrets.terminal_key(&from.origin);
    let both =
        sign(&from.origin, &letter.lines, &[&terminal, &third.secrets.terminal_key(&from.origin)]);
    let both = Letter { envelope: both.unwrap(), ..letter.clone() };
    assert_eq!(reason(from.send_one(&both).await), Reason::BadSignature);
    // Rightly signed, over the connection of somebody else.
    assert_eq!(reason(third.send_one(&letter).await), Reason::BadSignature);
    // The same terminal key, for another exchange.
    let elsewhere: Origin = "other.test".parse().unwrap();
    let key = from.secrets.terminal_key(&elsewhere);
    let replayed =
        Letter { envelope: sign(&elsewhere, &letter.lines, &[&key]).unwrap(), ..letter.clone() };
    assert_eq!(reason(from.send_one(&replayed).await), Reason::Malformed);
    let opened = Letter { envelope: from.opened_statement(&letter), ..letter.clone() };
    assert_eq!(reason(from.send_one(&opened).await), Reason::Malformed);
    from.send_one(&letter).await.unwrap();
}

#[tokio::test]
async fn a_correction_names_an_earlier_letter_to_the_same_recipient() {
    let town = Town::new_here().await;
    let (from, to, third) = (town.office().await, town.office().await, town.office().await);
    let letter = from.note(&to, |_| {});
    let correction = from.note(&to, |lines| lines.replaces = Some(letter.lines.id));
    // The first letter is not there yet, not even in the same call.
    assert_eq!(reason(from.send_one(&correction).await), Reason::Rule);
    from.send_one(&letter).await.unwrap();
    let elsewhere = from.note(&third, |lines| lines.replaces = Some(letter.lines.id));
    assert_eq!(reason(from.send_one(&elsewhere).await), Reason::Rule);
    let theirs = to.note(&from, |lines| lines.replaces = Some(letter.lines.id));
    assert_eq!(reason(to.send_one(&theirs).await), Reason::Rule);
    from.send_one(&correction).await.unwrap();
    use tsumugu_trust::state::Validity;
    assert_eq!(to.state(&letter).await.validity(), Validity::Superseded);
    assert_eq!(to.state(&correction).await.validity(), Validity::Current);
}
