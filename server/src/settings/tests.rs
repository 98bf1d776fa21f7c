use super::*;

fn settings() -> Settings {
    Settings::for_origin("exchange.example/east", "192.0.2.1:8443".parse().unwrap()).unwrap()
}

/// The file that `init` writes, with one line in place of the one that sets `field`.
fn with(field: &str, line: &str) -> String {
    let text = settings().to_toml();
    let old = text.lines().find(|line| line.starts_with(&format!("{field} ="))).unwrap();
    text.replace(old, line)
}

fn message(text: &str) -> String {
    Settings::parse(text).unwrap_err().to_string()
}

#[test]
fn what_init_writes_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.extra_names =
        ["localhost", "127.0.0.1", "::1"].map(|name| name.parse().unwrap()).into();
    settings.metrics_listen = Some(SUGGESTED_METRICS_LISTEN.parse().unwrap());
    settings.crl = Some("C:\\pki\\失効.pem".into());
    settings.reflection = true;
    settings.limits.connections = 7;
    settings.store(dir.path()).unwrap();
    assert_eq!(Settings::load(dir.path()).unwrap(), settings);
    let again = settings.store(dir.path());
    assert!(matches!(again, Err(SettingsError::Disk(DiskError::Exists { .. }))));
}

#[test]
fn the_public_address_follows_the_origin() {
    assert_eq!(settings().public_address.to_string(), "exchange.example:8443");
    let any = Settings::for_origin("exchange.example", "127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(any.public_address.to_string(), "exchange.example:443");
    assert!(Settings::for_origin("Not A Name", "127.0.0.1:0".parse().unwrap()).is_err());
    DEFAULT_LISTEN.parse::<SocketAddr>().unwrap();
    assert_eq!((any.metrics_listen, any.reflection), (None, false), "off unless asked for");
    assert!(SUGGESTED_METRICS_LISTEN.parse::<SocketAddr>().unwrap().ip().is_loopback());
}

#[test]
fn every_limit_is_written_with_its_default_and_stands_at_its_edges() {
    let defaults = Limits::default();
    defaults.check().unwrap();
    for limit in LIMITS {
        let name = limit.name;
        assert_eq!((limit.of)(&defaults), limit.default);
        assert!(settings().to_toml().contains(&format!("\n{name} = {}\n", limit.default)));
        for edge in [limit.min, limit.max] {
            let parsed = Settings::parse(&with(name, &format!("{name} = {edge}"))).unwrap();
            assert_eq!((limit.of)(&parsed.limits), edge);
        }
        for beyond in [limit.min - 1, limit.max + 1] {
            let message = message(&with(name, &format!("{name} = {beyond}")));
            assert!(message.contains(&format!("limits.{name} = {beyond} ")), "{message}");
        }
    }
}

#[test]
fn limits_have_defaults_and_addresses_have_not() {
    let text = "listen = \"127.0.0.1:1\"\npublic_address = \"a.example:1\"\n";
    assert_eq!(Settings::parse(text).unwrap().limits, Limits::default());
    assert_eq!(
        message("listen = \"127.0.0.1:1\"\n"),
        "settings.toml: public_address がありません / public_address is missing"
    );
    assert_eq!(message(""), "settings.toml: listen がありません / listen is missing");
}

#[test]
fn wrong_fields_are_named() {
    for (text, named) in [
        (with("listen", "listen = \"somewhere\""), "listen = \"somewhere\" は"),
        (
            with("public_address", "public_address = \"a.example\""),
            "public_address = \"a.example\"",
        ),
        (with("extra_names", "extra_names = [\"a b\"]"), "extra_names = \"a b\""),
        (with("listen", "listen = 4"), " listen が"),
        (with("reflection", "metrics_listen = \"9464\""), "metrics_listen = \"9464\" は"),
        (with("reflection", "reflection = 1"), " reflection が"),
        (with("listen", "lisen = \"127.0.0.1:1\""), " lisen が"),
        (with("connections", "conections = 4"), " limits.conections が"),
        (with("connections", "connections = \"4\""), " limits.connections が"),
        (with("connections", "connections = -1"), " limits.connections が"),
        (with("connections", "connections = 1.5"), " limits.connections が"),
        (with("connections", "connections = 4294967296"), " limits.connections が"),
        (with("connections", "connections = 1\nconnections = 1"), " limits.connections が"),
        (with("connections", "connections ="), " limits.connections が"),
        (with("connections", "[limit]"), "[limit]"),
    ] {
        let message = message(&text);
        assert!(message.contains(named), "{message}\nlacks {named}");
    }
}

#[test]
fn the_number_of_names_has_an_edge() {
    let names = |count| {
        let names = vec!["\"a.example\""; count].join(",");
        Settings::parse(&with("extra_names", &format!("extra_names = [{names}]")))
    };
    assert_eq!(names(MAX_EXTRA_NAMES).unwrap().extra_names.len(), MAX_EXTRA_NAMES);
    assert!(matches!(names(MAX_EXTRA_NAMES + 1), Err(SettingsError::OutOfRange { .. })));
}

#[test]
fn the_length_of_the_file_has_an_edge_and_its_bytes_are_utf8() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    let mut text = settings().to_toml().into_bytes();
    text.resize(MAX_BYTES as usize, b'\n');
    std::fs::write(&path, &text).unwrap();
    Settings::load(dir.path()).unwrap();
    text.push(b'\n');
    std::fs::write(&path, &text).unwrap();
    let refused = Settings::load(dir.path());
    assert!(matches!(refused, Err(SettingsError::Disk(DiskError::TooLong { .. }))));
    std::fs::write(&path, b"\xff").unwrap();
    assert!(matches!(Settings::load(dir.path()), Err(SettingsError::NotUtf8)));
}

#[test]
fn units_become_durations() {
    let limits = Limits::default();
    assert_eq!(limits.request_timeout().as_secs(), 30);
    assert_eq!(limits.keepalive().as_secs(), 20);
    assert_eq!(limits.keepalive_timeout().as_secs(), 90);
    assert_eq!(limits.connection_age().as_secs(), 43_200);
    assert_eq!(limits.connection_grace().as_secs(), 60);
    assert_eq!(limits.without_certificate().as_secs(), 120);
    assert_eq!(limits.without_certificate_idle().as_secs(), 30);
    assert_eq!(limits.stop_patience().as_secs(), 20);
    assert_eq!(limits.tick_interval().as_secs(), 900);
}
