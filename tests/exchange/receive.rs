//! Fetching, opening, answering.

use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::letter::MAX_SEALED_DETAIL;
use tsumugu_trust::seal::open_with_key;
use tsumugu_trust::state::Delivery;
use tsumugu_trust::statement::{
    Answer, AnyBody, BytesRef, DetailRef, Disposition, Opened, StandingState, Statement,
};
use tsumugu_trust::value::Time;

use crate::support::fresh;
use crate::support::link::{limit, reason};
use crate::support::office::{Letter, Office, fetch_request};
use crate::support::town::Town;

async fn delivered() -> (Town, Office, Office, Letter) {
    let town = Town::new_here().await;
    let (from, to) = (town.office().await, town.office().await);
    let letter = from.letter(&to);
    from.send_one(&letter).await.unwrap();
    (town, from, to, letter)
}

async fn size(office: &Office) -> u64 {
    office.eye.follow(&office.link).await.size()
}

#[tokio::test]
async fn fetched_is_in_the_log_before_the_first_byte_leaves() {
    let (_town, from, to, letter) = delivered().await;
    let before = size(&from).await;
    let request = fetch_request(&letter);
    let mut stream = to.link.exchange().fetch(request).await.unwrap().into_inner();
    // The answer has begun and no byte was read: the leaf is there.
    assert_eq!(size(&from).await, before + 1);
    assert_eq!(from.state(&letter).await.delivery(), Some(Delivery::Fetched));
    let first = stream.message().await.unwrap().unwrap().part.unwrap();
    assert!(matches!(first, v1::fetch_response::Part::Receipt(_)));
    drop(stream);

    let (receipt, body) = to.fetch(&letter).await.unwrap();
    assert_eq!(body, letter.body);
    let receipt = receipt.unwrap();
    let AnyBody::Fetched(said) = Statement::parse(&receipt.record).unwrap().body else { panic!() };
    assert_eq!((said.from, said.id, said.by), (from.id, letter.lines.id, to.id));
    assert_eq!((said.terminal, said.envelope), (to.secrets.terminal, letter.envelope.digest()));
    // The second fetch made no leaf, and shows the first.
    assert_eq!(size(&from).await, before + 1);
    assert_eq!(receipt.at.index, before);
}

#[tokio::test]
async fn the_senders_own_fetch_says_nothing_about_delivery() {
    let (_town, from, to, letter) = delivered().await;
    let before = size(&from).await;
    let (receipt, body) = from.fetch(&letter).await.unwrap();
    assert!(receipt.is_none() && body == letter.body);
    let own = from.letter(&from);
    from.send_one(&own).await.unwrap();
    assert!(from.fetch(&own).await.unwrap().0.is_none());
    assert_eq!(size(&from).await, before + 1);
    assert_eq!(to.state(&letter).await.delivery(), Some(Delivery::Accepted));
}

