//! The broker's numbers as log records, at moments that are told.

use std::ops::ControlFlow;

use serde_json::Value;

use super::*;
use crate::broker::runtime_metrics::Told;
use crate::clock::{Clocks, Steady};

/// So many seconds after the beginning.
fn clocks(seconds: i64) -> Clocks {
    let now = Timestamp::from_millis(1_767_225_600_000 + seconds * 1000);
    Clocks { now, steady: Steady::from_millis(seconds * 1000) }
}

fn set_levels(house: &House, options: Value) {
    let mut all = json!({"roleArn": "arn:aws:iam::123456789012:role/logs"});
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    house.api.call("SetV2LoggingOptions", all);
}

/// All records of numbers, without their trace ids.
fn records(house: &House) -> Vec<Value> {
    let logs = &house.broker.app.device_logs;
    logs.flush();
    let mut found = vec![];
    for segment in logs.segments(&house.api.scope()).unwrap() {
        let read = segment.lines(0, |line| {
            let mut record: Value = serde_json::from_str(&line.text).unwrap();
            let trace = record.as_object_mut().unwrap().remove("traceId");
            assert_eq!(trace.unwrap().as_str().unwrap().len(), 36);
            found.push(record);
            ControlFlow::Continue(())
        });
        read.unwrap();
    }
    found.retain(|record| record["eventType"] == "RuntimeMetrics");
    found
}

#[test]
fn a_record_has_what_there_is_and_what_came_since_the_last() {
    let house = House::new(&[("limits.mqtt_queued_messages", "2")]);
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iot:*","Resource":"*"},
        {"Effect":"Deny","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/secret"}]}"#;
    house.api.call(
        "CreatePolicyVersion",
        json!({"policyName": "all", "policyDocument": document, "setAsDefault": true}),
    );
    set_levels(&house, json!({"defaultLogLevel": "INFO"}));
    let mut told = Told::nothing(clocks(0).steady);
    let mut reader = house.connect("reader", PERSISTENT, 100, &[]);
    subscribe(&mut reader, "t");
    subscribe(&mut reader, "u");
    let mut writer = house.connect("writer", CLEAN, 0, &[]);
    // The queue has no room for the last one.
    for payload in ["hello", "world", "x"] {
        publish(&mut writer, "t", payload);
    }
    assert_eq!(message(&mut reader), "hello");
    let mut other = house.connect("other", CLEAN, 0, &[]);
    assert_eq!(publish(&mut other, "secret", "x"), 0x87);
    send(&mut other, b"\x33\x07\0\x01r\0\x09\0!").unwrap();
    settle(&mut other);
    reader.leave(&End::Lost);
    other.leave(&End::Client { with_will: false });
    house.broker.record_runtime_metrics(&mut told, clocks(60));
    let first = json!({
        "timestamp": "2026-01-01 00:01:00.000", "logLevel": "INFO", "accountId": "123456789012", "status": "Success",
        "eventType": "RuntimeMetrics", "periodSeconds": 60,
        "connections": 1, "sessions": 2, "subscriptions": 2, "retainedMessages": 1,
        "connectionAttempts": 3, "connects": 3, "disconnects": 2, "connectionsRefused": 0,
        "authorizationFailures": 1, "throttled": 0, "messagesReceived": 4, "messagesSent": 2, "messagesDropped": 1,
        "bytesReceived": 12, "bytesSent": 10,
    });
    assert_eq!(records(&house), [first]);
    writer.leave(&End::Lost);
    house.broker.record_runtime_metrics(&mut told, clocks(121));
    let second = json!({
        "timestamp": "2026-01-01 00:02:01.000", "logLevel": "INFO", "accountId": "123456789012", "status": "Success",
        "eventType": "RuntimeMetrics", "periodSeconds": 61,
        "connections": 0, "sessions": 1, "subscriptions": 2, "retainedMessages": 1,
        "connectionAttempts": 0, "connects": 0, "disconnects": 1, "connectionsRefused": 0,
        "authorizationFailures": 0, "throttled": 0, "messagesReceived": 0, "messagesSent": 0, "messagesDropped": 0,
        "bytesReceived": 0, "bytesSent": 0,
    });
    assert_eq!(records(&house)[1..], [second]);
}

#[test]
fn nothing_is_written_for_who_does_not_want_it_and_nothing_is_counted_twice() {
    let house = House::new(&[]);
    let mut told = Told::nothing(clocks(0).steady);
    let mut seconds = 0;
    let mut is_written = |options: Option<Value>| {
        if let Some(options) = options {
            set_levels(&house, options);
        }
        let before = records(&house).len();
        house.connect("lamp", CLEAN, 0, &[]).leave(&End::Lost);
        seconds += 10;
        house.broker.record_runtime_metrics(&mut told, clocks(seconds));
        let all = records(&house);
        if let Some(record) = all.get(before) {
            assert_eq!((&record["connects"], &record["periodSeconds"]), (&json!(1), &json!(10)));
        }
        all.len() > before
    };
    let event = |level: &str| json!([{"eventType": "RuntimeMetrics", "logLevel": level}]);
    assert!(!is_written(None), "nobody has asked for anything");
    assert!(!is_written(Some(json!({"defaultLogLevel": "WARN"}))));
    assert!(is_written(Some(json!({"defaultLogLevel": "INFO"}))));
    assert!(is_written(Some(json!({"defaultLogLevel": "DEBUG"}))));
    assert!(!is_written(Some(json!({"defaultLogLevel": "DEBUG", "eventConfigurations": event("ERROR")}))));
    assert!(!is_written(Some(json!({"defaultLogLevel": "DEBUG", "eventConfigurations": event("DISABLED")}))));
    assert!(is_written(Some(json!({"defaultLogLevel": "DISABLED", "eventConfigurations": event("INFO")}))));
    assert!(!is_written(Some(json!({"disableAllLogs": true}))));
}

#[test]
fn who_is_not_let_in_is_counted_and_no_other_account_hears_of_it() {
    let house = House::new(&[("limits.mqtt_connects_per_account_per_second", "1")]);
    set_levels(&house, json!({"defaultLogLevel": "INFO"}));
    let mut told = Told::nothing(clocks(0).steady);
    // More in a second than the rate has, however slow the machine is.
    let mut refused = 0;
    let attempts = (1..=200).take_while(|_| {
        let mut one = Client::new(Arc::clone(&house.broker), house.owner());
        match send(&mut one, b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a") {
            Err(end @ End::ConnectsTooOften(_)) => {
                one.leave(&end);
                refused += 1;
            }
            _ => one.leave(&End::Lost),
        }
        refused < 3
    });
    let attempts = attempts.count() as u64 + 1;
    let elsewhere = Scope::new("210987654321", "us-east-1");
    house.broker.app.activity.tally(&elsewhere);
    house.broker.record_runtime_metrics(&mut told, clocks(1));
    let found = records(&house);
    let count = |name: &str| found[0][name].as_u64().unwrap();
    assert_eq!((count("connectionAttempts"), count("connects")), (attempts, attempts - 3));
    assert_eq!((count("connectionsRefused"), count("throttled"), count("connections")), (3, 3, 0));
    assert_eq!(count("disconnects"), attempts - 3);
    assert!(house.broker.app.device_logs.segments(&elsewhere).unwrap().is_empty());
}
