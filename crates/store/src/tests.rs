//! The store as its callers use it.

use std::borrow::Cow;
use std::ops::ControlFlow;

use proptest::prelude::*;
use serde::Deserialize;

use crate::records::{Certificate, IndexedFacts, Thing};
use crate::{
    Actor, Filter, Options, Order, Query, ReadOnly, Reader, Record, Scope, Store, StoreError, TrailQuery,
    link_id, link_parts,
};

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Options { folder: folder.path().to_owned() }).unwrap();
    (folder, store)
}

fn scope() -> Scope {
    Scope::new("123456789012", "us-east-1")
}

fn actor() -> Actor {
    Actor {
        principal: "arn:aws:iam::123456789012:root".to_owned(),
        operation: "iot:CreateThing".to_owned(),
        request_id: "r-1".to_owned(),
        source_ip: None,
        at_ms: 1000,
    }
}

fn thing(name: &str) -> Thing {
    Thing {
        name: name.to_owned(),
        thing_id: format!("id of {name}"),
        attributes: [].into(),
        type_name: None,
        billing_group: None,
        version: 1,
        created_ms: 0,
    }
}

fn write<R: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&crate::Writer<'_>) -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    store.write_waiting(&scope(), actor(), work)
}

fn names(store: &Store, query: &Query<'_>) -> Vec<String> {
    let page = store.read(&scope(), |reader| reader.list::<Thing>(query)).unwrap();
    page.items.into_iter().map(|thing| thing.name).collect()
}

#[test]
fn whoever_follows_the_trail_sees_what_was_touched_anywhere() {
    let (_folder, store) = open();
    let newest = || store.read(&scope(), |reader| reader.newest_touched()).unwrap();
    let after = |seq, limit| store.read(&scope(), |reader| reader.touched_after(seq, limit)).unwrap();
    assert_eq!(newest(), 0);
    write(&store, |writer| writer.insert(&thing("a"))).unwrap();
    let start = newest();
    assert_eq!(after(start, 9), []);
    let elsewhere = Scope::new("210987654321", "eu-west-1");
    store.write_waiting(&elsewhere, actor(), |writer| writer.insert(&thing("b"))).unwrap();
    write(&store, |writer| writer.delete::<Thing>("a")).unwrap();
    let found = after(start, 9);
    let told: Vec<_> = found.iter().map(|touched| (&touched.scope, &*touched.kind, &*touched.id)).collect();
    assert_eq!(told, [(&elsewhere, "thing", "b"), (&scope(), "thing", "a")]);
    assert_eq!((after(start, 1).len(), found.last().unwrap().seq), (1, newest()));
    let undone = write(&store, |writer| {
        writer.insert(&thing("c"))?;
        Err::<(), _>(StoreError::Stopped)
    });
    assert!(undone.is_err() && after(newest(), 9).is_empty());
}

#[test]
fn what_is_written_is_read_and_only_in_its_scope() {
    let (_folder, store) = open();
    write(&store, |writer| writer.insert(&thing("t"))).unwrap();
    let read = |scope: &Scope| store.read(scope, |reader| reader.get::<Thing>("t")).unwrap();
    assert_eq!(read(&scope()), Some(thing("t")));
    assert_eq!(read(&Scope::new("123456789012", "eu-west-1")), None);
    assert_eq!(read(&Scope::new("999999999999", "us-east-1")), None);
}

#[test]
fn an_error_undoes_the_whole_write_and_leaves_no_trail() {
    let (_folder, store) = open();
    let failed = write(&store, |writer| {
        writer.insert(&thing("a"))?;
        writer.insert(&thing("a"))
    });
    assert!(matches!(failed, Err(StoreError::AlreadyExists { kind: "thing", .. })), "{failed:?}");
    assert_eq!(names(&store, &Query::default()), Vec::<String>::new());
    let trail =
        store.read(&scope(), |reader| reader.trail(&TrailQuery { limit: 9, ..TrailQuery::default() }));
    assert_eq!(trail.unwrap(), vec![]);
}

