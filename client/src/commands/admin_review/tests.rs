//! Requests as an exchange may show them to an administrator.

use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::seal::seal_to;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::testing::{TestAdministrator, World};
use tsumugu_trust::value::InstitutionKind;

use super::*;
use crate::chain_store::ChainStore;
use crate::enrolment::{Applicant, CheckedDocument, Pending, new_candidacy, new_enrolment};
use crate::identity::{AdministratorKeys, Exchange, Identity, Party, Seed, TlsCredentials};
use crate::session::{Purpose as For, Session};
use crate::testing::Home;

fn code() -> Code {
    Code::from_secret([7; SECRET])
}

/// An administrator's PC, at an exchange with two administrators and one institution.
struct Desk {
    home: Home,
    world: World,
}

impl Desk {
    fn new() -> Self {
        let mut world = World::with_administrators(7, 2, 1);
        world.admit("架空中央病院", InstitutionKind::Hospital);
        let home = Home::at(world.now.0);
        let desk = Self { home, world };
        desk.store(&desk.world.administrators[0]);
        desk
    }

    /// Makes the vault that of `of`.
    fn store(&self, of: &TestAdministrator) {
        let (ctx, world) = (&self.home.ctx, &self.world);
        let vault = ctx.open_or_create_vault().unwrap();
        let keys = AdministratorKeys {
            id: of.id,
            seed: Seed::new(of.key.seed),
            sealing: Seed::new(of.sealing_seed),
        };
        let tls = TlsCredentials::new(&[], &[[0; 0]; 0]);
        Identity::new(self.exchange(), Party::Administrator(keys), tls).save(&vault).unwrap();
        let mut chain = ChainStore::new(world.origin.clone(), world.fingerprint());
        for (index, entry) in (0..).zip(&world.entries) {
            if matches!(entry.leaf, Leaf::Clear(_)) {
                chain.push(index, &entry.leaf.encode()).unwrap();
            }
        }
        chain.save(&vault, &vault.lock().unwrap()).unwrap();
    }

    fn exchange(&self) -> Exchange {
        self.document(None).exchange("exchange.example:443").unwrap()
    }

    fn document(&self, invitation: Option<Invitation>) -> CheckedDocument {
        let directory = self.world.directory().clone();
        CheckedDocument {
            proxy: None,
            origin: self.world.origin.clone(),
            log_keys: directory.log_keys(),
            ca_pins: Vec::new(),
            directory,
            newest_list: Some(Statement::parse(&self.world.entries[0].record).unwrap()),
            invitation,
        }
    }

    fn sealed(&self) -> Vec<u8> {
        let administrators = self.world.administrators.iter();
        let recipients: Vec<_> = administrators.map(|one| one.identity().to_recipient()).collect();
        seal_to(&recipients, code().secret()).unwrap()
    }

    fn invitation(&self, sealed: &[u8], member: bool) -> Invitation {
        Invitation {
            invitation: code().invitation_id(),
            purpose: if member { Purpose::Member } else { Purpose::Administrator },
            subject: Id([9; 16]),
            number: member.then(|| "1270000099".parse().unwrap()),
            name: member.then(|| "つむぐ居宅".parse().unwrap()),
            kana: member.then(|| "つむぐ".parse().unwrap()),
            town: None,
            kind: member.then_some(InstitutionKind::CareOffice),
            telephone: member.then(|| "04-7000-0099".parse().unwrap()),
            fax: None,
            label: None,
            expires: tsumugu_trust::value::Time(self.world.now.0 + 1),
            secret: sha256(&[sealed]),
            trust_list: self.world.fingerprint(),
        }
    }

    /// What the exchange shows of an honest applicant's request.
    fn shown(&self, invitation: &Invitation, sealed: Vec<u8>) -> (v1::PendingInvitation, Pending) {
        let (ctx, code) = (&self.home.ctx, code());
        let document = self.document(Some(invitation.clone()));
        let pending = if invitation.purpose == Purpose::Member {
            let workers = vec![("佐藤".to_owned(), "介護支援専門員".to_owned())];
            let applicant = Applicant { workers, ..Applicant::default() };
            new_enrolment(ctx, &document, invitation, &applicant, "a:1", &code).unwrap()
        } else {
            new_candidacy(ctx, &document, invitation, "a:1", &code).unwrap()
        };
        let request = pending.statement().unwrap();
        let key = &self.world.administrators[0].key;
        let shown = v1::PendingInvitation {
            invitation: self.world.signed(invitation, &[key]).bytes().into(),
            sealed_secret: sealed.into(),
            state: EnrolmentState::Pending.into(),
            mac: code.request_mac(request.text().as_bytes()).0.to_vec().into(),
            request: request.bytes().into(),
            statements: pending.statement_bytes().into_iter().map(Into::into).collect(),
            draft: Vec::new().into(),
        };
        (shown, pending)
    }

    fn review(&self, shown: &v1::PendingInvitation) -> Review {
        review(&Session::open(&self.home.ctx, For::Look).unwrap(), shown).unwrap()
    }
}

#[test]
fn an_honest_request_has_no_problem_and_the_applicant_s_digits() {
    let desk = Desk::new();
    for member in [true, false] {
        let sealed = desk.sealed();
        let invitation = desk.invitation(&sealed, member);
        let (shown, pending) = desk.shown(&invitation, sealed);
        let review = desk.review(&shown);
        assert_eq!(review.problems, []);
        assert_eq!(review.digits, pending.digits().unwrap());
        assert!(review.request.is_some() && review.draft.is_none());
    }
}