#[tokio::test]
async fn to_a_third_institution_a_letter_is_not_there() {
    let (town, from, to, letter) = delivered().await;
    let third = town.office().await;
    let place = from.send_one(&letter).await.unwrap().at.index;
    let (fetched, _) = to.fetch(&letter).await.unwrap();
    let unknown = from.note(&to, |_| {});
    let before = size(&from).await;
    for letter in [&letter, &unknown] {
        assert_eq!(reason(third.fetch(letter).await), Reason::NotFound);
        assert_eq!(reason(third.track(letter).await), Reason::NotFound);
        assert_eq!(reason(third.opened(letter).await), Reason::NotFound);
        let answer = third.disposition(letter, Answer::Acknowledged);
        assert_eq!(reason(third.dispose(&answer).await), Reason::NotFound);
    }
    // What the recipient has said, repeated by somebody else word for word.
    to.opened(&letter).await.unwrap();
    let answer = to.disposition(&letter, Answer::Acknowledged);
    to.dispose(&answer).await.unwrap();
    assert_eq!(reason(third.dispose(&answer).await), Reason::NotFound);
    assert_eq!(reason(from.dispose(&answer).await), Reason::NotFound);
    let opened = v1::OpenedRequest { statement: to.opened_statement(&letter).bytes().into() };
    assert_eq!(reason(third.link.exchange().opened(opened).await), Reason::NotFound);

    let proofs = |office: &Office, indexes: Vec<u64>| {
        let (mut log, request) =
            (office.link.log(), v1::GetInclusionProofsRequest { indexes, tree_size: 0 });
        async move { log.get_inclusion_proofs(request).await }
    };
    let private = [place, fetched.unwrap().at.index];
    for index in private {
        assert_eq!(reason(proofs(&third, vec![index]).await), Reason::NotFound);
        assert_eq!(reason(proofs(&third, vec![0, index]).await), Reason::NotFound);
        proofs(&from, vec![0, index]).await.unwrap();
        proofs(&to, vec![index]).await.unwrap();
    }
    // A leaf that is not there is refused in the same words.
    assert_eq!(reason(proofs(&third, vec![1 << 40]).await), Reason::NotFound);
    let administrator = &town.administrators[0].link;
    let request = v1::GetInclusionProofsRequest { indexes: vec![place], tree_size: 0 };
    assert_eq!(reason(administrator.log().get_inclusion_proofs(request).await), Reason::NotFound);
    assert!(third.letters().await.is_empty());
    assert_eq!(size(&from).await, before + 2);
}

#[tokio::test]
async fn administrators_neither_fetch_nor_track_nor_subscribe() {
    let (town, _from, _to, letter) = delivered().await;
    let link = &town.administrators[0].link;
    let (from, id) = (letter.lines.from.to_string(), letter.lines.id.to_string());
    let mut exchange = link.exchange();
    assert_eq!(reason(exchange.fetch(fetch_request(&letter)).await), Reason::UnknownParty);
    assert_eq!(reason(exchange.track(v1::TrackRequest { from, id }).await), Reason::UnknownParty);
    let subscribe = v1::SubscribeRequest { start: 0, stop_at_end: true };
    assert_eq!(reason(exchange.subscribe(subscribe).await), Reason::UnknownParty);
    let send = v1::SendRequest { letters: vec![letter.outgoing()] };
    assert_eq!(reason(exchange.send(send).await), Reason::UnknownParty);
}

#[tokio::test]
async fn of_two_recipients_one_rejects_and_the_sender_reads_why() {
    let town = Town::new_here().await;
    let (from, one, two) = (town.office().await, town.office().await, town.office().await);
    let letters = [from.letter(&one), from.letter(&two)];
    from.send(&[&letters[0], &letters[1]]).await.unwrap();
    one.fetch(&letters[0]).await.unwrap();
    two.fetch(&letters[1]).await.unwrap();
    let rejected = two.disposition(&letters[1], Answer::Rejected);
    let rejected_at = two.dispose(&rejected).await.unwrap();

    assert_eq!(from.state(&letters[0]).await.delivery(), Some(Delivery::Fetched));
    let state = from.state(&letters[1]).await;
    assert_eq!(state, two.state(&letters[1]).await);
    // An answer by a person implies that it was opened.
    assert_eq!(state.delivery(), Some(Delivery::Opened));
    assert_eq!(state.answer(), Some((rejected_at.at, Answer::Rejected)));
    let records = from.track(&letters[1]).await.unwrap();
    let (_, detail) = records.last().unwrap();
    assert_eq!(**open_with_key(&[9; 32], detail, 100).unwrap(), *"理由".as_bytes());
    // In the mailbox the detail comes along, too.
    let mut stream = from.subscribe(0, true).await.unwrap();
    let mut details = Vec::new();
    while let Some(piece) = stream.message().await.unwrap() {
        if let Some(v1::subscribe_response::Part::Events(events)) = piece.part {
            details.extend(events.events.into_iter().map(|event| event.detail));
        }
    }
    assert!(details.contains(&rejected.1.clone().into()));
    // The other recipient knows nothing of it.
    assert_eq!(reason(one.track(&letters[1]).await), Reason::NotFound);
}