#[test]
fn a_panic_undoes_the_write_and_the_store_goes_on() {
    let (_folder, store) = open();
    let failed = write::<()>(&store, |writer| {
        writer.insert(&thing("a"))?;
        panic!("as a test");
    });
    assert!(matches!(failed, Err(StoreError::Stopped)), "{failed:?}");
    write(&store, |writer| writer.insert(&thing("b"))).unwrap();
    assert_eq!(names(&store, &Query::default()), ["b"]);
}

#[test]
fn changes_of_what_is_not_there_are_errors() {
    let (_folder, store) = open();
    let failed = write(&store, |writer| writer.update(&thing("a")));
    assert!(matches!(failed, Err(StoreError::NotFound { .. })), "{failed:?}");
    assert!(!write(&store, |writer| writer.delete::<Thing>("a")).unwrap());
}

#[test]
fn the_trail_tells_what_was_and_what_is() {
    let (_folder, store) = open();
    write(&store, |writer| writer.insert(&thing("t"))).unwrap();
    write(&store, |writer| writer.put(&Thing { version: 2, ..thing("t") })).unwrap();
    write(&store, |writer| writer.delete::<Thing>("t")).unwrap();
    let query = TrailQuery { kind: Some("thing"), id: Some("t"), limit: 10, ..TrailQuery::default() };
    let trail = store.read(&scope(), |reader| reader.trail(&query)).unwrap();
    let versions = |json: &Option<serde_json::Value>| json.as_ref().map(|json| json["version"].clone());
    let seen: Vec<_> = trail.iter().map(|entry| (versions(&entry.before), versions(&entry.after))).collect();
    assert_eq!(seen, [(Some(2.into()), None), (Some(1.into()), Some(2.into())), (None, Some(1.into()))]);
    assert!(trail.iter().all(|entry| entry.principal == actor().principal && entry.request_id == "r-1"));
}

#[test]
fn the_trail_forgets_what_is_old_and_nothing_else() {
    let (_folder, store) = open();
    for at_ms in [10, 20, 30, 40] {
        let actor = Actor { at_ms, ..actor() };
        store
            .write_waiting(&scope(), actor, move |writer| writer.insert(&thing(&at_ms.to_string())))
            .unwrap();
    }
    let forgotten = write(&store, |writer| writer.forget_trail(40, 2)).unwrap();
    assert_eq!(forgotten, 2);
    let all = TrailQuery { limit: 10, ..TrailQuery::default() };
    let left = store.read(&scope(), |reader| reader.trail(&all)).unwrap();
    assert_eq!(left.iter().map(|entry| entry.at_ms).collect::<Vec<_>>(), [40, 30]);
    assert_eq!(write(&store, |writer| writer.forget_trail(40, 2)).unwrap(), 1);
    assert_eq!(write(&store, |writer| writer.forget_trail(40, 2)).unwrap(), 0);
}