#[test]
fn every_lie_has_its_name() {
    let desk = Desk::new();
    let sealed = desk.sealed();
    let invitation = desk.invitation(&sealed, true);
    let (good, _) = desk.shown(&invitation, sealed.clone());
    let stranger = World::new(8);
    let by_stranger = stranger.signed(&invitation, &[&stranger.administrators[0].key]).bytes();
    let key = &desk.world.administrators[0].key;
    let with = |invitation: Invitation| desk.shown(&invitation, sealed.clone()).0;
    let others =
        desk.world.signed(&Invitation { invitation: Id([1; 16]), ..invitation.clone() }, &[key]);
    let only_second = {
        let recipient = desk.world.administrators[1].identity().to_recipient();
        seal_to(&[recipient], code().secret()).unwrap()
    };
    let not_ours = desk.invitation(&only_second, true);
    let mut fewer = good.statements.clone();
    fewer.pop();
    let cases = [
        (
            Problem::Invitation,
            v1::PendingInvitation { invitation: by_stranger.into(), ..good.clone() },
        ),
        (Problem::Invitation, with(Invitation { trust_list: Hash([1; 32]), ..invitation.clone() })),
        (
            Problem::SecretChanged,
            v1::PendingInvitation { sealed_secret: desk.sealed().into(), ..good.clone() },
        ),
        (
            Problem::SecretChanged,
            v1::PendingInvitation { invitation: others.bytes().into(), ..good.clone() },
        ),
        (Problem::SecretNotOurs, desk.shown(&not_ours, only_second).0),
        (Problem::Mac, v1::PendingInvitation { mac: vec![0; 32].into(), ..good.clone() }),
        (Problem::Mac, v1::PendingInvitation { mac: Vec::new().into(), ..good.clone() }),
        (Problem::Request, v1::PendingInvitation { statements: fewer, ..good.clone() }),
        (
            Problem::Request,
            v1::PendingInvitation { request: good.invitation.clone(), ..good.clone() },
        ),
        (Problem::Request, v1::PendingInvitation { request: b"x".to_vec().into(), ..good.clone() }),
        (
            Problem::NumberTaken,
            with(Invitation { number: Some("1270000001".parse().unwrap()), ..invitation.clone() }),
        ),
        (
            Problem::NameConfusable,
            with(Invitation {
                name: Some("架空中央　病院".parse().unwrap()),
                ..invitation.clone()
            }),
        ),
        (Problem::Draft, v1::PendingInvitation { draft: good.invitation.clone(), ..good.clone() }),
    ];
    for (at, (problem, shown)) in cases.iter().enumerate() {
        let problems = desk.review(shown).problems;
        assert!(problems.contains(problem), "{at}: {problems:?}");
    }
    let labelled = Invitation {
        name: Some("架空中央病院".parse().unwrap()),
        label: Some("新館".parse().unwrap()),
        ..invitation.clone()
    };
    assert_eq!(desk.review(&with(labelled)).problems, []);
}

#[test]
fn a_key_that_belongs_to_somebody_is_not_admitted_again() {
    let desk = Desk::new();
    let sealed = desk.sealed();
    let invitation = desk.invitation(&sealed, false);
    let (mut shown, _) = desk.shown(&invitation, sealed);
    let second = &desk.world.administrators[1];
    let mut line = second.line();
    line.id = invitation.subject;
    let candidacy = Candidacy {
        invitation: invitation.invitation,
        trust_list: invitation.trust_list,
        administrator: line,
        csr: Hash([1; 32]),
    };
    let name = desk.world.origin.key_name(Role::Administrator, invitation.subject);
    let key = tsumugu_trust::testing::TestKey { name, seed: second.key.seed };
    let request = desk.world.signed(&candidacy, &[&key]);
    shown.mac = code().request_mac(request.text().as_bytes()).0.to_vec().into();
    shown.request = request.bytes().into();
    assert_eq!(desk.review(&shown).problems, [Problem::KeyTaken]);
}

#[test]
fn a_draft_counts_its_signatures_only_where_it_is_the_expected_one() {
    let desk = Desk::new();
    let sealed = desk.sealed();
    let first = &desk.world.administrators[0];
    let invitation = desk.invitation(&sealed, true);
    let (mut shown, _) = desk.shown(&invitation, sealed.clone());
    let Some(Request::Member(checked)) = desk.review(&shown).request else { panic!("a member") };
    let record = institution_record(&invitation, &checked.request, 1).unwrap();
    shown.draft = desk.world.signed(&record, &[&first.key]).bytes().into();
    let review = desk.review(&shown);
    assert_eq!(review.problems, []);
    assert_eq!(review.draft.unwrap().signers, [first.id]);
    let changed = tsumugu_trust::statement::Institution {
        telephone: "04-9999-9999".parse().unwrap(),
        ..record
    };
    shown.draft = desk.world.signed(&changed, &[&first.key]).bytes().into();
    assert_eq!(desk.review(&shown).problems, [Problem::Draft]);

    let invitation = desk.invitation(&sealed, false);
    let (mut shown, _) = desk.shown(&invitation, sealed);
    let Some(Request::Candidate(candidacy)) = desk.review(&shown).request else {
        panic!("a candidate")
    };
    let list = next_list(desk.world.directory(), &candidacy, 3).unwrap();
    shown.draft = desk.world.signed(&list, &[&first.key]).bytes().into();
    assert_eq!(desk.review(&shown).problems, []);
    let without = TrustList { administrators: vec![first.line()], threshold: 1, ..list };
    shown.draft = desk.world.signed(&without, &[&first.key]).bytes().into();
    assert_eq!(desk.review(&shown).problems, [Problem::Draft]);
}
