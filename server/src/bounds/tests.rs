use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn terminal(institution: u8, terminal: u8) -> Option<Party> {
    Some(Party::Terminal { institution: [institution; 16], terminal: [terminal; 16] })
}

fn bounds(change: impl FnOnce(&mut Limits)) -> Arc<Bounds> {
    let mut limits = Limits::default();
    change(&mut limits);
    Bounds::new(&limits)
}

/// The limit that a connection was turned away by.
fn why(seated: Option<&(Connection, Seat)>) -> Option<String> {
    let why = seated.unwrap().0.turned_away.as_ref()?;
    assert_eq!(why.retry, Some(CROWDED));
    Some(why.metadata[0].1.clone())
}

#[test]
fn an_institution_has_its_connections_whatever_terminal() {
    let bounds = bounds(|limits| limits.connections_per_institution = 2);
    let one = bounds.seat(terminal(1, 1), HERE);
    let two = bounds.seat(terminal(1, 2), HERE);
    let three = bounds.seat(terminal(1, 3), HERE);
    let other = bounds.seat(terminal(2, 1), HERE);
    assert_eq!(why(one.as_ref()), None);
    assert_eq!(why(two.as_ref()), None);
    assert_eq!(why(three.as_ref()).as_deref(), Some("connections_per_institution"));
    assert_eq!(why(other.as_ref()), None);
    drop(one);
    assert_eq!(why(bounds.seat(terminal(1, 3), HERE).as_ref()), None);
}

#[test]
fn strangers_take_no_members_place_nor_members_an_administrators() {
    let bounds = bounds(|limits| {
        (limits.connections, limits.connections_without_certificate) = (1, 3);
        limits.connections_per_address = 2;
    });
    let strangers: Vec<_> = (0..3).map(|_| bounds.seat(None, HERE)).collect();
    assert_eq!(why(strangers[1].as_ref()), None);
    assert_eq!(why(strangers[2].as_ref()).as_deref(), Some("connections_per_address"));
    let far = bounds.seat(None, [192, 0, 2, 1].into());
    assert_eq!(why(far.as_ref()), None);
    let farther = bounds.seat(None, [192, 0, 2, 2].into());
    assert_eq!(why(farther.as_ref()).as_deref(), Some("connections_without_certificate"));
    let member = bounds.seat(terminal(1, 1), HERE);
    assert_eq!(why(member.as_ref()), None);
    let full = bounds.seat(terminal(2, 1), HERE);
    assert_eq!(why(full.as_ref()).as_deref(), Some("connections"));
    let administrator = bounds.seat(Some(Party::Administrator { id: [1; 16] }), HERE);
    assert_eq!(why(administrator.as_ref()), None);
}

#[test]
fn being_told_has_an_edge_too() {
    let bounds = bounds(|limits| limits.connections_per_institution = 1);
    let first = bounds.seat(terminal(1, 1), HERE);
    let told: Vec<_> = (0..TURNED_AWAY / 4).map(|_| bounds.seat(terminal(1, 1), HERE)).collect();
    assert!(told.iter().all(|seat| why(seat.as_ref()).is_some()));
    assert!(bounds.seat(terminal(1, 1), HERE).is_none());
    assert!(bounds.seat(terminal(2, 1), HERE).is_some());
    drop((first, told));
    assert_eq!(why(bounds.seat(terminal(1, 1), HERE).as_ref()), None);
}

#[test]
fn handshakes_have_an_edge_for_each_address_and_for_all() {
    let bounds = bounds(|limits| (limits.arrivals, limits.arrivals_per_address) = (2, 1));
    let one = bounds.arrive(HERE);
    assert!(one.is_some() && bounds.arrive(HERE).is_none());
    let two = bounds.arrive([192, 0, 2, 1].into());
    assert!(two.is_some() && bounds.arrive([192, 0, 2, 2].into()).is_none());
    drop(one);
    assert!(bounds.arrive(HERE).is_some());
}

#[test]
fn requests_streams_and_bytes_have_their_edges() {
    let bounds = bounds(|limits| {
        (limits.requests_per_institution, limits.streams_per_institution) = (1, 1);
        (limits.request_bytes_per_institution, limits.request_bytes) = (10, 15);
    });
    let (one, two) = (Holder::Institution(Id([1; 16])), Holder::Institution(Id([2; 16])));
    let name = |refused: Refused| {
        assert!(refused.retry.is_some());
        refused.metadata[0].1.clone()
    };
    let _request = bounds.request(one).unwrap();
    assert_eq!(name(bounds.request(one).unwrap_err()), "requests_per_institution");
    let _stream = bounds.stream(one).unwrap();
    assert_eq!(name(bounds.stream(one).unwrap_err()), "streams_per_institution");
    let _other = (bounds.request(two).unwrap(), bounds.stream(two).unwrap());
    let (mut first, mut second) = (bounds.bytes(one), bounds.bytes(two));
    Bounds::grow(&mut first, 10).unwrap();
    let over = Bounds::grow(&mut first, 1).unwrap_err();
    assert_eq!(name(over), "request_bytes_per_institution");
    Bounds::grow(&mut second, 5).unwrap();
    assert_eq!(name(Bounds::grow(&mut second, 1).unwrap_err()), "request_bytes");
    drop(first);
    Bounds::grow(&mut second, 5).unwrap();
    let address = Holder::Address(Net::of(HERE));
    // Strangers' bytes are their own.
    let mut third = bounds.bytes(address);
    Bounds::grow(&mut third, STRANGERS_BYTES_EACH).unwrap();
    assert_eq!(name(Bounds::grow(&mut third, 1).unwrap_err()), "request_bytes_per_institution");
    let _stranger = bounds.request(address).unwrap();
    assert_eq!(name(bounds.request(address).unwrap_err()), "requests_per_address");
}

#[test]
fn calls_of_strangers_are_counted_by_address_and_invitation() {
    let bounds = bounds(|limits| (limits.calls_per_address, limits.calls_per_invitation) = (2, 1));
    let (net, now) = (Net::of(HERE), Time(0));
    bounds.call_from(net, now).unwrap();
    bounds.call_from(net, now).unwrap();
    let over = bounds.call_from(net, now).unwrap_err();
    assert_eq!(
        (&*over.metadata[0].1, over.retry),
        ("calls_per_address", Some(Duration::from_secs(30)))
    );
    bounds.call_for(Id([1; 16]), now).unwrap();
    let over = bounds.call_for(Id([1; 16]), now).unwrap_err();
    assert_eq!(
        (&*over.metadata[0].1, over.retry),
        ("calls_per_invitation", Some(Duration::from_secs(60)))
    );
    bounds.call_for(Id([2; 16]), now).unwrap();
    bounds.call_for(Id([1; 16]), Time(60_000)).unwrap();
}
