//! The example fleet, written into a store as its files have it.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use thingwarden_engine::fleet::{ConnectionEventKind, Fleet};
use thingwarden_engine::ids::{encode_hex, sha256};
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{CertificateFacts, Crl, KeyChecker};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    CaCertificate, Certificate, ConnectionKind, IamIdentity, IamRole, IndexedFacts, LoggingOptionsV2, Policy,
    PolicyFlaws, PolicyVersion, RoleAlias, StoredConnection, StoredCrl, StoredIdentityPool, StoredServiceUse,
    place_of,
};
use thingwarden_store::{StoreError, Writer};

use super::super::view::parse;
use crate::api::policy_verdicts;
use crate::connections;

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fleet")
}

fn lines(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn document(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join(name)).unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// Seconds with a fraction, as the API has them, in milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "times of the example")]
fn ms(value: &Value) -> i64 {
    (value.as_f64().unwrap_or_default() * 1000.0) as i64
}

/// A device certificate as it would be registered.
pub(super) fn certificate(pem: &str, status: &str, created_ms: i64, ca_id: Option<String>) -> Certificate {
    let parsed = parse(pem).unwrap();
    Certificate {
        id: parsed.id.to_string(),
        pem: pem.to_owned(),
        status: status.to_owned(),
        mode: "DEFAULT".to_owned(),
        ca_id,
        previous_owner: None,
        customer_version: 1,
        generation_id: String::new(),
        created_ms,
        modified_ms: created_ms,
        activated_ms: None,
        transfer: None,
        facts: IndexedFacts::of_device(&CertificateFacts::of(&parsed, &KeyChecker::builtin())),
    }
}

fn authority(pem: String, status: &str, created_ms: i64) -> CaCertificate {
    let parsed = parse(&pem).unwrap();
    CaCertificate {
        id: parsed.id.to_string(),
        status: status.to_owned(),
        mode: "DEFAULT".to_owned(),
        auto_registration: false,
        registration_config: None,
        customer_version: 1,
        generation_id: String::new(),
        created_ms,
        modified_ms: created_ms,
        facts: IndexedFacts::of_ca(&CertificateFacts::of(&parsed, &KeyChecker::builtin())),
        pem,
    }
}

/// Everything but the connection log, which is taken from the fleet as it was read.
pub(super) fn write(store: &Writer<'_>, read: &Fleet) -> Result<(), StoreError> {
    for line in lines("ca-certificates.jsonl") {
        let one = &line["certificateDescription"];
        let pem = text(&one["certificatePem"]);
        store.insert(&authority(pem, &text(&one["status"]), ms(&one["creationDate"])))?;
    }
    // Chain material has no place in a registry but as a CA certificate that is not active.
    let root = fs::read_to_string(folder().join("issuers/root.pem")).unwrap();
    store.insert(&authority(root, "INACTIVE", 0))?;
    for line in lines("certificates.jsonl") {
        let one = &line["certificateDescription"];
        let ca = one["caCertificateId"].as_str().map(str::to_owned);
        let pem = text(&one["certificatePem"]);
        store.insert(&certificate(&pem, &text(&one["status"]), ms(&one["creationDate"]), ca))?;
    }
    for line in lines("policies.jsonl") {
        let version = text(&line["defaultVersionId"]).parse().unwrap();
        write_policy(store, &text(&line["policyName"]), version, &text(&line["policyDocument"]))?;
    }
    for entry in fs::read_dir(folder().join("crls")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let der = PemBlocks::new(&bytes).next().map_or(bytes.clone(), |block| block.unwrap().der);
        let issuer = Crl::parse(&der).unwrap().issuer.digest().to_string();
        store.insert(&StoredCrl { id: encode_hex(&sha256(&der)), issuer, der: STANDARD.encode(&der) })?;
    }
    write_roles(store)?;
    let options = document("v2-logging-options.json");
    store.insert(&LoggingOptionsV2 {
        role_arn: Some(text(&options["roleArn"])),
        default_level: Some(text(&options["defaultLogLevel"])),
        disabled: options["disableAllLogs"].as_bool().unwrap(),
        event_configurations: None,
    })?;
    let mut events = vec![];
    read.connection_events().for_each(|event| {
        events.push(StoredConnection {
            client_id: event.client_id.to_owned(),
            principal: event.principal.to_string(),
            at_ms: event.time.millis(),
            kind: match event.kind {
                ConnectionEventKind::Connected => ConnectionKind::Connected,
                ConnectionEventKind::Disconnected => ConnectionKind::Disconnected,
                ConnectionEventKind::Displaced => ConnectionKind::Displaced,
            },
            source_ip: event.source_ip.map(|address| address.to_string()),
            is_live: false,
        });
    });
    events.iter().try_for_each(|event| connections::put(store, event).map(drop))
}

pub(super) fn write_policy(
    store: &Writer<'_>,
    name: &str,
    version: i64,
    document: &str,
) -> Result<(), StoreError> {
    store.put(&Policy {
        name: name.to_owned(),
        default_version: version,
        last_version: version,
        generation_id: String::new(),
        created_ms: 0,
        modified_ms: 0,
    })?;
    let document = document.to_owned();
    let written =
        PolicyVersion { policy: name.to_owned(), version, document, created_ms: 0, comparison: None };
    store.put(&written)?;
    policy_verdicts::put(store, &written, PolicyFlaws::of_text(&written.document, &place_of(store)?))?;
    policy_verdicts::put_in_force(store, name, version)
}

fn write_roles(store: &Writer<'_>) -> Result<(), StoreError> {
    for line in lines("role-aliases.jsonl") {
        let one = &line["roleAliasDescription"];
        store.insert(&RoleAlias {
            name: text(&one["roleAlias"]),
            role_arn: text(&one["roleArn"]),
            credential_duration_seconds: 3600,
            created_ms: 0,
            modified_ms: 0,
        })?;
    }
    for pool in lines("cognito-identity-pools.jsonl") {
        let roles = |kind: &str| pool["Roles"][kind].as_str().map(str::to_owned).into_iter().collect();
        store.insert(&StoredIdentityPool {
            id: text(&pool["IdentityPoolId"]),
            authenticated_roles: roles("authenticated"),
            unauthenticated_roles: roles("unauthenticated"),
        })?;
    }
    for used in lines("iam-service-last-accessed.jsonl") {
        let services = used["ServicesLastAccessed"].as_array().unwrap().iter().map(|service| {
            let last = service["LastAuthenticated"].as_str();
            let last = last.map(|last| Timestamp::parse(last).unwrap().millis());
            (text(&service["ServiceNamespace"]), last)
        });
        store.insert(&StoredServiceUse { role_arn: text(&used["Arn"]), last_used_ms: services.collect() })?;
    }
    let iam = store.write_in_scope(&store.scope().global())?;
    for role in document("iam-account-authorization-details.json")["RoleDetailList"].as_array().unwrap() {
        assert_eq!(role["AttachedManagedPolicies"].as_array().map_or(0, Vec::len), 0, "only inline policies");
        let policies = role["RolePolicyList"].as_array().unwrap().iter();
        iam.insert(&IamRole {
            identity: IamIdentity {
                name: text(&role["RoleName"]),
                unique_id: text(&role["RoleId"]),
                path: text(&role["Path"]),
                created_ms: 0,
                boundary: None,
                tags: [].into(),
                inline_policies: policies
                    .map(|policy| (text(&policy["PolicyName"]), policy["PolicyDocument"].to_string()))
                    .collect(),
            },
            trust_policy: role["AssumeRolePolicyDocument"].to_string(),
            description: None,
            max_session_seconds: 3600,
            trusted_ids: [].into(),
        })?;
    }
    Ok(())
}