#[tokio::test]
async fn the_first_disposition_counts_and_later_ones_are_kept() {
    let (town, from, to, letter) = delivered().await;
    let first = to.disposition(&letter, Answer::Acknowledged);
    let at = to.dispose(&first).await.unwrap().at;
    assert_eq!(to.dispose(&first).await.unwrap().at, at);
    town.time.advance(1000);
    // It says what it comes after: two PCs that answer at once do not talk past each other.
    let blind = to.disposition(&letter, Answer::Rejected);
    assert_eq!(reason(to.dispose(&blind).await), Reason::Rule);
    let second = to.disposition_after(&letter, Answer::NotForUs, Some(first.0.digest()));
    let later = to.dispose(&second).await.unwrap().at;
    let state = from.state(&letter).await;
    assert_eq!(state.answer(), Some((at, Answer::Acknowledged)));
    let all: Vec<_> = state.answers().collect();
    assert_eq!(all, [(at, Answer::Acknowledged), (later, Answer::NotForUs)]);
}

#[tokio::test]
async fn one_message_takes_so_many_answers_and_no_more() {
    let (mut town, mut from, mut to, letter) = delivered().await;
    let (mut taken, mut previous) = (0, None);
    // More than any office needs, and fewer than would make a row of the views too large.
    let refused = loop {
        town.time.advance(1);
        let answer = to.disposition_after(&letter, Answer::Unreadable, previous);
        match to.dispose(&answer).await {
            Ok(_) => taken += 1,
            Err(status) => break status,
        }
        previous = Some(answer.0.digest());
        assert!(taken < 400, "the exchange takes answers without end");
    };
    assert_eq!(limit::<()>(Err(refused)).0, "answers_per_message");
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(from.state(&letter).await.answers().count(), taken);
}

#[tokio::test]
async fn one_message_is_corrected_often_without_growing() {
    let (mut town, mut from, mut to, letter) = delivered().await;
    for _ in 0..20 {
        let corrections: Vec<_> = (0..16)
            .map(|_| from.note(&to, |lines| lines.replaces = Some(letter.lines.id)))
            .collect();
        from.send(&corrections.iter().collect::<Vec<_>>()).await.unwrap();
    }
    town.restart(&mut [&mut from, &mut to]).await;
    let state = to.state(&letter).await;
    assert_eq!(state.validity(), tsumugu_trust::state::Validity::Superseded);
}

#[tokio::test]
async fn opened_is_logged_once_and_not_after_an_answer() {
    let (_town, from, to, letter) = delivered().await;
    let first = to.opened(&letter).await.unwrap();
    let before = size(&from).await;
    assert_eq!(to.opened(&letter).await.unwrap().at, first.at);
    assert_eq!(size(&from).await, before);

    let answered = from.letter(&to);
    from.send_one(&answered).await.unwrap();
    let answer = to.disposition(&answered, Answer::Acknowledged);
    let place = to.dispose(&answer).await.unwrap();
    let shown = to.opened(&answered).await.unwrap();
    assert_eq!((shown.at, shown.record), (place.at, answer.0.bytes()));
    assert_eq!(size(&from).await, before + 2);
}

