//! What older and newer programs left is opened, or refused, as it should be.

use rusqlite::Connection;
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{CertificateFacts, KeyChecker};

use crate::records::{
    AuditCheckHistory, AuditCheckRun, Certificate, CertificateConnections, ClientConnections, FindingSpan,
    FindingState, IndexedFacts, PolicyVerdict, PolicyVersion, SinkPlace, SinkRun, StoredConnection,
    StoredCrl, Thing, ThingPrincipal,
};
use crate::sql::Backend;
use crate::sqlite::Sqlite;
use crate::{Actor, DATABASE_FILE, Filter, Options, ReadOnly, Reader, Scope, Store, StoreError, TrailQuery};

fn open(folder: &tempfile::TempDir) -> Result<Store, StoreError> {
    Store::open(&Options { folder: folder.path().to_owned() })
}

fn change(folder: &tempfile::TempDir, sql: &str) {
    let connection = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn scope() -> Scope {
    Scope::new("123456789012", "us-east-1")
}

fn actor() -> Actor {
    Actor {
        principal: "test".to_owned(),
        operation: "test".to_owned(),
        request_id: "r".to_owned(),
        source_ip: None,
        at_ms: 0,
    }
}

#[test]
fn the_tables_of_a_new_kind_are_made_when_an_older_store_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).unwrap());
    change(&folder, "DROP TABLE crl");
    let store = open(&folder).unwrap();
    let crl = StoredCrl { id: "c".to_owned(), issuer: "i".to_owned(), der: String::new() };
    let written = crl.clone();
    store.write_waiting(&scope(), actor(), move |writer| writer.insert(&written)).unwrap();
    let found = store.read(&scope(), |reader| reader.all::<StoredCrl>(&[Filter::eq("issuer", "i")]));
    assert_eq!(found.unwrap(), [crl]);
}

#[test]
fn a_store_of_a_newer_program_is_refused_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).unwrap());
    change(&folder, "INSERT INTO version (version) VALUES (99); DROP TABLE crl");
    let error = open(&folder).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("use a newer program"), "{error}");
    let connection = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let tables = "SELECT count(*) FROM sqlite_master WHERE name = 'crl'";
    assert_eq!(connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "it was changed");
}

/// A store as version 1 of the schema had it, dumped by SQLite.
fn version_1() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    change(&folder, include_str!("version_1.sql"));
    folder
}

/// What the database is made of: columns in any order, since a migration adds at the end, and indexes.
fn schema(folder: &tempfile::TempDir) -> Vec<String> {
    let connection = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let texts = |sql: &str| {
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        texts.map(Result::unwrap).collect::<Vec<_>>()
    };
    let columns = texts(
        "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk
         FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1",
    );
    let indexes = texts("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL ORDER BY 1");
    [columns, indexes].concat()
}

fn version(folder: &tempfile::TempDir) -> i64 {
    let connection = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    connection.query_row("SELECT max(version) FROM version", [], |row| row.get(0)).unwrap()
}

/// What is indexed of a certificate that is registered now.
fn facts(pem: &str) -> IndexedFacts {
    let der = PemBlocks::new(pem.as_bytes()).next().unwrap().unwrap().der;
    let certificate = thingwarden_engine::pki::Certificate::parse(&der).unwrap();
    IndexedFacts::of_device(&CertificateFacts::of(&certificate, &KeyChecker::builtin()))
}

