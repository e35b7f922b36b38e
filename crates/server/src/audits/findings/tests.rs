//! Ids of findings, and how they are read.

use super::*;

#[test]
fn an_id_says_the_task_and_the_place() {
    let task = "0123456789abcdef0123456789abcdef";
    for seq in [1, 77, 1 << 40, (1 << 62) - 1] {
        let id = id(task, seq);
        let digit = |at: usize| char::from(id.as_bytes()[at]).to_digit(16).unwrap();
        assert_eq!((id.len(), digit(14), digit(19) >> 2), (36, 8, 0b10));
        assert_eq!(parts(&id), Some(("0123456789abcde".to_owned(), seq)));
    }
    assert_ne!(id(task, 1), id("0123456789abcdff0123456789abcdef", 1));
}

#[test]
fn what_is_no_id_of_a_finding_is_no_place() {
    for text in [
        "",
        "none",
        "a-b-c-d-e",
        "01234567-89ab-4cde-8000-000000000001",
        "01234567-89ab-8cde-8000-0000000000-1",
    ] {
        assert_eq!(parts(text), None, "{text}");
    }
}
