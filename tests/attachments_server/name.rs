//! What an envelope may name.

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::statement::{BytesRef, MAX_ATTACHMENTS, sign};

use crate::support::link::{reason, refusal};
use crate::support::office::{Letter, Office};
use crate::support::town::Town;
use crate::wire::*;

async fn pair() -> (Town, Office, Office) {
    let town = Town::new_here().await;
    let (from, to) = (town.office().await, town.office().await);
    (town, from, to)
}

async fn refused(from: &Office, letter: &Letter, named: &BytesRef) {
    let (why, metadata) = refusal(&from.send_one(letter).await.unwrap_err());
    assert_eq!((why, &*metadata["rule"]), (Reason::Rule, "attachments"));
    assert_eq!(metadata["digest"], named.digest.to_string());
}

#[tokio::test]
async fn a_letter_names_only_what_is_complete() {
    let (mut town, mut from, mut to) = pair().await;
    let bytes = sealed(200_000);
    let name = named(&bytes);
    let letter = with(&from, &to, &[&name]);
    refused(&from, &letter, &name).await;
    upload_as(&from, &name, &bytes[..180_000], 0).await.unwrap();
    refused(&from, &letter, &name).await;
    upload_from(&from, &bytes, 131_072).await.unwrap();
    let longer = BytesRef { length: 200_001, ..name };
    refused(&from, &with(&from, &to, &[&longer]), &longer).await;
    refused(&from, &with(&from, &to, &[&name, &name]), &name).await;
    from.send_one(&letter).await.unwrap();
    // The next letter names it without an upload, also after a restart.
    from.send_one(&with(&from, &to, &[&name])).await.unwrap();
    refused(&from, &with(&from, &to, &[&longer]), &longer).await;
    assert_eq!(get_upload(&from, &name).await.unwrap(), (200_000, true));
    town.restart(&mut [&mut from, &mut to]).await;
    let third = with(&from, &to, &[&name]);
    from.send_one(&third).await.unwrap();
    to.fetch(&third).await.unwrap();
    assert!(fetch(&to, &third, &name).await.unwrap() == bytes);
    upload(&from, &bytes).await;
}

#[tokio::test]
async fn what_another_institution_uploaded_is_as_if_it_were_not_there() {
    let (_town, from, to) = pair().await;
    let bytes = sealed(100_000);
    let name = upload(&from, &bytes).await;
    let half = sealed(100_000);
    upload_as(&from, &named(&half), &half[..70_000], 0).await.unwrap();
    // The other one knows digest and length, as the recipient of a letter does.
    from.send_one(&with(&from, &to, &[&name])).await.unwrap();
    for known in [&name, &named(&half)] {
        assert_eq!(get_upload(&to, known).await.unwrap(), (0, false));
        refused(&to, &with(&to, &from, &[known]), known).await;
    }
    let hole = upload_from(&to, &half, 65_536).await.unwrap_err();
    assert_eq!(refusal(&hole).1["received"], "0");
    // Its own bytes under that digest are its own matter.
    assert_eq!(reason(upload_as(&to, &name, &half, 0).await), Reason::Rule);
    assert_eq!(get_upload(&from, &name).await.unwrap(), (100_000, true));
    upload(&to, &bytes).await;
    to.send_one(&with(&to, &from, &[&name])).await.unwrap();
}

#[tokio::test]
async fn one_attachment_serves_all_recipients_and_re_seals() {
    let town = Town::new_here().await;
    let (from, one, mut two) = (town.office().await, town.office().await, town.office().await);
    let bytes = sealed(150_000);
    let name = upload(&from, &bytes).await;
    let letters = [with(&from, &one, &[&name]), with(&from, &two, &[&name])];
    two.rotate().await;
    // Refused as one: the recipient's keys are new. The attachment is still there for the re-seal.
    assert_eq!(reason(from.send(&[&letters[0], &letters[1]]).await), Reason::StaleKeySet);
    let again = from.note(&two, |lines| {
        lines.id = letters[1].lines.id;
        lines.attachments = vec![name];
    });
    from.send(&[&letters[0], &again]).await.unwrap();
    for (office, letter) in [(&one, &letters[0]), (&two, &again)] {
        office.fetch(letter).await.unwrap();
        assert!(fetch(office, letter, &name).await.unwrap() == bytes);
    }
    // Each of its own letter only.
    assert_eq!(reason(fetch(&two, &letters[0], &name).await), Reason::NotFound);
}

#[tokio::test]
async fn twenty_attachments_and_no_more() {
    let (_town, from, to) = pair().await;
    let mut names = Vec::new();
    for at in 0..=MAX_ATTACHMENTS {
        names.push(upload(&from, &sealed(100 + at)).await);
    }
    let all: Vec<&BytesRef> = names.iter().collect();
    let letter = with(&from, &to, &all[..MAX_ATTACHMENTS]);
    from.send_one(&letter).await.unwrap();
    to.fetch(&letter).await.unwrap();
    for name in &all[..MAX_ATTACHMENTS] {
        assert_eq!(fetch(&to, &letter, name).await.unwrap().len() as u64, name.length);
    }
    assert_eq!(reason(fetch(&to, &letter, all[MAX_ATTACHMENTS]).await), Reason::NotFound);
    // One more is no statement.
    let mut lines = letter.lines.clone();
    lines.attachments = names;
    assert!(sign(&from.origin, &lines, &[&from.secrets.terminal_key(&from.origin)]).is_err());
}