#[tokio::test]
async fn an_answer_names_its_message_rightly() {
    let town = Town::new_here().await;
    let (from, to, third) = (town.office().await, town.office().await, town.office().await);
    let (letter, other) = (from.letter(&to), from.letter(&to));
    from.send(&[&letter, &other]).await.unwrap();
    let before = size(&from).await;
    let AnyBody::Disposition(good) = to.disposition(&letter, Answer::Unreadable).0.body else {
        panic!()
    };
    let wrong = [
        Disposition { envelope: other.envelope.digest(), ..good.clone() },
        Disposition { content: other.lines.content, ..good.clone() },
        Disposition { by: from.id, ..good.clone() },
        Disposition { by: third.id, ..good.clone() },
    ];
    for lines in wrong {
        let statement = to.by_terminal(&lines);
        assert_eq!(reason(to.dispose(&(statement, Vec::new())).await), Reason::Rule);
    }
    let AnyBody::Opened(opened) = to.opened_statement(&letter).body else { panic!() };
    let wrong = to.by_terminal(&Opened { content: other.lines.content, ..opened });
    let request = v1::OpenedRequest { statement: wrong.bytes().into() };
    assert_eq!(reason(to.link.exchange().opened(request).await), Reason::Rule);
    // Signed by a terminal of somebody else.
    let forged = third.by_terminal(&good);
    assert_eq!(reason(to.dispose(&(forged, Vec::new())).await), Reason::BadSignature);
    assert_eq!(size(&from).await, before);
}

#[tokio::test]
async fn a_detail_is_the_one_that_was_signed_and_not_too_long() {
    let (_town, _from, to, letter) = delivered().await;
    let (statement, detail) = to.disposition(&letter, Answer::Rejected);
    for wrong in [Vec::new(), detail[1..].to_vec(), [&detail[..], b"x"].concat()] {
        assert_eq!(reason(to.dispose(&(statement.clone(), wrong)).await), Reason::Rule);
    }
    let automatic = to.disposition(&letter, Answer::Unreadable).0;
    assert_eq!(reason(to.dispose(&(automatic, vec![1])).await), Reason::Rule);
    let AnyBody::Disposition(lines) = &statement.body else { panic!() };
    let with = |length: usize| {
        let detail = vec![0; length];
        let sealed = BytesRef { digest: sha256(&[&detail]), length: length as u64 };
        let commitment = tsumugu_trust::hash::Hash(fresh());
        let reference = Some(DetailRef { commitment, sealed });
        (to.by_terminal(&Disposition { detail: reference, ..lines.clone() }), detail)
    };
    let over = to.dispose(&with(MAX_SEALED_DETAIL + 1)).await;
    assert_eq!(limit(over).1, MAX_SEALED_DETAIL.to_string());
    to.dispose(&with(MAX_SEALED_DETAIL)).await.unwrap();
}

#[tokio::test]
async fn a_repeated_answer_of_a_suspended_office_gets_its_first_receipt() {
    let (town, _from, to, letter) = delivered().await;
    let answer = to.disposition(&letter, Answer::Acknowledged);
    let at = to.dispose(&answer).await.unwrap().at;
    town.standing(&to, StandingState::Suspended).await;
    assert_eq!(to.dispose(&answer).await.unwrap().at, at);
    town.time.advance(1);
    let new = to.disposition_after(&letter, Answer::NotForUs, Some(answer.0.digest()));
    assert_eq!(reason(to.dispose(&new).await), Reason::Suspended);
    assert_eq!(reason(to.fetch(&letter).await), Reason::Suspended);
}

#[tokio::test]
async fn a_stream_goes_on_live_and_says_where_it_is() {
    let (_town, from, to, _letter) = delivered().await;
    let mut stream = to.subscribe(2, false).await.unwrap();
    use v1::subscribe_response::Part;
    let first = stream.message().await.unwrap().unwrap().part.unwrap();
    assert_eq!(first, Part::Heartbeat(2));
    // What happens between others is no news here: the next piece is one's own.
    let own = from.letter(&from);
    from.send_one(&own).await.unwrap();
    let letter = from.letter(&to);
    let place = from.send_one(&letter).await.unwrap();
    let Part::Events(events) = stream.message().await.unwrap().unwrap().part.unwrap() else {
        panic!("a heartbeat for what happened between others")
    };
    assert_eq!(events.events[0].number, 2);
    assert_eq!(events.events[0].receipt.as_ref().unwrap().index, place.at.index);
    let too_far = to.subscribe(4, true).await.unwrap().message().await;
    assert_eq!(reason(too_far), Reason::Rule);
    assert_eq!(Time(to.clock.now_ms()), place.at.time);
}
