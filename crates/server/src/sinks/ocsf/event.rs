//! Findings as events of the Open Cybersecurity Schema Framework 1.6.0 (schema.ocsf.io): Compliance Finding (class 2003) or, for receivers
//! that know only that, Detection Finding (class 2004); with the profile `cloud`.

use serde_json::{Map, Value as Json, json};

use super::super::finding::{About, Change, SinkFinding, how_to_fix};
use crate::output::text::clip;

const VERSION: &str = "1.6.0";
const PRODUCT: &str = "Thingwarden";
/// The category of findings.
const CATEGORY: u32 = 2;
/// Characters of one value, so that an event stays small enough for a datagram.
const VALUE_CHARS_MAX: usize = 1024;

/// Which class findings are told as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Class {
    #[default]
    Compliance,
    Detection,
}

impl Class {
    const fn uid(self) -> u32 {
        match self {
            Self::Compliance => 2003,
            Self::Detection => 2004,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Compliance => "Compliance Finding",
            Self::Detection => "Detection Finding",
        }
    }
}

/// A finding in an audit.
pub(crate) fn event(class: Class, about: &About, finding: &SinkFinding) -> Json {
    let (activity, activity_name) = match finding.change {
        Change::New => (1, "Create"),
        Change::Open | Change::Suppressed => (2, "Update"),
        Change::Fixed => (3, "Close"),
    };
    let (status, status_name) = match finding.change {
        Change::New | Change::Open => (1, "New"),
        Change::Suppressed => (3, "Suppressed"),
        Change::Fixed => (4, "Resolved"),
    };
    let (severity, severity_name) = severity(&finding.severity);
    let title = format!("{}: {}", finding.check, finding.resource_id());
    let mut event = json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": class.uid(),
        "class_name": class.name(),
        "type_uid": class.uid() * 100 + activity,
        "type_name": format!("{}: {activity_name}", class.name()),
        "time": finding.seen_ms,
        "severity_id": severity,
        "severity": severity_name,
        "status_id": status,
        "status": status_name,
        "message": clip(&finding.reason, VALUE_CHARS_MAX),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION"), "feature": {"name": "Audit"}},
            "event_code": finding.reason_code,
            "correlation_uid": about.task,
            // The same event keeps its uid when it is sent again.
            "uid": format!("{}/{}", about.task, uid(about, finding)),
        },
        "cloud": {
            "provider": "AWS",
            "account": {"uid": about.account, "type": "AWS Account", "type_id": 10},
            "region": about.region,
        },
        "finding_info": {
            "uid": uid(about, finding),
            "title": clip(&title, VALUE_CHARS_MAX),
            "desc": clip(&finding.reason, VALUE_CHARS_MAX),
            "types": [finding.check],
            "created_time": finding.first_seen_ms,
            "first_seen_time": finding.first_seen_ms,
            "last_seen_time": finding.seen_ms,
            "modified_time": about.ended_ms,
            "analytic": {"uid": finding.check, "name": finding.check, "type": "Rule", "type_id": 1},
            "product_uid": format!("thingwarden:audit:{}", about.schedule_name()),
        },
        "resources": [{
            "uid": clip(finding.resource_id(), VALUE_CHARS_MAX),
            "type": finding.resource.resource_type,
            "cloud_partition": about.partition(),
            "region": about.region,
            "data": data(finding),
        }],
    });
    if let Some(members) = event.as_object_mut() {
        specific(class, finding, members);
        let fix = how_to_fix(&finding.check);
        if !fix.is_empty() {
            members.insert("remediation".to_owned(), json!({"desc": clip(&fix, VALUE_CHARS_MAX)}));
        }
    }
    event
}

/// What only one of the classes has.
fn specific(class: Class, finding: &SinkFinding, members: &mut Map<String, Json>) {
    let is_fixed = finding.change == Change::Fixed;
    match class {
        Class::Compliance => {
            let (status, name) = if is_fixed { (1, "Pass") } else { (3, "Fail") };
            let compliance = json!({
                "control": finding.check,
                "standards": ["AWS IoT Device Defender Audit"],
                "status_id": status,
                "status": name,
                "status_code": finding.reason_code,
                "status_detail": clip(&finding.reason, VALUE_CHARS_MAX),
            });
            members.insert("compliance".to_owned(), compliance);
        }
        Class::Detection => {
            members.insert("is_alert".to_owned(), (finding.change == Change::New).into());
        }
    }
}

/// The resource's identifier in AWS's words, with what the check says about it.
fn data(finding: &SinkFinding) -> Json {
    let additional: Map<String, Json> = finding
        .resource
        .additional
        .iter()
        .map(|(key, value)| (key.clone(), clip(value, VALUE_CHARS_MAX).into_owned().into()))
        .collect();
    json!({"resourceIdentifier": finding.resource.identifier, "additionalInfo": additional})
}

/// The same in every audit.
fn uid(about: &About, finding: &SinkFinding) -> String {
    let mut parts = vec![about.account.as_str(), &about.region, &finding.check, finding.resource_id()];
    parts.extend(finding.policy_version());
    parts.push(&finding.reason_code);
    parts.join("/")
}

fn severity(name: &str) -> (u32, &'static str) {
    match name {
        "CRITICAL" => (5, "Critical"),
        "HIGH" => (4, "High"),
        "MEDIUM" => (3, "Medium"),
        "LOW" => (2, "Low"),
        _ => (0, "Unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::samples::{about, certificate, policy};
    use super::*;

    #[test]
    fn a_finding_is_a_compliance_finding() {
        let event = event(Class::Compliance, &about(), &policy("1"));
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(2003), &json!(200_301)));
        assert_eq!((&event["severity_id"], &event["status_id"]), (&json!(5), &json!(1)));
        assert_eq!(event["time"], 1_596_168_096_651_i64);
        assert_eq!(event["compliance"]["status"], "Fail");
        assert_eq!(
            event["finding_info"]["uid"],
            "123456789012/eu-west-1/IOT_POLICY_OVERLY_PERMISSIVE_CHECK/open/1/ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS"
        );
    }

    #[test]
    fn its_life_is_create_update_close() {
        let told = |change| {
            let event = event(Class::Compliance, &about(), &certificate(change));
            (event["activity_name"].clone(), event["status"].clone(), event["compliance"]["status"].clone())
        };
        assert_eq!(told(Change::New), (json!("Create"), json!("New"), json!("Fail")));
        assert_eq!(told(Change::Open), (json!("Update"), json!("New"), json!("Fail")));
        assert_eq!(told(Change::Suppressed), (json!("Update"), json!("Suppressed"), json!("Fail")));
        assert_eq!(told(Change::Fixed), (json!("Close"), json!("Resolved"), json!("Pass")));
    }

    #[test]
    fn a_detection_is_an_alert_only_when_it_is_new() {
        let told = |change| event(Class::Detection, &about(), &certificate(change));
        assert_eq!(told(Change::New)["is_alert"], true);
        assert_eq!(told(Change::Open)["is_alert"], false);
        assert_eq!(told(Change::New)["type_uid"], 200_401);
        assert!(told(Change::New).get("compliance").is_none());
    }

    #[test]
    fn an_event_stays_small() {
        let mut long = policy("1");
        long.reason = "x".repeat(100_000);
        assert!(event(Class::Compliance, &about(), &long).to_string().len() < 10_000);
    }
}
