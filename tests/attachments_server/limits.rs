//! Limits, at their edges.

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_server::settings::Limits;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::letter::MAX_ATTACHMENT;
use tsumugu_trust::statement::BytesRef;

use crate::support::link::{limit, reason, refusal};
use crate::support::office::Office;
use crate::support::town::{DAY, Town};
use crate::wire::*;

async fn with_limits(change: impl FnOnce(&mut Limits)) -> (Town, Office) {
    let mut town = Town::new_here().await;
    let mut office = town.office().await;
    town.stop().await;
    town.folder.limits(change);
    town.start().await;
    town.reconnect(&mut [&mut office]).await;
    (town, office)
}

#[tokio::test]
async fn a_sealed_file_of_200_mebibytes_and_not_a_byte_more() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let most = Limits::default().attachment_bytes;
    // The largest file with a tag for each piece and the longest header.
    assert!(u64::from(most) >= MAX_ATTACHMENT + MAX_ATTACHMENT / 65_536 * 16 + 16 + 32_768);
    let expected = ("attachment_bytes".into(), most.to_string());
    let over = BytesRef { digest: Hash([1; 32]), length: u64::from(most) + 1 };
    assert_eq!(limit(upload_messages(&office, vec![start(&over, 0)]).await), expected);
    assert_eq!(limit(get_upload(&office, &over).await), expected);
    let edge = BytesRef { length: most.into(), ..over };
    assert_eq!(upload_messages(&office, vec![start(&edge, 0)]).await.unwrap(), (0, false));
}

#[tokio::test]
async fn the_operator_sets_the_length_of_an_attachment() {
    let (_town, office) = with_limits(|limits| limits.attachment_bytes = 100_000).await;
    upload(&office, &sealed(100_000)).await;
    let over = upload_from(&office, &sealed(100_001), 0).await;
    assert_eq!(limit(over), ("attachment_bytes".into(), "100000".into()));
}

#[tokio::test]
async fn a_piece_has_at_most_a_mebibyte() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let bytes = sealed((1 << 20) + 1);
    let name = named(&bytes);
    let pieces = |at: usize| vec![start(&name, 0), chunk(&bytes[..at]), chunk(&bytes[at..])];
    let over = upload_messages(&office, vec![start(&name, 0), chunk(&bytes)]).await;
    assert_eq!(limit(over), ("upload_piece_bytes".into(), "1048576".into()));
    upload_messages(&office, pieces(1 << 20)).await.unwrap();
}

#[tokio::test]
async fn uploads_that_no_letter_names_are_counted_for_each_institution() {
    let (town, office) = with_limits(|limits| limits.uploads_per_institution = 20).await;
    let mut names = Vec::new();
    for at in 0..20 {
        names.push(upload(&office, &sealed(100 + at)).await);
    }
    let expected = ("uploads_per_institution".into(), "20".into());
    let one_more = sealed(70_000);
    assert_eq!(limit(upload_from(&office, &one_more, 0).await), expected);
    // Another institution has its own; what is named counts no longer.
    let other = town.office().await;
    upload(&other, &sealed(9)).await;
    office.send_one(&with(&office, &other, &[&names[3]])).await.unwrap();
    upload(&office, &one_more).await;
    assert_eq!(limit(upload_from(&office, &sealed(9), 0).await), expected);
}

#[tokio::test]
async fn their_bytes_are_counted_as_announced() {
    let (_town, office) = with_limits(|limits| limits.upload_megabytes_per_institution = 1).await;
    let bytes = sealed((1 << 20) - BLOCK);
    upload_as(&office, &named(&bytes), &bytes[..BLOCK], 0).await.unwrap();
    let expected = ("upload_megabytes_per_institution".into(), "1".into());
    assert_eq!(limit(upload_from(&office, &sealed(BLOCK + 1), 0).await), expected);
    upload(&office, &sealed(BLOCK)).await;
    assert_eq!(limit(upload_from(&office, &[1], 0).await), expected);
    upload(&office, &bytes).await;
}

#[tokio::test]
async fn an_upload_that_no_letter_names_is_given_up_after_some_days() {
    let (mut town, mut office) = with_limits(|limits| limits.upload_days = 3).await;
    let (kept, old, part, late) = (sealed(90_000), sealed(100_000), sealed(200_000), sealed(9));
    for bytes in [&kept, &old] {
        upload(&office, bytes).await;
    }
    upload_as(&office, &named(&part), &part[..100_000], 0).await.unwrap();
    let letter = with(&office, &office, &[&named(&kept)]);
    office.send_one(&letter).await.unwrap();
    town.time.advance(DAY);
    upload(&office, &late).await;
    // To the millisecond: the tick comes with the stop.
    town.time.advance(2 * DAY);
    town.restart(&mut [&mut office]).await;
    town.time.advance(1);
    town.restart(&mut [&mut office]).await;
    for gone in [&old, &part] {
        let before = named(gone);
        assert_eq!(get_upload(&office, &before).await.unwrap(), (0, false));
    }
    let refused = office.send_one(&with(&office, &office, &[&named(&old)])).await;
    assert_eq!(reason(refused), Reason::Rule);
    assert_eq!(get_upload(&office, &named(&late)).await.unwrap(), (9, true));
    assert!(fetch(&office, &letter, &named(&kept)).await.unwrap() == kept);
    // It may come again.
    upload(&office, &old).await;
    town.stop().await;
    let found = town.folder.check(false);
    assert!(found.is_whole());
    assert_eq!(found.uploads, 2);
}

#[tokio::test]
async fn what_comes_counts_for_the_day() {
    let (town, office) = with_limits(|limits| limits.megabytes_per_day = 1).await;
    let bytes = sealed(1 << 20);
    let half = upload_as(&office, &named(&bytes), &bytes[..1 << 19], 0).await.unwrap();
    assert_eq!(half, (1 << 19, false));
    let over = upload_from(&office, &bytes, 0).await.unwrap_err();
    assert_eq!(
        (refusal(&over).0, &*refusal(&over).1["limit"]),
        (Reason::Limit, "megabytes_per_day")
    );
    town.time.advance(DAY);
    let (received, _) = get_upload(&office, &named(&bytes)).await.unwrap();
    upload_from(&office, &bytes, received as usize).await.unwrap();
}
