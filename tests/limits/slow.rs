//! Slow lines: a request may take as long as it needs while it moves, and no longer.

use tsumugu_client::rpc::Rpc;
use tsumugu_client::tls::ServerTrust;
use tsumugu_proto::v1;

use crate::relay::{Line, Relay};
use crate::support::folder::ORIGIN;
use crate::support::town::Town;

#[tokio::test]
async fn a_large_letter_moves_over_a_slow_line_for_longer_than_a_request_may_stand_still() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| limits.request_timeout_seconds = 1);
    let (mut a, mut b) = (town.office().await, town.office().await);
    town.restart(&mut [&mut a, &mut b]).await;
    // Four seconds for the letter, in each direction.
    let line = Line { bytes_per_second: Some(256 << 10), ..Line::default() };
    let line = Relay::to(&town.address, line);
    let letter = a.letter_with(&b, vec![7; 1 << 20], |_| {});
    let trust = ServerTrust::Pinned { ca_pins: vec![town.folder.ca_pin] };
    let connect = async |identity| {
        let clock = town.clock.clone();
        Rpc::connect(&line.address, ORIGIN, &trust, Some(identity), clock).await.unwrap()
    };
    let request = v1::SendRequest { letters: vec![letter.outgoing()] };
    let sent = connect(a.identity.clone()).await.send(request).await.unwrap();
    town.eye.taken(sent.receipts.first(), &letter.envelope);

    let request = crate::support::office::fetch_request(&letter);
    let mut pieces = connect(b.identity.clone()).await.fetch(request).await.unwrap();
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await.unwrap() {
        if let Some(v1::fetch_response::Part::Chunk(chunk)) = piece.part {
            body.extend_from_slice(&chunk);
        }
    }
    assert_eq!(body, letter.body);
}