#[test]
fn everything_of_version_1_is_found() {
    let folder = version_1();
    assert_eq!(version(&folder), 1);
    let store = open(&folder).unwrap();
    store
        .read(&scope(), |reader| {
            let thing = reader.require::<Thing>("sensor-1")?;
            assert_eq!(thing.type_name.as_deref(), Some("sensor"));
            assert_eq!(reader.all::<ThingPrincipal>(&[Filter::eq("thing", "sensor-1")])?.len(), 1);
            let in_force = [Filter::eq("in_force", true)];
            let certificates =
                reader.all::<Certificate>(&[Filter::NotZero("rsa_bits"), in_force[0].clone()])?;
            let [certificate] = certificates.as_slice() else { panic!("{certificates:?}") };
            assert_eq!(certificate.facts, facts(&certificate.pem));
            assert_eq!(reader.groups::<Certificate>("key_digest", &in_force, 1)?.len(), 1);
            assert_eq!(reader.all::<PolicyVersion>(&[Filter::eq("policy", "broad")])?.len(), 2);
            assert_eq!(reader.count::<FindingSpan>(&[])?, 2);
            assert_eq!(reader.trail(&TrailQuery { limit: 100, ..TrailQuery::default() })?.len(), 22);
            let verdicts = reader.all::<PolicyVerdict>(&[Filter::eq("revision", 0)])?;
            let verdicts: Vec<_> =
                verdicts.iter().map(|one| (one.policy.as_str(), one.version, one.in_force)).collect();
            let expected = [
                ("broad", 1, true),
                ("broad", 2, false),
                ("narrow", 1, false),
                ("narrow", 2, true),
                ("mistaken", 1, true),
            ];
            assert_eq!(verdicts, expected);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let id = PolicyVersion::id_of("narrow", 2);
    store
        .write_waiting(&scope(), actor(), move |writer| {
            let verdict = writer.require::<PolicyVerdict>(&id)?;
            writer.update(&PolicyVerdict { in_force: false, ..verdict })
        })
        .unwrap();
    drop(store);
    drop(open(&folder).unwrap());
    assert_eq!(version(&folder), super::newest());
}

#[test]
fn connections_of_version_1_are_counted() {
    let folder = version_1();
    let id = "ab".repeat(32);
    let event = |number: i64, client: &str, at_ms: i64, kind: &str| {
        let body = format!(
            r#"{{"client_id":"{client}","principal":"{id}","at_ms":{at_ms},"kind":"{kind}","is_live":true}}"#
        );
        let place = at_ms * 4;
        change(
            &folder,
            &format!(
                "INSERT INTO connection_event (scope, id, place, body) VALUES (2, 'e{number}', {place}, '{body}')"
            ),
        );
    };
    event(1, "a", 10, "CONNECTED");
    event(2, "b", 20, "CONNECTED");
    event(3, "a", 30, "DISPLACED");
    let store = open(&folder).unwrap();
    let read = |reader: &Reader<'_>| {
        let several = reader.all::<CertificateConnections>(&[Filter::NotZero("several_ms")])?;
        let several: Vec<_> = several.iter().map(|one| (one.connected_ms, one.several_ms)).collect();
        assert_eq!(several, [(20, 20)]);
        let clients = reader.all::<ClientConnections>(&[])?;
        let clients: Vec<_> =
            clients.iter().map(|one| (&*one.client_id, one.last_ms, one.open.is_some())).collect();
        assert_eq!(clients, [("a", 30, false), ("b", 20, true)]);
        let displaced = [Filter::NotZero("displaced"), Filter::eq("displaced", true)];
        assert_eq!(reader.all::<StoredConnection>(&displaced)?.len(), 1);
        let number = StoredConnection::number(&CertificateId::parse(&id).unwrap());
        let of_certificate = [Filter::NotZero("certificate"), Filter::eq("certificate", number)];
        assert_eq!(reader.all::<StoredConnection>(&of_certificate)?.len(), 3);
        Ok::<_, StoreError>(())
    };
    store.read(&scope(), read).unwrap();
}

const BROAD: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";

/// An audit with one check, in the form of version 1 to 4, with what it found of policies.
fn audit(folder: &tempfile::TempDir, task: &str, started_ms: i64, status: &str, policies: &[&str]) {
    let run = format!(
        r#"{{"task":"{task}","check":"{BROAD}","status":"{status}","examined":3,"non_compliant":1,"suppressed":0}}"#
    );
    change(
        folder,
        &format!(
            r#"INSERT INTO audit_task (scope, id, status, started_ms, in_progress, body) VALUES (2, '{task}', 'COMPLETED', {started_ms}, 0,
                 '{{"id":"{task}","status":"COMPLETED","task_type":"T","started_ms":{started_ms},"checks":{{}}}}');
               INSERT INTO audit_check_run (scope, id, task, body) VALUES (2, '{task}' || char(31) || '{BROAD}', '{task}', '{run}');"#
        ),
    );
    for policy in policies {
        let body = format!(
            r#"{{"id":"{task}-{policy}","task":"{task}","check":"{BROAD}","task_started_ms":{started_ms},"found_ms":{started_ms},
                "severity":"CRITICAL","resource_key":"{policy}","resource":{{"resource_type":"IOT_POLICY","identifier":{{}}}},
                "reason_code":"R","reason":"because","suppressed":false}}"#
        );
        change(
            folder,
            &format!(
                "INSERT INTO audit_finding (scope, id, task, check_name, resource_key, found_ms, suppressed, body)
                 VALUES (2, '{task}-{policy}', '{task}', '{BROAD}', '{policy}', {started_ms}, 0, '{body}')"
            ),
        );
    }
}

/// What is known of a policy over all audits.
fn track(folder: &tempfile::TempDir, policy: &str, first_seen_ms: i64, fixed_ms: &str) {
    change(
        folder,
        &format!(
            r#"INSERT INTO tracked_finding (scope, id, check_name, body) VALUES
               (2, '{BROAD}' || char(31) || '{policy}' || char(31) || 'R', '{BROAD}',
                '{{"check":"{BROAD}","resource_key":"{policy}","resource_type":"IOT_POLICY","identifier":{{}},"reason_code":"R",
                   "severity":"CRITICAL","state":"OPEN","first_seen_ms":{first_seen_ms},"last_seen_ms":{first_seen_ms},
                   "fixed_ms":{fixed_ms},"suppressed":false}}')"#
        ),
    );
}

