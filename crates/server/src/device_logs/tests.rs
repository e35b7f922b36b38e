//! Records come back as they were written, in files that are small and few.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Options, Scope};

use super::entry::{Entry, Level, Who};
use super::*;

fn scope() -> Scope {
    Scope::new("123456789012", "eu-west-1")
}

fn open(file_bytes: u64, files: usize) -> (TempDir, DeviceLogs) {
    let folder = tempfile::tempdir().unwrap();
    let logs = reopen(folder.path(), file_bytes, files);
    (folder, logs)
}

fn reopen(folder: &Path, file_bytes: u64, files: usize) -> DeviceLogs {
    let store = Store::open(&Options { folder: folder.to_owned() }).unwrap();
    DeviceLogs::open(folder, &Settings { file_bytes, files, runtime_metrics_seconds: 60 }, &store).unwrap()
}

fn entry(second: i64, topic: &str) -> Entry {
    let who = Who {
        scope: scope(),
        protocol: "MQTT",
        client_id: "lamp".into(),
        principal_id: "ab".into(),
        address: [192, 0, 2, 1].into(),
        port: 5,
    };
    Entry {
        at: Timestamp::from_millis(1_767_225_600_000 + second * 1000 + 7),
        level: Level::Error,
        who: Arc::new(who),
        event: "Publish-In",
        failure: Some(("AUTHORIZATION_FAILURE", "no \"policy\"".to_owned())),
        topic: Some(topic.into()),
        shadow: None,
        is_retained: true,
        read: None,
        disconnect_reason: None,
    }
}

fn read(logs: &DeviceLogs) -> Vec<(i64, String)> {
    logs.flush();
    let mut found = vec![];
    for segment in logs.segments(&scope()).unwrap() {
        segment
            .lines(0, |line| {
                let value: Value = serde_json::from_str(&line.text).unwrap();
                found.push((line.at.millis(), value["topicName"].as_str().unwrap().to_owned()));
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    found
}

#[test]
fn a_record_has_aws_s_fields() {
    let line = entry(0, "a/\n\"b").line();
    let mut value: Value = serde_json::from_str(&line).unwrap();
    assert!(!line.contains('\n') && line.starts_with("{\"timestamp\":\"2026-01-01 00:00:00.007\""), "{line}");
    assert_eq!(value["traceId"].take().as_str().unwrap().len(), 36);
    let expected = json!({
        "timestamp": "2026-01-01 00:00:00.007", "logLevel": "ERROR", "traceId": null, "accountId": "123456789012",
        "status": "Failure", "eventType": "Publish-In", "protocol": "MQTT", "topicName": "a/\n\"b", "clientId": "lamp",
        "principalId": "ab", "sourceIp": "192.0.2.1", "sourcePort": 5, "retain": "True",
        "reason": "AUTHORIZATION_FAILURE", "details": "no \"policy\"",
    });
    assert_eq!(value, expected);
}

#[test]
fn files_are_small_and_few_and_the_newest_stays() {
    let (_folder, logs) = open(1000, 3);
    (0..40).for_each(|number| logs.record(entry(number, &format!("topic/{number}"))));
    let found = read(&logs);
    let segments = logs.segments(&scope()).unwrap();
    assert!(segments.len() == 3 && segments.iter().all(|segment| segment.bytes <= 1000), "{segments:?}");
    let numbers: Vec<String> = (40 - found.len()..40).map(|number| format!("topic/{number}")).collect();
    assert_eq!(found.into_iter().map(|(_, topic)| topic).collect::<Vec<_>>(), numbers);
}

#[test]
fn what_a_power_cut_left_is_passed_over() {
    let (folder, logs) = open(1 << 20, 2);
    logs.record(entry(1, "first"));
    let before = read(&logs);
    let path = logs.segments(&scope()).unwrap().pop().unwrap().path;
    let torn = entry(2, "torn").line();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(&torn.as_bytes()[..torn.len() / 2]);
    std::fs::write(&path, bytes).unwrap();
    drop(logs);
    let logs = reopen(folder.path(), 1 << 20, 2);
    logs.record(entry(3, "third"));
    let after = read(&logs);
    assert_eq!(after, [before, vec![(1_767_225_603_007, "third".to_owned())]].concat());
}
