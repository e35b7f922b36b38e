//! The automaton against obvious, slow definitions.

use proptest::prelude::*;

use super::super::automaton::*;

const ALPHABET: [char; 4] = ['a', 'b', '/', '+'];

fn tokens() -> impl Strategy<Value = Vec<Token>> {
    let token = prop_oneof![
        4 => proptest::sample::select(&ALPHABET[..]).prop_map(Token::Char),
        1 => Just(Token::AnyChar),
        2 => Just(Token::AnyString),
    ];
    proptest::collection::vec(token, 0..7)
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&['a', 'b', 'A', '/', '+', 'z'][..]), 0..8)
        .prop_map(|characters| characters.into_iter().collect())
}

fn glob(pattern: &[Token], text: &[char], ignore_case: bool) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((Token::AnyString, rest)), _) => {
            (0..=text.len()).any(|taken| glob(rest, &text[taken..], ignore_case))
        }
        (Some((Token::AnyChar, rest)), Some((_, after))) => glob(rest, after, ignore_case),
        (Some((Token::Char(a), rest)), Some((b, after))) => {
            (a == b || (ignore_case && a.eq_ignore_ascii_case(b))) && glob(rest, after, ignore_case)
        }
        _ => false,
    }
}

/// All texts over `z` (which no pattern spells) and the alphabet, up to a length.
fn texts_up_to(length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..length {
        let longer =
            |text: &String| ALPHABET.iter().chain(&['z']).map(move |c| format!("{text}{c}")).collect();
        last = last.iter().flat_map(|text| -> Vec<String> { longer(text) }).collect();
        all.extend(last.iter().cloned());
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn matching_equals_recursive_glob(
        patterns in proptest::collection::vec((tokens(), any::<bool>()), 1..12),
        text in text(),
    ) {
        let mut builder = PatternSetBuilder::default();
        let ids: Vec<PatternId> = patterns
            .iter()
            .map(|(tokens, ignore_case)| {
                builder.add(tokens.clone(), Options { ignore_case: *ignore_case, ..Options::default() })
            })
            .collect();
        let mut alphabet = Alphabet::default();
        builder.announce(&mut alphabet);
        let set = builder.build(&alphabet);
        let state = set.read(&alphabet, &set.start(), &text);
        let characters: Vec<char> = text.chars().collect();
        for (id, (tokens, ignore_case)) in ids.iter().zip(&patterns) {
            prop_assert_eq!(set.matches(&state, *id), glob(tokens, &characters, *ignore_case), "{:?}", tokens);
        }
    }

    #[test]
    fn difference_is_empty_when_brute_force_finds_nothing(
        allow in proptest::collection::vec(tokens(), 1..4),
        deny in proptest::collection::vec(tokens(), 0..4),
    ) {
        let mut builder = PatternSetBuilder::default();
        let allowed: Vec<_> = allow.iter().map(|t| builder.add(t.clone(), Options::default())).collect();
        let denied: Vec<_> = deny.iter().map(|t| builder.add(t.clone(), Options::default())).collect();
        let mut alphabet = Alphabet::default();
        builder.announce(&mut alphabet);
        let set = builder.build(&alphabet);
        let is_in = |state: &State| {
            allowed.iter().any(|id| set.matches(state, *id)) && !denied.iter().any(|id| set.matches(state, *id))
        };
        let symbols: Vec<Symbol> = alphabet.symbols().collect();
        let found = search(
            set.start(),
            &mut Budget(100_000),
            |state, next| next.extend(symbols.iter().map(|symbol| (*symbol, set.step(state, *symbol)))),
            |state| is_in(state).then_some(()),
        );
        let by_glob = |text: &str| {
            let text: Vec<char> = text.chars().collect();
            allow.iter().any(|t| glob(t, &text, false)) && !deny.iter().any(|t| glob(t, &text, false))
        };
        match found {
            Outcome::Found((symbols, ())) => prop_assert!(by_glob(&alphabet.render(symbols))),
            Outcome::Nothing => prop_assert!(!texts_up_to(5).iter().any(|text| by_glob(text))),
            Outcome::Undecided => prop_assert!(false, "undecided"),
        }
    }
}

#[test]
fn names_are_read_as_a_whole() {
    let mut builder = PatternSetBuilder::default();
    let prefixed = [Token::Char('a'), Token::Name, Token::Char('b')].to_vec();
    let whole = builder.add(prefixed, Options::default());
    let only = builder
        .add(vec![Token::Char('x'), Token::AnyString], Options { name_only: true, ..Options::default() });
    let mut alphabet = Alphabet::default();
    builder.announce(&mut alphabet);
    let set = builder.build(&alphabet);
    let read = |before: &str, name: &str, after: &str| {
        let state = set.enter_name(&set.read(&alphabet, &set.start(), before));
        let state = set.leave_name(&set.read(&alphabet, &state, name));
        set.read(&alphabet, &state, after)
    };
    assert!(set.matches(&read("a", "xyz", "b"), whole));
    assert!(!set.matches(&read("aa", "xyz", "b"), whole));
    assert!(!set.matches(&read("a", "xyz", ""), whole));
    assert!(set.matches(&read("a", "xyz", ""), only));
    assert!(!set.matches(&read("x", "yz", ""), only));
}

#[test]
fn a_variable_equals_itself_and_wildcards_only() {
    let mut builder = PatternSetBuilder::default();
    let variable = |key: &str| Token::Variable(VariableKey(key.to_owned()));
    let own = builder.add(vec![variable("a")], Options::default());
    let other = builder.add(vec![variable("b")], Options::default());
    let any = builder.add(vec![Token::AnyString], Options::default());
    let one = builder.add(vec![Token::AnyChar], Options::default());
    let respelled = builder.add(vec![variable("A")], Options::default());
    let mut alphabet = Alphabet::default();
    builder.announce(&mut alphabet);
    let set = builder.build(&alphabet);
    let state = set.read_tokens(&alphabet, &set.start(), &[variable("a")]);
    let matched = [own, other, any, one, respelled].map(|id| set.matches(&state, id));
    assert_eq!(matched, [true, false, true, false, true]);
    assert_eq!(alphabet.render(alphabet.variable(&VariableKey("A".into()))), "${a}");
    let state = set.read(&alphabet, &set.start(), "x");
    assert_eq!([own, other, any, one].map(|id| set.matches(&state, id)), [false, false, true, true]);
}
