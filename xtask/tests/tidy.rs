//! Rules of this repository that a machine can hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All Rust files below a folder of the repository.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn all_rust_files() -> Vec<PathBuf> {
    ["crates", "xtask", "fuzz"].into_iter().flat_map(rust_files).collect()
}

#[test]
fn every_file_says_what_it_is() {
    for path in all_rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("//!") || first.starts_with("#![doc"),
            "{}: starts with `{first}`",
            path.display()
        );
    }
}

#[test]
fn files_are_one_room() {
    for path in all_rust_files() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let generated = path.components().any(|part| part.as_os_str() == "generated");
        assert!(generated || lines <= 800, "{}: {lines} lines", path.display());
    }
}

#[test]
fn packages_import_only_what_they_may() {
    let may: &[(&str, &[&str])] = &[
        ("thingwarden", &["thingwarden-engine", "thingwarden-mqtt", "thingwarden-store", "thingwarden-wire"]),
        ("thingwarden-engine", &[]),
        ("thingwarden-load", &[]),
        ("thingwarden-mqtt", &[]),
        ("thingwarden-store", &["thingwarden-engine"]),
        ("thingwarden-wire", &[]),
        ("xtask", &[]),
    ];
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output();
    let metadata: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(ours, may.iter().map(|(name, _)| *name).collect(), "a package that no rule speaks of");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = may.iter().find(|(known, _)| *known == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            assert!(!ours.contains(on) || allowed.contains(&on), "`{name}` may not depend on `{on}`");
        }
    }
}

/// What the generated boundary may depend on, in code that ships.
#[test]
fn the_wire_package_stays_small() {
    let manifest = read("crates/wire/Cargo.toml");
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-").next().unwrap();
    let names: Vec<&str> = dependencies.lines().filter_map(|line| line.split('.').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(names, ["base64", "regex", "serde", "serde_json"]);
}

/// The number only goes down: an operation that was served once stays served.
#[test]
fn every_operation_of_the_model_is_served_or_listed() {
    let model: serde_json::Value = serde_json::from_str(&read("model/iot.json")).unwrap();
    let all: BTreeSet<&str> = model["operations"].as_object().unwrap().keys().map(String::as_str).collect();
    let (served, not_served) = (read("model/operations.txt"), read("model/not-served.txt"));
    let names = |text: &'static str| -> Vec<&'static str> {
        text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '['])).collect()
    };
    let (served, not_served) = (names(served.leak()), names(not_served.leak()));
    let listed: BTreeSet<&str> = served.iter().chain(&not_served).copied().collect();
    assert_eq!(listed, all, "the two lists are not the model");
    assert_eq!(served.len() + not_served.len(), all.len(), "an operation is listed twice");
    assert_eq!(not_served.len(), 122, "lower this number when an operation becomes served; never raise it");
}

#[test]
fn the_engine_and_the_protocol_touch_nothing_outside() {
    let banned = [
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant::now",
        "async fn",
        "tokio",
    ];
    let files = ["crates/engine/src", "crates/mqtt/src"].into_iter().flat_map(rust_files);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in banned {
            let used = code.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{}: `{word}`", path.display());
        }
    }
}

#[test]
fn every_check_is_listed_and_has_a_page() {
    let folder = root().join("crates/engine/src/audit/checks");
    let list = fs::read_to_string(folder.join("mod.rs")).unwrap();
    let listed = list.split("checks! {").nth(1).unwrap().split('}').next().unwrap();
    for path in rust_files("crates/engine/src/audit/checks") {
        let is_check = fs::read_to_string(&path).unwrap().contains("pub(super) const CHECK: Check");
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            is_check,
            path.with_extension("md").exists(),
            "{stem}: a check without page, or a page without check"
        );
        assert_eq!(
            is_check,
            listed.split_whitespace().any(|name| name == stem),
            "{stem}: not in the list, or in it by mistake"
        );
    }
}

#[test]
fn the_architecture_paper_names_only_what_exists() {
    let paper = read("ARCHITECTURE.md");
    assert!(paper.lines().count() <= 200, "ARCHITECTURE.md has more than 200 lines");
    let named: Vec<&str> = paper
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains('/') && !code.contains([' ', '<', '*', ':', '$', '(']))
        .collect();
    assert!(named.len() > 10, "the paper names hardly any path: {named:?}");
    // A path stands by itself, or below the sources of a package.
    let packages = fs::read_dir(root().join("crates")).expect("crates/");
    let mut folders: Vec<_> = packages.map(|entry| entry.expect("an entry").path().join("src")).collect();
    folders.push(root());
    for path in named {
        assert!(
            folders.iter().any(|folder| folder.join(path).exists()),
            "ARCHITECTURE.md names `{path}`, which does not exist"
        );
    }
}

#[test]
fn the_changelog_has_known_headings() {
    let known = ["Added", "Changed", "Fixed", "Removed", "Security"];
    for line in read("CHANGELOG.md").lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(known.contains(&line), "CHANGELOG.md: `{line}`");
    }
    assert!(read("CHANGELOG.md").contains("## Unreleased"));
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/decisions.md",
        "docs/snapshot.md",
        "docs/configuration.md",
        "docs/settings.md",
        "docs/output.md",
        "docs/broker.md",
        "docs/server.md",
        "docs/sinks.md",
        "docs/approvals.md",
        "docs/notifications.md",
        "docs/templates.md",
        "docs/traffic.md",
    ] {
        let folder = Path::new(page).parent().unwrap().to_owned();
        for target in read(page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let outside = target.starts_with("http") || path.is_empty();
            assert!(outside || root().join(&folder).join(path).exists(), "{page} links to `{target}`");
        }
    }
}
