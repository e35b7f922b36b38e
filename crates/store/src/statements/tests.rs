//! How the database carries the statements out: from an index, in its order, beginning at the page's place.

use rusqlite::{Connection, params_from_iter};

use super::{Statement, count, create, groups, list, values};
use crate::kind::{Column, Index, Kind, Value};
use crate::query::{Cursor, Filter, Order, Query};
use crate::record::Record;
use crate::records::{Certificate, FindingSpan};

const KIND: Kind = Kind {
    table: "part",
    columns: &[Column::text("color"), Column::text("size")],
    indexes: &[Index::on(&["color"]), Index::on(&["color", "size"])],
    trailed: false,
};

fn check(query: &Query<'_>, expected: &str) {
    check_of(&KIND, query, expected);
}

fn check_of(kind: &Kind, query: &Query<'_>, expected: &str) {
    check_statement(kind, &list(kind, 1, query), &format!("USING INDEX {expected}"));
}

fn check_statement(kind: &Kind, statement: &Statement, expected: &str) {
    let expected = format!("SEARCH {} {expected}", kind.table);
    assert_eq!(steps(&made(kind), statement), [expected], "{}", statement.sql);
}

/// A database with the tables of a kind.
fn made(kind: &Kind) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for statement in create(kind, &connection) {
        connection.execute(&statement, []).unwrap();
    }
    connection
}

fn steps(connection: &Connection, statement: &Statement) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).unwrap();
    let steps = explain.query_map(params_from_iter(&statement.parameters), |row| row.get(3)).unwrap();
    steps.map(Result::unwrap).collect()
}

/// A later page.
fn place(value: Option<&str>) -> Option<Cursor> {
    Some(Cursor { value: value.map(Value::from), seq: 7 })
}

#[test]
fn no_listing_sorts_or_goes_through_what_it_does_not_show() {
    let page = |filters, order| Query { order, limit: 50, ..Query::all(filters) };
    let everything = page(&[], Order::Inserted);
    check(&everything, "part_in_order (scope=?)");
    check(&Query { after: place(None), ..everything.clone() }, "part_in_order (scope=? AND seq>?)");
    check(&Query { after: place(None), descending: true, ..everything }, "part_in_order (scope=? AND seq<?)");
    let red = [Filter::eq("color", "red")];
    check(&page(&red, Order::Inserted), "part_by_color (scope=? AND color=?)");
    let begin = [Filter::eq("color", "red"), Filter::Prefix("size", "x")];
    check(&page(&begin, Order::By("size")), "part_by_color_size (scope=? AND color=? AND size>? AND size<?)");
    let named = [Filter::Prefix("id", "a")];
    check(&page(&named, Order::By("id")), "sqlite_autoindex_part_1 (scope=? AND id>? AND id<?)");
}

#[test]
fn an_audit_finds_weak_certificates_among_the_weak() {
    let weak = [Filter::NotZero("weaknesses"), Filter::eq("in_force", true)];
    let index = "certificate_by_in_force_where_weaknesses (scope=? AND in_force=?)";
    check_of(&Certificate::KIND, &Query::all(&weak), index);
}

#[test]
fn an_audit_reads_dates_and_not_certificates() {
    for column in ["not_after_ms", "not_before_ms", "created_ms"] {
        let filters = [Filter::eq("in_force", true), Filter::at_most(column, 7)];
        let statement = values(&Certificate::KIND, 1, column, &filters);
        let index =
            format!("certificate_by_in_force_{column}_with_id (scope=? AND in_force=? AND {column}<?)");
        check_statement(&Certificate::KIND, &statement, &format!("USING COVERING INDEX {index}"));
    }
}

#[test]
fn an_audit_looks_up_what_revocation_lists_name_among_what_is_in_force() {
    let named = [Filter::NotZero("in_force"), Filter::eq("issuer", "i"), Filter::eq("serial", "s")];
    let index = "certificate_by_issuer_serial_where_in_force (scope=? AND issuer=? AND serial=?)";
    check_of(&Certificate::KIND, &Query::all(&named), index);
}

#[test]
fn keys_of_several_certificates_are_found_among_those() {
    let statement = groups(&Certificate::KIND, 1, "key_digest", &[Filter::eq("in_force", true)], 2);
    let index = "certificate_count_by_in_force_key_digest_repeated (scope=? AND in_force=? AND records>?)";
    let connection = made(&Certificate::KIND);
    let expected = format!("SEARCH certificate_count_by_in_force_key_digest USING COVERING INDEX {index}");
    assert_eq!(steps(&connection, &statement), [expected]);
}

#[test]
fn what_a_run_compares_and_shows_of_findings_comes_from_indexes_in_order() {
    let of_check = Filter::eq("check_name", "C");
    let standing = [Filter::NotZero("standing"), of_check.clone()];
    let statement = values(&FindingSpan::KIND, 1, "digest", &standing);
    let index = "finding_span_by_check_name_digest_where_standing_with_id (scope=? AND check_name=?)";
    check_statement(&FindingSpan::KIND, &statement, &format!("USING COVERING INDEX {index}"));
    let changed = [of_check.clone(), Filter::at_least("changed_run", 7)];
    let index = "finding_span_by_check_name_resource_key (scope=? AND check_name=?";
    let statement = count(&FindingSpan::KIND, 1, &changed);
    check_statement(&FindingSpan::KIND, &statement, &format!("USING COVERING INDEX {index})"));
    let seen = [of_check, Filter::at_most("first_run", 7), Filter::at_least("until_run", 8)];
    let page = Query { order: Order::By("resource_key"), limit: 50, ..Query::all(&seen) };
    check_of(&FindingSpan::KIND, &page, &format!("{index})"));
    let later = Query { after: place(Some("r")), ..page };
    check_of(&FindingSpan::KIND, &later, &format!("{index} AND resource_key>?)"));
}

#[test]
fn the_place_of_a_later_page_is_the_only_bound_on_its_side() {
    let filters = [
        Filter::eq("color", "red"),
        Filter::Prefix("size", "x"),
        Filter::at_least("size", "xa"),
        Filter::at_most("size", "xy"),
    ];
    let bound = |descending: bool| {
        let query =
            Query { order: Order::By("size"), after: place(Some("xm")), descending, ..Query::all(&filters) };
        check(&query, "part_by_color_size (scope=? AND color=? AND size>? AND size<?)");
        list(&KIND, 1, &query).parameters
    };
    let text = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let bounds =
        |parameters: Vec<Value>| parameters.into_iter().take_while(|value| *value != Value::Integer(7));
    assert_eq!(
        bounds(bound(false)).skip(1).collect::<Vec<_>>(),
        text(&["red", "x\u{10FFFF}", "xy", "xm", "xm"])
    );
    assert_eq!(bounds(bound(true)).skip(1).collect::<Vec<_>>(), text(&["red", "x", "xa", "xm", "xm"]));
}
