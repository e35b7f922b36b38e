//! What older and newer programs left is opened, or refused, as it should be.

use rusqlite::Connection;

use crate::records::StoredCrl;
use crate::{Actor, DATABASE_FILE, Options, Scope, Store, StoreError};

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
    let found = store.read(&scope(), |reader| reader.all::<StoredCrl>(&[crate::Filter::eq("issuer", "i")]));
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
