//! Names of checks as people give them: with wildcards, or nearly right.

use thingwarden_engine::audit::Check;

/// Whether a pattern with `*` (any characters) and `?` (one character) is the whole name, in any case.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().map(|c| c.to_ascii_uppercase()).collect();
    let name: Vec<char> = name.chars().map(|c| c.to_ascii_uppercase()).collect();
    // reached[j]: the pattern so far matches the first j characters of the name.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for expected in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut any_before = false;
        for (at, slot) in next.iter_mut().enumerate() {
            any_before |= reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            let from_before = before.and_then(|at| reached.get(at)).copied().unwrap_or(false);
            *slot = match expected {
                '*' => any_before,
                '?' => from_before,
                other => from_before && before.and_then(|at| name.get(at)) == Some(&other),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// Up to three names that somebody may have meant.
pub(crate) fn near(name: &str, all: &[&'static Check]) -> Vec<&'static str> {
    let wanted = name.trim_matches(['*', '?']).to_ascii_uppercase();
    let likeness = |check: &Check| {
        let inside = wanted.len() >= 3 && check.name.contains(&wanted);
        if inside { 1.0 } else { strsim::jaro_winkler(&wanted, check.name) }
    };
    let mut scored: Vec<(f64, &'static str)> =
        all.iter().map(|check| (likeness(check), check.name)).collect();
    scored.retain(|(score, _)| *score >= 0.85);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("A*C", "ABBC", true),
            ("A*C", "ABBCD", false),
            ("?B", "AB", true),
            ("?B", "B", false),
            ("*", "", true),
            ("", "", true),
            ("", "A", false),
            ("a**b?", "A_B_", true),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
