//! What the fuzz target `shadow` asks; compiled for it alone.

use super::*;

/// Two changes of a shadow, one after the other: what comes of them is a shadow, too.
pub fn shadow(first: &[u8], second: &[u8]) {
    let mut document = Document::default();
    for (payload, now_s) in [(first, 1), (second, 2)] {
        let read = Asked::parse(payload).and_then(|(asked, members)| Ok((asked, Update::parse(members)?)));
        let Ok((asked, update)) = read else { continue };
        let Ok(updated) = document.update(&update, &asked, now_s) else { continue };
        document = updated.document;
        for section in [&document.desired, &document.reported] {
            assert!(has_times(&section.state, &section.metadata), "an attribute without a time");
        }
        let once_more = Update { version: None, ..update };
        let again = document.update(&once_more, &asked, now_s).map(|again| again.document);
        let same = Document { version: document.version + 1, ..document.clone() };
        assert_eq!(again.as_ref(), Ok(&same), "what is said twice changes nothing");
        let obeyed = Document { reported: document.desired.clone(), ..document.clone() };
        assert!(obeyed.difference().is_empty(), "what is reported as desired differs");
    }
}

/// Whether a time is known of each attribute and of nothing else.
fn has_times(state: &Map<String, Value>, metadata: &Map<String, Value>) -> bool {
    state.len() == metadata.len()
        && state.iter().all(|(name, value)| match (value, metadata.get(name)) {
            (Value::Object(state), Some(Value::Object(metadata))) => has_times(state, metadata),
            (Value::Object(_), _) | (_, None) => false,
            (_, Some(_)) => true,
        })
}
