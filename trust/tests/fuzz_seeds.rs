//! Every seed of the fuzz targets, run as an ordinary test, and the targets' completeness.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/entry.rs"]
mod entry;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let entries = fs::read_dir(fuzz_folder().join(folder)).unwrap();
    entries.map(|entry| stem(entry.unwrap().path())).collect()
}

#[test]
fn every_seed_passes() {
    for (target, run) in entry::TARGETS {
        let mut count = 0;
        for seed in fs::read_dir(fuzz_folder().join("seeds").join(target)).unwrap() {
            let path = seed.unwrap().path();
            println!("{}", path.display());
            let seed = fs::read(&path).unwrap();
            run(&seed);
            // Its neighbours too: the fuzzer's first steps, for those who never run it.
            for at in (0..seed.len()).step_by(seed.len() / 64 + 1) {
                run(&seed[..at]);
                let mut changed = seed.clone();
                changed[at] ^= 1 << (at % 8);
                run(&changed);
            }
            count += 1;
        }
        assert!(count > 0, "{target} has no seed");
    }
}

#[test]
fn every_target_is_whole() {
    let listed: BTreeSet<_> = entry::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed.len(), entry::TARGETS.len(), "a name stands twice");
    assert_eq!(names_in("fuzz_targets"), listed);
    assert_eq!(names_in("seeds"), listed);
    let manifest = fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    for name in &listed {
        let file = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"{file}\"")), "{name}");
        let body = fs::read_to_string(fuzz_folder().join(file)).unwrap();
        assert!(body.contains(&format!("entry::{name}(data)")), "{name}");
    }
}