#[test]
fn findings_of_version_1_are_those_that_each_audit_found() {
    let folder = version_1();
    change(&folder, "DELETE FROM tracked_finding; DELETE FROM audit_finding; DELETE FROM audit_check_run");
    change(
        &folder,
        &format!(
            r#"UPDATE audit_check_history SET body = '{{"check":"{BROAD}","complete_ms":30}}' WHERE id = '{BROAD}'"#
        ),
    );
    audit(&folder, "first", 10, "COMPLETED_NON_COMPLIANT", &["gone", "stays"]);
    audit(&folder, "second", 20, "COMPLETED_NON_COMPLIANT", &["stays"]);
    audit(&folder, "third", 30, "COMPLETED_NON_COMPLIANT", &["new", "stays"]);
    audit(&folder, "killed", 40, "IN_PROGRESS", &["new", "stays", "half"]);
    track(&folder, "gone", 10, "20");
    track(&folder, "stays", 10, "null");
    track(&folder, "new", 30, "null");
    track(&folder, "long ago", 5, "7");
    change(
        &folder,
        r#"CREATE TABLE sink_run (seq INTEGER PRIMARY KEY AUTOINCREMENT, scope INTEGER NOT NULL, id TEXT NOT NULL, sink TEXT,
             waiting INTEGER, created_ms INTEGER, body TEXT NOT NULL, UNIQUE (scope, id));
           INSERT INTO sink_run (scope, id, sink, waiting, created_ms, body) VALUES (2, 's', 's', 1, 1,
             '{"sink":"s","task":"third","state":"WAITING","place":{"findings":{"check":"C","seq":4}},"created_ms":1}');
           INSERT INTO sink_run (scope, id, sink, waiting, created_ms, body) VALUES (2, 't', 't', 1, 1,
             '{"sink":"t","task":"third","state":"WAITING","place":{"fixed":{"fixed_ms":7,"seq":4}},"created_ms":1}')"#,
    );
    let store = open(&folder).unwrap();
    store
        .read(&scope(), |reader| {
            let history = reader.require::<AuditCheckHistory>(BROAD)?;
            assert_eq!((history.complete_ms, history.runs), (Some(30), 4));
            let spans = reader.all::<FindingSpan>(&[])?;
            let number = |task: &str| {
                let runs = reader.all::<AuditCheckRun>(&[Filter::eq("task", task)]);
                runs.map(|runs| runs[0].number.zip(runs[0].found_ms))
            };
            for (task, started_ms, expected) in [
                ("first", 10, vec!["gone", "stays"]),
                ("second", 20, vec!["stays"]),
                ("third", 30, vec!["new", "stays"]),
            ] {
                let (run, found_ms) = number(task)?.unwrap();
                let seen = spans.iter().filter(|span| span.is_seen_by(run));
                let seen: Vec<_> = seen.map(|span| (span.id.as_str(), span.old_task.as_deref())).collect();
                let ids: Vec<String> = expected.iter().map(|policy| format!("{task}-{policy}")).collect();
                assert_eq!(seen, ids.iter().map(|id| (id.as_str(), Some(task))).collect::<Vec<_>>());
                assert_eq!(found_ms, started_ms);
            }
            assert_eq!(number("killed")?, None);
            let mut states: Vec<_> = spans
                .iter()
                .filter(|span| span.is_latest())
                .map(|span| {
                    let open = span.until.is_none();
                    (
                        span.content.resource_key.as_str(),
                        span.state(&history),
                        span.first_seen_ms,
                        span.fixed_ms(),
                        open,
                    )
                })
                .collect();
            states.sort_unstable();
            let expected = [
                ("gone", FindingState::Fixed, 10, Some(20), false),
                ("long ago", FindingState::Fixed, 5, Some(7), false),
                ("new", FindingState::New, 30, None, true),
                ("stays", FindingState::Open, 10, None, true),
            ];
            assert_eq!(states, expected);
            let places: Vec<_> = reader.all::<SinkRun>(&[])?.into_iter().map(|run| run.place).collect();
            let begin = SinkPlace::Findings { check: "C".to_owned(), after: None };
            assert_eq!(places, [begin, SinkPlace::Fixed { fixed_ms: 7, seq: 0 }]);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn what_was_migrated_has_the_form_of_what_is_new() {
    let (old, new) = (version_1(), tempfile::tempdir().unwrap());
    drop(open(&old).unwrap());
    drop(open(&new).unwrap());
    assert_eq!(schema(&old), schema(&new));
}

#[test]
fn a_migration_that_does_not_come_to_its_end_leaves_the_version_before() {
    let folder = version_1();
    let before = schema(&folder);
    let connection = Sqlite::new(&folder.path().join(DATABASE_FILE)).writer().unwrap();
    connection.begin().unwrap();
    super::run(connection.as_sql()).unwrap();
    // As a kill does.
    drop(connection);
    assert_eq!((version(&folder), schema(&folder)), (1, before));
    drop(open(&folder).unwrap());
    assert_eq!(version(&folder), super::newest());
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = version_1();
    change(&folder, "UPDATE policy SET body = '{}' WHERE id = 'mistaken'");
    let before = schema(&folder);
    let error = open(&folder).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert_eq!((version(&folder), schema(&folder)), (1, before));
}

#[test]
fn an_older_store_is_not_read_as_it_is() {
    let folder = version_1();
    let error = ReadOnly::open(&Options { folder: folder.path().to_owned() }).unwrap_err();
    assert!(error.to_string().contains("start this version's server on it once"), "{error}");
    assert_eq!(version(&folder), 1);
}