#[test]
fn a_listing_is_as_things_came_and_the_last_page_knows_it() {
    let (_folder, store) = open();
    write(&store, |writer| ["c", "a", "b", "d"].iter().try_for_each(|name| writer.insert(&thing(name))))
        .unwrap();
    let list = |query: &Query<'_>| store.read(&scope(), |reader| reader.list::<Thing>(query)).unwrap();
    let first = list(&Query { limit: 2, ..Query::default() });
    assert_eq!(first.items.iter().map(|thing| &*thing.name).collect::<Vec<_>>(), ["c", "a"]);
    // Removing what was seen and adding before it moves nothing.
    write(&store, |writer| writer.delete::<Thing>("a")).unwrap();
    let second = list(&Query { limit: 2, after: first.next, ..Query::default() });
    assert_eq!(second.items.iter().map(|thing| &*thing.name).collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!(second.next, None);
    assert_eq!(names(&store, &Query { descending: true, ..Query::default() }), ["d", "b", "c"]);
}

#[test]
fn filters_use_columns_and_ids() {
    let (_folder, store) = open();
    let typed = |name: &str, kind: &str| Thing { type_name: Some(kind.to_owned()), ..thing(name) };
    write(&store, move |writer| {
        writer.insert(&typed("ab", "x"))?;
        writer.insert(&typed("abc", "y"))?;
        writer.insert(&thing("b"))
    })
    .unwrap();
    let check = |filters: &[Filter<'_>], expected: &[&str]| {
        assert_eq!(names(&store, &Query::all(filters)), expected, "{filters:?}");
    };
    check(&[Filter::eq("type_name", "x")], &["ab"]);
    check(&[Filter::Prefix("id", "ab")], &["ab", "abc"]);
    check(&[Filter::Prefix("id", "ab"), Filter::eq("type_name", "y")], &["abc"]);
    check(&[Filter::at_least("id", "abc")], &["abc", "b"]);
    check(&[Filter::at_most("id", "ab")], &["ab"]);
}

#[test]
fn readers_see_one_moment() {
    let (_folder, store) = open();
    write(&store, |writer| writer.insert(&thing("a"))).unwrap();
    store
        .read(&scope(), |reader| {
            assert_eq!(reader.count::<Thing>(&[])?, 1);
            write(&store, |writer| writer.insert(&thing("b")))?;
            assert_eq!(reader.count::<Thing>(&[])?, 1);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(names(&store, &Query::default()), ["a", "b"]);
}

#[test]
fn a_write_can_span_accounts() {
    let (_folder, store) = open();
    let other = Scope::new("999999999999", "us-east-1");
    let there = other.clone();
    write(&store, move |writer| writer.write_in_scope(&there)?.insert(&thing("t"))).unwrap();
    assert_eq!(names(&store, &Query::default()), Vec::<String>::new());
    assert!(store.read(&other, |reader| reader.exists::<Thing>("t")).unwrap());
}

#[test]
fn generations_count_commits_that_touched_a_kind() {
    let (_folder, store) = open();
    assert_eq!(store.generation::<Thing>(), 0);
    write(&store, |writer| writer.insert(&thing("a"))).unwrap();
    assert_eq!(store.generation::<Thing>(), 1);
    let tallies = [store.tally(["thing", "policy"]), store.tally(["policy"])];
    let _ = write(&store, |writer| writer.insert(&thing("a")));
    assert_eq!(store.generation::<Thing>(), 1);
    write(&store, |writer| writer.insert(&thing("b"))).unwrap();
    assert_eq!(tallies.map(|tally| tally.load(std::sync::atomic::Ordering::Acquire)), [1, 0]);
}

#[test]
fn what_was_acknowledged_is_there_when_opened_again() {
    let (folder, store) = open();
    write(&store, |writer| writer.insert(&thing("a"))).unwrap();
    drop(store);
    let store = Store::open(&Options { folder: folder.path().to_owned() }).unwrap();
    assert_eq!(names(&store, &Query::default()), ["a"]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _store) = open();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.path().display());
    }
}

#[test]
fn composite_ids_are_never_confused() {
    assert_ne!(link_id(&["a\u{1f}b", "c"]), link_id(&["a", "b\u{1f}c"]));
    assert_ne!(link_id(&["a\u{1e}", "b"]), link_id(&["a", "\u{1e}b"]));
    assert_eq!(link_id(&["a", "b"]), "a\u{1f}b");
    for parts in [vec!["a"], vec!["a\u{1f}b", "c"], vec!["a\u{1e}", "", "\u{1e}\u{1f}b"]] {
        assert_eq!(link_parts(&link_id(&parts)), parts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Pages of any size, put together, are the listing.
    #[test]
    fn pages_put_together_are_the_listing(
        types in proptest::collection::vec(0_u8..4, 0..30),
        limit in 1_usize..7,
        descending: bool,
        by_type: bool,
    ) {
        let (_folder, store) = open();
        let things: Vec<Thing> = types.iter().enumerate()
            .map(|(index, kind)| Thing { type_name: Some(kind.to_string()), ..thing(&index.to_string()) })
            .collect();
        write(&store, move |writer| things.iter().try_for_each(|thing| writer.insert(thing))).unwrap();
        let order = if by_type { Order::By("type_name") } else { Order::Inserted };
        let whole = Query { order, descending, ..Query::default() };
        let expected = names(&store, &whole);
        prop_assert_eq!(expected.len(), types.len());
        let mut paged = vec![];
        let mut after = None;
        loop {
            let query = Query { limit, after: after.take(), ..whole.clone() };
            let page = store.read(&scope(), |reader| reader.list::<Thing>(&query)).unwrap();
            prop_assert!(page.items.len() <= limit);
            paged.extend(page.items.into_iter().map(|thing| thing.name));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(paged, expected);
    }
}

#[test]
fn a_visit_can_stop_and_can_fail() {
    let (_folder, store) = open();
    write(&store, |writer| ["a", "b", "c"].iter().try_for_each(|name| writer.insert(&thing(name)))).unwrap();
    let mut seen = vec![];
    let stopped = store.read(&scope(), |reader| {
        reader.each::<Thing, StoreError>(&Query::default(), &mut |thing| {
            seen.push(thing.id().into_owned());
            Ok(if seen.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
    });
    stopped.unwrap();
    assert_eq!(seen, ["a", "b"]);
    let failed = store.read(&scope(), |reader| {
        reader.each::<Thing, StoreError>(&Query::default(), &mut |_| Err(StoreError::Overloaded))
    });
    assert!(matches!(failed, Err(StoreError::Overloaded)), "{failed:?}");
}

fn certificate(number: u8, status: &str, key: u8) -> Certificate {
    Certificate {
        id: format!("{number:064}"),
        pem: String::new(),
        status: status.to_owned(),
        mode: "DEFAULT".to_owned(),
        ca_id: None,
        previous_owner: None,
        customer_version: 1,
        generation_id: String::new(),
        created_ms: 0,
        modified_ms: 0,
        activated_ms: None,
        transfer: None,
        facts: IndexedFacts { key_digest: key.to_string(), ..IndexedFacts::default() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The numbers that are kept at each write are those that counting gives.
    #[test]
    fn kept_numbers_are_right(steps in proptest::collection::vec((0_u8..6, 0_u8..4, 0_u8..3), 0..40)) {
        let (_folder, store) = open();
        for (number, action, key) in steps {
            let status = if action == 1 { "INACTIVE" } else { "ACTIVE" };
            let record = certificate(number, status, key);
            write(&store, move |writer| match action {
                0 => writer.delete::<Certificate>(&record.id).map(drop),
                _ => writer.put(&record),
            })
            .unwrap();
        }
        let (all, kept, repeated) = store
            .read(&scope(), |reader| {
                let in_force = [Filter::eq("in_force", true)];
                Ok::<_, StoreError>((
                    reader.all::<Certificate>(&[])?,
                    reader.groups::<Certificate>("key_digest", &in_force, 1)?,
                    reader.groups::<Certificate>("key_digest", &in_force, 2)?,
                ))
            })
            .unwrap();
        let mut counted = std::collections::BTreeMap::<String, u64>::new();
        for one in all.into_iter().filter(Certificate::in_force) {
            *counted.entry(one.facts.key_digest).or_default() += 1;
        }
        let texts = |groups: Vec<(crate::Value, u64)>| -> Vec<(String, u64)> {
            let mut texts: Vec<_> = groups
                .into_iter()
                .map(|(value, count)| match value {
                    crate::Value::Text(text) => (text, count),
                    other => panic!("{other:?}"),
                })
                .collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(texts(kept), counted.clone().into_iter().collect::<Vec<_>>());
        let expected: Vec<_> = counted.into_iter().filter(|(_, count)| *count > 1).collect();
        prop_assert_eq!(texts(repeated), expected);
    }
}

#[test]
fn a_journal_says_what_each_record_was_and_is() {
    let (_folder, store) = open();
    let changes = store.write_waiting(&scope(), actor(), |store| {
        store.insert(&thing("a"))?;
        store.insert(&thing("gone"))?;
        let ((), changes) = store.journaled(|store| {
            store.update(&Thing { version: 2, ..thing("a") })?;
            store.update(&Thing { version: 3, ..thing("a") })?;
            store.insert(&thing("b"))?;
            store.delete::<Thing>("gone")?;
            store.insert(&thing("shortly"))?;
            store.delete::<Thing>("shortly")?;
            Ok::<_, StoreError>(())
        })?;
        store.insert(&thing("later"))?;
        Ok::<_, StoreError>(changes)
    });
    let said: Vec<_> = changes
        .unwrap()
        .into_iter()
        .map(|change| {
            let version = |record: Option<serde_json::Value>| record.map(|record| record["version"].clone());
            (change.kind, change.id, version(change.before), version(change.after))
        })
        .collect();
    let line = |id: &str, before: Option<i64>, after: Option<i64>| {
        ("thing".to_owned(), id.to_owned(), before.map(Into::into), after.map(Into::into))
    };
    assert_eq!(said, [line("a", Some(1), Some(3)), line("b", None, Some(1)), line("gone", Some(1), None)]);
}

#[test]
fn a_transaction_can_be_in_the_name_of_several() {
    let (_folder, store) = open();
    let role = Actor { principal: "arn:aws:sts::123456789012:assumed-role/r/s".to_owned(), ..actor() };
    let written = store.write_waiting(&scope(), actor(), move |store| {
        store.insert(&thing("a"))?;
        store.acting_as(role)?.insert(&thing("b"))
    });
    written.unwrap();
    let trail = store.read(&scope(), |store| store.trail(&TrailQuery { limit: 9, ..TrailQuery::default() }));
    let who: Vec<_> = trail.unwrap().into_iter().map(|entry| (entry.id, entry.principal)).collect();
    assert_eq!(who[0], ("b".to_owned(), "arn:aws:sts::123456789012:assumed-role/r/s".to_owned()));
    assert_eq!(who[1], ("a".to_owned(), actor().principal));
}

#[test]
fn two_readers_at_once_see_one_moment_though_somebody_writes() {
    let (folder, store) = open();
    let looking = ReadOnly::open(&Options { folder: folder.path().to_owned() }).unwrap();
    let look =
        |reader: &Reader<'_>| Ok::<_, StoreError>((reader.newest_touched()?, reader.count::<Thing>(&[])?));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 0..200 {
                write(&store, move |writer| writer.insert(&thing(&format!("t-{number}")))).unwrap();
            }
        });
        for _ in 0..40 {
            let (one, other) = looking.read_both(&scope(), look, look).unwrap();
            assert_eq!(one, other);
        }
    });
    let (one, other) = looking.read_both(&scope(), look, look).unwrap();
    assert_eq!((one.1, other.1), (200, 200), "what was committed before is seen");
}

#[test]
fn of_two_readers_at_once_each_can_fail() {
    let (folder, _store) = open();
    let looking = ReadOnly::open(&Options { folder: folder.path().to_owned() }).unwrap();
    let works = |_: &Reader<'_>| Ok::<_, StoreError>(());
    let fails = |reader: &Reader<'_>| reader.require::<Thing>("none").map(drop);
    assert!(looking.read_both(&scope(), works, works).is_ok());
    for failed in [looking.read_both(&scope(), works, fails), looking.read_both(&scope(), fails, works)] {
        assert!(matches!(failed, Err(StoreError::NotFound { .. })), "{failed:?}");
    }
}

#[test]
fn of_a_record_a_part_can_be_read() {
    #[derive(Debug, Deserialize)]
    struct Part<'b> {
        #[serde(borrow)]
        name: Cow<'b, str>,
    }
    #[derive(Debug, Deserialize)]
    struct Other {
        #[serde(rename = "colour")]
        _colour: String,
    }
    let (_folder, store) = open();
    for name in ["b", "a\\\"ü"] {
        write(&store, move |writer| writer.insert(&thing(name))).unwrap();
    }
    let mut names = Vec::new();
    let read = store.read(&scope(), |reader| {
        reader.each_body::<Thing>(&mut |body| {
            names.push(body.read::<Part<'_>>()?.name.into_owned());
            Ok(())
        })
    });
    assert!(read.is_ok(), "{read:?}");
    assert_eq!(names, ["b", "a\\\"ü"], "in the order in which they came");
    let read =
        store.read(&scope(), |reader| reader.each_body::<Thing>(&mut |body| body.read::<Other>().map(drop)));
    assert!(read.unwrap_err().to_string().contains("a record of thing"));
}
