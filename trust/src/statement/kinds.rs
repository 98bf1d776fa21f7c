//! The kinds of statement, line by line as the table of `docs/FORMATS.md`, section 2.1.

use super::lines::{Body, Malformed, Reader, Writer};
use super::parts::*;
use crate::hash::Hash;
use crate::value::{Id, InstitutionKind, InstitutionNumber, Key, Telephone, Text, Time};

macro_rules! cardinality {
    (one $ty:ty) => { $ty };
    (maybe $ty:ty) => { Option<$ty> };
    (many $ty:ty) => { Vec<$ty> };
}

macro_rules! statement {
    (
        $(#[$meta:meta])*
        $name:ident = $kind:literal {
            $( $(#[$fmeta:meta])* $field:ident: $card:ident $ty:ty = $line:literal, )*
        }
        $( where $check:expr )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: cardinality!($card $ty), )*
        }

        impl Body for $name {
            const KIND: &'static str = $kind;

            #[allow(unused_variables)]
            fn write(&self, out: &mut Writer) {
                $( out.$card($line, &self.$field); )*
            }

            #[allow(unused_variables)]
            fn read(input: &mut Reader<'_>) -> Result<Self, Malformed> {
                let body = Self { $( $field: input.$card($line)?, )* };
                $( let check: fn(&Self) -> Result<(), &'static str> = $check;
                   check(&body).map_err(Malformed::Together)?; )?
                Ok(body)
            }
        }
    };
}

fn need(good: bool, rule: &'static str) -> Result<(), &'static str> {
    if good { Ok(()) } else { Err(rule) }
}

/// Most administrators in a trust list.
pub const MAX_ADMINISTRATORS: usize = 5;

statement! {
    /// Who may admit institutions, and the log's keys (信頼リスト). Signed by administrators.
    TrustList = "trust-list" {
        /// 1, 2, 3, …
        version: one u64 = "version",
        /// Digest of the list before; just when `version` > 1.
        previous: maybe Hash = "previous",
        /// How many administrators must sign.
        threshold: one u64 = "threshold",
        /// The administrators, by id.
        administrators: many Administrator = "administrator",
        /// The log's keys.
        logs: many LogKey = "log",
        /// SHA-256 of each issuing CA's certificate, DER.
        ca_pins: many Hash = "ca-pin",
        /// Digest of the witness policy; absent: no witnesses are demanded.
        policy: maybe Hash = "policy",
        /// The log that this one takes over from.
        old_log: maybe OldLog = "old-log",
    } where |list| {
        let distinct = |mut all: Vec<&str>| { let n = all.len(); all.sort_unstable(); all.dedup(); all.len() == n };
        let keys: Vec<String> = list.administrators.iter().map(|a| a.key.to_string()).collect();
        need(list.version > 0, "trust lists are numbered from 1")?;
        need(list.previous.is_some() == (list.version > 1), "previous stands just when version is above 1")?;
        need((1..=MAX_ADMINISTRATORS).contains(&list.administrators.len()), "a trust list has 1 to 5 administrators")?;
        need(list.administrators.windows(2).all(|w| w[0].id < w[1].id), "administrators stand in the order of their ids")?;
        need(distinct(keys.iter().map(String::as_str).collect()), "administrators have keys of their own")?;
        need(distinct(list.administrators.iter().map(|a| a.recipient.as_str()).collect()), "administrators have recipients of their own")?;
        need(list.threshold >= 1 && list.threshold <= list.administrators.len() as u64, "the threshold is 1 to the number of administrators")?;
        need((1..=2).contains(&list.logs.len()), "a trust list has 1 or 2 log keys")?;
        need((1..=3).contains(&list.ca_pins.len()), "a trust list has 1 to 3 CA pins")
    }
}

statement! {
    /// An institution's record (機関登録). Signed by administrators.
    Institution = "institution" {
        /// Id.
        institution: one Id = "institution",
        /// 1, 2, 3, …
        version: one u64 = "version",
        /// 医療機関コード, 介護事業所番号, or given.
        number: one InstitutionNumber = "number",
        /// Name (名称).
        name: one Text = "name",
        /// Reading (かな).
        kana: one Text = "kana",
        /// City, town or district (所在地): what tells offices of like names apart in a list.
        town: maybe Text = "town",
        /// What it is.
        kind: one InstitutionKind = "kind",
        /// Telephone of the register, not of a letter.
        telephone: one Telephone = "telephone",
        /// FAX.
        fax: maybe Telephone = "fax",
        /// Institution key, of a member.
        key: maybe Key = "key",
        /// Not a member: reached by FAX only.
        fax_only: maybe Yes = "fax-only",
        /// The institution it took over from.
        predecessor: maybe Id = "predecessor",
        /// Tells it from another of nearly the same name.
        label: maybe Text = "label",
        /// The invitation that it came by.
        invitation: maybe Id = "invitation",
    } where |record| {
        need(record.version > 0, "records are numbered from 1")?;
        need(record.key.is_some() != record.fax_only.is_some(), "a record has a key, or fax-only")?;
        need(record.key.is_some() == record.invitation.is_some(), "a member came by an invitation")?;
        need(record.fax_only.is_none() || record.fax.is_some(), "a fax-only entry has a fax")
    }
}

statement! {
    /// Whether an institution takes part. Signed by administrators.
    Standing = "standing" {
        /// The institution.
        institution: one Id = "institution",
        /// 1, 2, 3, …
        version: one u64 = "version",
        /// Active or suspended.
        state: one StandingState = "state",
    } where |standing| need(standing.version > 0, "standings are numbered from 1")
}

statement! {
    /// A release of the form catalogue. Signed by administrators.
    CatalogueRelease = "catalogue" {
        /// 1, 2, 3, …
        version: one u64 = "version",
        /// Its files.
        files: many CatalogueFile = "file",
    } where |release| {
        need(release.version > 0, "releases are numbered from 1")?;
        need((1..=64).contains(&release.files.len()), "a release has 1 to 64 files")
    }
}

statement! {
    /// Units, business hours and closing days. Signed by the institution.
    Profile = "profile" {
        /// The institution.
        institution: one Id = "institution",
        /// 1, 2, 3, …
        version: one u64 = "version",
        /// Units; `main` is one of them.
        units: many NamedUnit = "unit",
        /// Business hours.
        hours: many Hours = "hours",
        /// Closing days.
        closed: many Day = "closed",
    } where |profile| {
        need(profile.version > 0, "profiles are numbered from 1")?;
        let units = || profile.units.iter().map(|u| u.unit.as_str());
        need(units().any(|u| u == "main"), "a profile has the unit main")?;
        need(profile.units.len() <= 32, "a profile has at most 32 units")?;
        need(units().collect::<std::collections::BTreeSet<_>>().len() == profile.units.len(), "a unit stands once")?;
        need(profile.hours.len() <= 28, "a profile has at most 28 hours")?;
        need(profile.closed.len() <= 60, "a profile has at most 60 closing days")
    }
}

statement! {
    /// The institution's sealing recipient, numbered and chained. Signed by the institution.
    KeySet = "key-set" {
        /// The institution.
        institution: one Id = "institution",
        /// 1, 2, 3, …
        number: one u64 = "number",
        /// Digest of the key set before; just when `number` > 1.
        previous: maybe Hash = "previous",
        /// What letters to it are sealed to.
        recipient: one RecipientText = "recipient",
    } where |set| {
        need(set.number > 0, "key sets are numbered from 1")?;
        need(set.previous.is_some() == (set.number > 1), "previous stands just when number is above 1")
    }
}

statement! {
    /// Admits a terminal (端末). Signed by the institution.
    Terminal = "terminal" {
        /// The institution.
        institution: one Id = "institution",
        /// The terminal.
        terminal: one Id = "terminal",
        /// Its signature key.
        key: one Key = "key",
    }
}

statement! {
    /// Removes a terminal. Signed by the institution, or by administrators.
    TerminalRemoved = "terminal-removed" {
        /// The institution.
        institution: one Id = "institution",
        /// The terminal.
        terminal: one Id = "terminal",
        /// Why.
        reason: one RemovalReason = "reason",
    }
}

statement! {
    /// Time passes: the checkpoint vouches for it. Unsigned.
    Tick = "tick" {}
}

statement! {
    /// An invitation (招待). Signed by one administrator.
    Invitation = "invitation" {
        /// Id, derived from the code's secret.
        invitation: one Id = "invitation",
        /// What for.
        purpose: one Purpose = "purpose",
        /// Id of the institution or administrator to be.
        subject: one Id = "subject",
        /// As in the record to be.
        number: maybe InstitutionNumber = "number",
        /// As in the record to be.
        name: maybe Text = "name",
        /// As in the record to be.
        kana: maybe Text = "kana",
        /// As in the record to be.
        town: maybe Text = "town",
        /// As in the record to be.
        kind: maybe InstitutionKind = "kind",
        /// As in the record to be.
        telephone: maybe Telephone = "telephone",
        /// As in the record to be.
        fax: maybe Telephone = "fax",
        /// As in the record to be.
        label: maybe Text = "label",
        /// It can be used until then.
        expires: one Time = "expires",
        /// Digest of the secret as sealed to the administrators.
        secret: one Hash = "secret",
        /// Digest of the trust list it was made under.
        trust_list: one Hash = "trust-list",
    } where |i| {
        let member = i.purpose != Purpose::Administrator;
        let all = i.number.is_some() && i.name.is_some() && i.kana.is_some() && i.kind.is_some() && i.telephone.is_some();
        let none = i.number.is_none() && i.name.is_none() && i.kana.is_none() && i.town.is_none() && i.kind.is_none() && i.telephone.is_none() && i.fax.is_none() && i.label.is_none();
        need(if member { all } else { none }, "an institution's attributes stand just where an institution is invited")
    }
}

statement! {
    /// An invitation was closed. Signed by one administrator.
    InvitationClosed = "invitation-closed" {
        /// The invitation.
        invitation: one Id = "invitation",
        /// Why.
        reason: one ClosedReason = "reason",
    }
}

statement! {
    /// An invitation ended. Unsigned: the exchange's word.
    InvitationEnded = "invitation-ended" {
        /// The invitation.
        invitation: one Id = "invitation",
        /// Why.
        reason: one EndedReason = "reason",
    }
}

statement! {
    /// An institution's request to join. Signed by the institution and terminal keys it names.
    Enrolment = "enrolment" {
        /// The invitation.
        invitation: one Id = "invitation",
        /// Digest of the newest trust list the applicant was shown.
        trust_list: one Hash = "trust-list",
        /// The institution.
        institution: one Id = "institution",
        /// Its key.
        key: one Key = "key",
        /// Its first terminal.
        terminal: one Id = "terminal",
        /// That terminal's key.
        terminal_key: one Key = "terminal-key",
        /// Digests of the finished statements: profile, key set, terminal, workers.
        statements: many Hash = "statement",
        /// SHA-256 of the TLS certificate request, DER.
        csr: one Hash = "csr",
    } where |e| need((3..=16).contains(&e.statements.len()), "an enrolment names 3 to 16 statements")
}

statement! {
    /// A further administrator's request. Signed by the administrator key it names.
    Candidacy = "candidacy" {
        /// The invitation.
        invitation: one Id = "invitation",
        /// Digest of the newest trust list the applicant was shown.
        trust_list: one Hash = "trust-list",
        /// The administrator to be.
        administrator: one Administrator = "administrator",
        /// SHA-256 of the TLS certificate request, DER.
        csr: one Hash = "csr",
    }
}

statement! {
    /// A further terminal's request (端末の追加). Signed by the terminal key it names; never a leaf: the
    /// admission is.
    TerminalRequest = "terminal-request" {
        /// The invitation.
        invitation: one Id = "invitation",
        /// Digest of the newest trust list the new terminal was shown.
        trust_list: one Hash = "trust-list",
        /// The institution that it is to be a terminal of.
        institution: one Id = "institution",
        /// The terminal to be.
        terminal: one Id = "terminal",
        /// Its signature key.
        key: one Key = "key",
        /// What the keyring is sealed to; used once.
        recipient: one RecipientText = "recipient",
        /// SHA-256 of the TLS certificate request, DER.
        csr: one Hash = "csr",
    }
}

statement! {
    /// Asks for a new certificate (証明書の更新). Signed by that terminal, or that administrator; never a leaf.
    Renewal = "renewal" {
        /// The terminal's institution; absent for an administrator.
        institution: maybe Id = "institution",
        /// The terminal or administrator.
        holder: one Id = "holder",
        /// SHA-256 of the TLS certificate request, DER.
        csr: one Hash = "csr",
        /// When it was made, the holder's word.
        made: one Time = "made",
    }
}

statement! {
    /// Admits a worker at a terminal (職員). Signed by the institution; private.
    Worker = "worker" {
        /// The institution.
        institution: one Id = "institution",
        /// The worker.
        worker: one Id = "worker",
        /// The terminal that holds the key.
        terminal: one Id = "terminal",
        /// The worker's key at that terminal.
        key: one Key = "key",
        /// Commitment to the card, which has the name.
        card: one Hash = "card",
    }
}

statement! {
    /// Removes a worker at all terminals. Signed by the institution; private.
    WorkerRemoved = "worker-removed" {
        /// The institution.
        institution: one Id = "institution",
        /// The worker.
        worker: one Id = "worker",
    }
}

/// Most attachments of a letter.
pub const MAX_ATTACHMENTS: usize = 20;

statement! {
    /// The outside of a letter (封筒). Signed by the sender's terminal; private.
    Envelope = "envelope" {
        /// The message.
        id: one Id = "id",
        /// The sender.
        from: one Id = "from",
        /// The recipient, one institution and unit.
        to: one Destination = "to",
        /// Commitment to the letter.
        content: one Hash = "content",
        /// The sealed body.
        body: one BytesRef = "body",
        /// The sealed attachments.
        attachments: many BytesRef = "attachment",
        /// How soon it wants to be read.
        urgency: one Urgency = "urgency",
        /// The sender asks for an answer by then.
        ack_by: maybe Time = "ack-by",
        /// The message that it corrects.
        replaces: maybe Id = "replaces",
        /// What the body is sealed to.
        key_sets: one KeySets = "key-sets",
        /// When it was composed, the sender's word.
        composed: one Time = "composed",
    } where |e| need(e.attachments.len() <= MAX_ATTACHMENTS, "a letter has at most 20 attachments")
}

statement! {
    /// The exchange hands out the body. Unsigned.
    Fetched = "fetched" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// The institution that fetched.
        by: one Id = "by",
        /// Its terminal.
        terminal: one Id = "terminal",
    }
}

statement! {
    /// The exchange could not deliver. Unsigned.
    Undelivered = "undelivered" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// Why.
        reason: one UndeliveredReason = "reason",
    }
}

statement! {
    /// The exchange destroyed its copy. Unsigned.
    Destroyed = "destroyed" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// Why.
        reason: one DestroyedReason = "reason",
    }
}

statement! {
    /// A person opened the letter (開封). Signed by the recipient's terminal.
    Opened = "opened" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// The envelope's content commitment.
        content: one Hash = "content",
        /// The institution that opened it.
        by: one Id = "by",
    }
}

statement! {
    /// The recipient's answer (受領確認). Signed by the recipient's terminal.
    Disposition = "disposition" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// The envelope's content commitment.
        content: one Hash = "content",
        /// The institution that answers.
        by: one Id = "by",
        /// The answer.
        answer: one Answer = "answer",
        /// When, the recipient's word.
        answered: one Time = "answered",
        /// Digest of the disposition of this message before it; just when there is one. So the answer
        /// that counts, the first, cannot be left out of evidence.
        previous: maybe Hash = "previous",
        /// Who and why, sealed.
        detail: maybe DetailRef = "detail",
    } where |d| need(d.detail.is_some() != (d.answer == Answer::Unreadable), "a person's answer has a detail, a terminal's has none")
}

statement! {
    /// The sender takes a letter back (取消). Signed by the sender's terminal.
    Recall = "recall" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// Digest of its envelope.
        envelope: one Hash = "envelope",
        /// When, the sender's word.
        recalled: one Time = "recalled",
        /// Who and why, sealed.
        detail: maybe DetailRef = "detail",
    }
}

statement! {
    /// Something that went by FAX, visit or telephone. Signed by the terminal.
    OffSystem = "off-system" {
        /// The institution that records it.
        from: one Id = "from",
        /// Id of the record.
        id: one Id = "id",
        /// The earlier record of the same institution that it confirms, corrects or takes back; that one
        /// is about none itself.
        about: maybe Id = "about",
        /// When, the recorder's word.
        recorded: one Time = "recorded",
        /// What, sealed.
        detail: one DetailRef = "detail",
    }
}

statement! {
    /// Keeps a message from being erased (保全). Signed by two administrators.
    Hold = "hold" {
        /// The sender.
        from: one Id = "from",
        /// The message.
        id: one Id = "id",
        /// 1, 2, 3, … for this message.
        version: one u64 = "version",
        /// On or off.
        state: one HoldState = "state",
        /// When.
        ordered: one Time = "ordered",
    } where |hold| need(hold.version > 0, "holds are numbered from 1")
}

statement! {
    /// Who wrote it. Signed by the worker; inside the letter or detail.
    Author = "author" {
        /// Digest of the clear header.
        header: one Hash = "header",
        /// Digest of the author part.
        author: one Hash = "author",
    }
}
