//! Patterns as one automaton: sets of strings that policies allow or deny, compared exactly and with a witness.
//!
//! All patterns of a question are laid out one after the other; a *state* is the set of places that a text read so far
//! can have reached in them, one bit each. A pattern of `n` tokens takes `n + 1` places, and the text matches when the
//! last one is reached. "Allowed by one of these and denied by none of those" is then a plain question about a state,
//! and a search over states answers it for all texts at once.
//!
//! Texts are made of [`Symbol`]s: the characters that some pattern spells, one *fresh* character that stands for every
//! character that none spells, and one opaque symbol for the value of each policy variable, which equals nothing else.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::Hash;

/// One symbol of a text; only the [`Alphabet`] that made it can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u16);

/// The character that no pattern spells.
pub const FRESH: Symbol = Symbol(0);

/// What a pattern is made of, once the variables whose value is known have been replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Char(char),
    /// `?`
    AnyChar,
    /// `*`
    AnyString,
    /// The value of a variable.
    Variable(VariableKey),
    /// The name in question as a whole: what is read between [`PatternSet::enter_name`] and [`PatternSet::leave_name`].
    Name,
}

/// The key of a variable as the policy writes it. Case makes no difference when keys are compared.
#[derive(Clone, Debug, Eq)]
pub struct VariableKey(pub String);

impl PartialEq for VariableKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// The symbols of a question. Every pattern that takes part must be announced before sets are built.
#[derive(Clone, Debug)]
pub struct Alphabet {
    chars: BTreeMap<char, Symbol>,
    /// By key in lower case.
    variables: BTreeMap<String, Symbol>,
    /// Index = symbol. A variable appears as the first pattern that uses it writes it.
    texts: Vec<String>,
}

/// Characters that MQTT gives a meaning are always symbols of their own.
const ALWAYS_SPELLED: [char; 4] = ['/', '+', '#', '$'];

impl Default for Alphabet {
    fn default() -> Self {
        let mut alphabet =
            Self { chars: BTreeMap::new(), variables: BTreeMap::new(), texts: vec![String::new()] };
        for character in ALWAYS_SPELLED {
            alphabet.spell(character);
        }
        alphabet
    }
}

impl Alphabet {
    /// Takes in the symbols of `tokens`. A pattern that is compared without regard to case spells both cases.
    pub fn announce(&mut self, tokens: &[Token], ignore_case: bool) {
        for token in tokens {
            match token {
                Token::Char(character) if ignore_case => {
                    self.spell(character.to_ascii_lowercase());
                    self.spell(character.to_ascii_uppercase());
                }
                Token::Char(character) => self.spell(*character),
                Token::Variable(key) if self.variable(key).is_none() => {
                    let symbol = self.symbol(format!("${{{}}}", key.0));
                    self.variables.insert(key.0.to_ascii_lowercase(), symbol);
                }
                Token::Variable(_) | Token::AnyChar | Token::AnyString | Token::Name => {}
            }
        }
    }

    fn spell(&mut self, character: char) {
        if !self.chars.contains_key(&character) {
            let symbol = self.symbol(character.to_string());
            self.chars.insert(character, symbol);
        }
    }

    fn symbol(&mut self, text: String) -> Symbol {
        // A pattern text has far fewer than 65,535 distinct characters; past that, all further ones share a symbol.
        let symbol = Symbol(u16::try_from(self.texts.len()).unwrap_or(u16::MAX));
        self.texts.push(text);
        symbol
    }

    /// The symbol of a character: its own if a pattern spells it, else [`FRESH`].
    pub fn char(&self, character: char) -> Symbol {
        self.chars.get(&character).copied().unwrap_or(FRESH)
    }

    /// The symbol of a variable's value, if a pattern uses the variable.
    pub fn variable(&self, key: &VariableKey) -> Option<Symbol> {
        self.variables.get(&key.0.to_ascii_lowercase()).copied()
    }

    /// Every symbol: [`FRESH`] first, then characters and variables in order.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + '_ {
        std::iter::once(FRESH).chain(self.chars.values().copied()).chain(self.variables.values().copied())
    }

    /// Every symbol but those of variables, with a character that it stands for: [`FRESH`] first.
    pub fn characters(&self) -> impl Iterator<Item = (Symbol, char)> + '_ {
        let spelled = self.chars.iter().map(|(character, symbol)| (*symbol, *character));
        std::iter::once((FRESH, self.fresh_char())).chain(spelled)
    }

    /// The symbols of a range of characters when patterns spell every one of them; `None` when some are unspelled, and
    /// so behave like [`FRESH`].
    pub fn spelled_class(&self, class: std::ops::RangeInclusive<char>) -> Option<Vec<Symbol>> {
        class.map(|character| self.chars.get(&character).copied()).collect()
    }

    /// A concrete text: the fresh character becomes a character that no pattern spells, a variable its `${key}`.
    pub fn render(&self, symbols: impl IntoIterator<Item = Symbol>) -> String {
        let fresh = self.fresh_char();
        let mut text = String::new();
        for symbol in symbols {
            match self.texts.get(usize::from(symbol.0)) {
                Some(known) if symbol != FRESH => text.push_str(known),
                _ => text.push(fresh),
            }
        }
        text
    }

    fn fresh_char(&self) -> char {
        ('x'..='z')
            .chain('a'..='w')
            .chain('A'..='Z')
            .chain('0'..='9')
            .chain(['_', '-'])
            .chain('\u{e0}'..='\u{ffff}')
            .find(|character| !self.chars.contains_key(character))
            .unwrap_or('x')
    }
}

/// The place that a text must reach to match one pattern of a [`PatternSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PatternId(usize);

/// The places that a text has reached, one bit each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(Box<[u64]>);

/// A set of places to compare states with.
#[derive(Clone, Debug)]
pub struct Mask(Box<[u64]>);

impl State {
    /// Whether any of these places has been reached.
    pub fn meets(&self, mask: &Mask) -> bool {
        self.0.iter().zip(&mask.0).any(|(state, mask)| state & mask != 0)
    }

    /// The state as if these places had not been reached.
    pub fn without(&self, mask: &Mask) -> Self {
        Self(self.0.iter().zip(&mask.0).map(|(state, mask)| state & !mask).collect())
    }

    /// The state as if only these places had been reached.
    pub fn only(&self, mask: &Mask) -> Self {
        Self(self.0.iter().zip(&mask.0).map(|(state, mask)| state & mask).collect())
    }

    /// Whether every place of this state is one of the other, too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own & !other == 0)
    }
}

/// How a pattern takes part in a [`PatternSet`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Compare ASCII letters without regard to case.
    pub ignore_case: bool,
    /// Read the pattern from [`PatternSet::enter_name`] on, instead of from the start of the text.
    pub name_only: bool,
    /// In [`PatternSet::step_spelled`] only the literal characters of this pattern move it on.
    pub spells: bool,
}

/// Collects patterns; [`PatternSetBuilder::build`] makes the automaton.
#[derive(Clone, Debug, Default)]
pub struct PatternSetBuilder {
    patterns: Vec<(Vec<Token>, Options, usize)>,
    places: usize,
}

impl PatternSetBuilder {
    /// Adds a pattern; neighboring `*` become one.
    pub fn add(&mut self, mut tokens: Vec<Token>, options: Options) -> PatternId {
        tokens.dedup_by(|a, b| *a == Token::AnyString && *b == Token::AnyString);
        let first = self.places;
        // A name has a place to wait before it and one to be inside it.
        let names = tokens.iter().filter(|token| **token == Token::Name).count();
        self.places += tokens.len() + names + 1;
        self.patterns.push((tokens, options, first));
        PatternId(self.places - 1)
    }

    /// Announces every pattern of this set to the alphabet.
    pub fn announce(&self, alphabet: &mut Alphabet) {
        for (tokens, options, _) in &self.patterns {
            alphabet.announce(tokens, options.ignore_case);
        }
    }

    /// The automaton. The alphabet must know the patterns of this set.
    pub fn build(self, alphabet: &Alphabet) -> PatternSet {
        let words = self.places.div_ceil(64).max(1);
        let mut set = PatternSet {
            columns: vec![Column::default(); words].into(),
            literal: vec![vec![0; words].into(); alphabet.texts.len()].into(),
            opaque: vec![false; alphabet.texts.len()].into(),
            stars: Vec::new(),
        };
        for symbol in alphabet.variables.values() {
            if let Some(opaque) = set.opaque.get_mut(usize::from(symbol.0)) {
                *opaque = true;
            }
        }
        for (tokens, options, first) in self.patterns {
            set.lay_out(&tokens, options, first, alphabet);
        }
        set
    }
}

/// What the places of one machine word are.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    start: u64,
    name_start: u64,
    any_char: u64,
    any_string: u64,
    before_name: u64,
    inside_name: u64,
    spells: u64,
}

/// All patterns of a question as one automaton.
#[derive(Clone, Debug)]
pub struct PatternSet {
    columns: Box<[Column]>,
    /// By symbol: the places that this symbol moves on because they spell it.
    literal: Box<[Box<[u64]>]>,
    /// By symbol: true for the value of a variable, which `?` does not match because its length is unknown.
    opaque: Box<[bool]>,
    /// Per pattern with a `*` behind its start: the first place, and the places of its `*` from the last to the first.
    stars: Vec<(usize, Box<[usize]>)>,
}

impl PatternSet {
    fn lay_out(&mut self, tokens: &[Token], options: Options, first: usize, alphabet: &Alphabet) {
        let mut place = first;
        let mut stars = Vec::new();
        self.mark(first, |column, bit| match options.name_only {
            true => column.name_start |= bit,
            false => column.start |= bit,
        });
        for token in tokens {
            match token {
                Token::AnyChar => self.mark(place, |column, bit| column.any_char |= bit),
                Token::AnyString => {
                    self.mark(place, |column, bit| column.any_string |= bit);
                    stars.push(place);
                }
                Token::Char(character) if options.ignore_case => {
                    self.spell(alphabet.char(character.to_ascii_lowercase()), place);
                    self.spell(alphabet.char(character.to_ascii_uppercase()), place);
                }
                Token::Char(character) => self.spell(alphabet.char(*character), place),
                Token::Variable(key) => {
                    if let Some(symbol) = alphabet.variable(key) {
                        self.spell(symbol, place);
                    }
                }
                Token::Name => {
                    self.mark(place, |column, bit| column.before_name |= bit);
                    place += 1;
                    self.mark(place, |column, bit| column.inside_name |= bit);
                }
            }
            place += 1;
        }
        stars.retain(|star| *star > first);
        if !stars.is_empty() {
            stars.reverse();
            self.stars.push((first, stars.into()));
        }
        if options.spells {
            for place in first..=place {
                self.mark(place, |column, bit| column.spells |= bit);
            }
        }
    }

    fn mark(&mut self, place: usize, set: impl FnOnce(&mut Column, u64)) {
        if let Some(column) = self.columns.get_mut(place / 64) {
            set(column, 1 << (place % 64));
        }
    }

    fn spell(&mut self, symbol: Symbol, place: usize) {
        let word = self.literal.get_mut(usize::from(symbol.0)).and_then(|words| words.get_mut(place / 64));
        if let Some(word) = word {
            *word |= 1 << (place % 64);
        }
    }

    /// Nothing read yet.
    pub fn start(&self) -> State {
        self.rebuild(self.columns.iter().map(|column| (column.start, 0)))
    }

    /// After one more symbol.
    pub fn step(&self, state: &State, symbol: Symbol) -> State {
        self.advance(state, symbol, false)
    }

    /// After one more symbol that patterns with [`Options::spells`] must have spelled: their wildcards do not take it.
    pub fn step_spelled(&self, state: &State, symbol: Symbol) -> State {
        self.advance(state, symbol, true)
    }

    fn advance(&self, state: &State, symbol: Symbol, spelled: bool) -> State {
        let index = usize::from(symbol.0);
        let wide = if self.opaque.get(index).copied().unwrap_or(false) { 0 } else { u64::MAX };
        let Some(literal) = self.literal.get(index) else {
            return State(vec![0; self.columns.len()].into());
        };
        self.rebuild(state.0.iter().zip(&self.columns).zip(literal).map(|((word, column), literal)| {
            let free = if spelled { !column.spells } else { u64::MAX };
            let moving = word & (literal | (column.any_char & wide & free));
            let staying = word & ((column.any_string & free) | column.inside_name);
            (staying, moving)
        }))
    }

    /// Forgets places that make no difference: once a text has reached a `*`, that `*` also takes whatever an earlier place
    /// of the same pattern could still match. Without this, states are many more than they need be. Not for patterns
    /// with [`Options::spells`], whose `*` does not take everything.
    #[must_use]
    pub fn settled(&self, mut state: State) -> State {
        for (first, stars) in &self.stars {
            let is_set =
                |place: &&usize| state.0.get(*place / 64).is_some_and(|w| w >> (*place % 64) & 1 == 1);
            let Some(star) = stars.iter().find(is_set).copied() else { continue };
            for (index, word) in
                state.0.iter_mut().enumerate().skip(first / 64).take(star / 64 - first / 64 + 1)
            {
                // Clears the places from `first` up to, and without, `star`.
                let (from, to) = (first.saturating_sub(index * 64), (star - index * 64).min(64));
                let below = |place: usize| if place >= 64 { u64::MAX } else { (1 << place) - 1 };
                *word &= !(below(to) & !below(from));
            }
        }
        state
    }

    /// Whether some place that has been reached spells this symbol. If none does, the symbol acts as [`FRESH`] does.
    pub fn spells(&self, state: &State, symbol: Symbol) -> bool {
        let literal = self.literal.get(usize::from(symbol.0));
        literal
            .is_some_and(|literal| state.0.iter().zip(literal).any(|(state, literal)| state & literal != 0))
    }

    /// Steps over every character of a text.
    pub fn read(&self, alphabet: &Alphabet, state: &State, text: &str) -> State {
        text.chars().fold(state.clone(), |state, character| self.step(&state, alphabet.char(character)))
    }

    /// Steps over tokens that are characters or variables; wildcards are passed over.
    pub fn read_tokens(&self, alphabet: &Alphabet, state: &State, tokens: &[Token]) -> State {
        let symbol = |token: &Token| match token {
            Token::Char(character) => Some(alphabet.char(*character)),
            Token::Variable(key) => alphabet.variable(key),
            Token::AnyChar | Token::AnyString | Token::Name => None,
        };
        tokens.iter().filter_map(symbol).fold(state.clone(), |state, symbol| self.step(&state, symbol))
    }

    /// Steps over a text that patterns with [`Options::spells`] must have spelled.
    pub fn read_spelled(&self, alphabet: &Alphabet, state: &State, text: &str) -> State {
        text.chars()
            .fold(state.clone(), |state, character| self.step_spelled(&state, alphabet.char(character)))
    }

    /// The name in question begins here.
    pub fn enter_name(&self, state: &State) -> State {
        self.rebuild(state.0.iter().zip(&self.columns).map(|(word, column)| {
            ((word & !column.before_name) | column.name_start, word & column.before_name)
        }))
    }

    /// The name in question ends here.
    pub fn leave_name(&self, state: &State) -> State {
        self.rebuild(
            state
                .0
                .iter()
                .zip(&self.columns)
                .map(|(word, column)| (word & !column.inside_name, word & column.inside_name)),
        )
    }

    /// A state from (places that stay, places that move on by one), plus what `*` lets pass for free.
    fn rebuild(&self, words: impl Iterator<Item = (u64, u64)>) -> State {
        let (mut carried, mut skipped) = (0, 0);
        let words = words.zip(&self.columns).map(|((staying, moving), column)| {
            let mut next = staying | (moving << 1) | carried | skipped;
            carried = moving >> 63;
            let standing = next & column.any_string;
            next |= standing << 1;
            skipped = standing >> 63;
            next
        });
        State(words.collect())
    }

    /// Whether the text read so far matches this pattern.
    pub fn matches(&self, state: &State, pattern: PatternId) -> bool {
        state.0.get(pattern.0 / 64).is_some_and(|word| word >> (pattern.0 % 64) & 1 == 1)
    }

    /// The places of these patterns: a state that [`State::meets`] none of them can never match one again.
    pub fn mask(&self, patterns: impl IntoIterator<Item = PatternId>) -> Mask {
        let mut words: Box<[u64]> = vec![0; self.columns.len()].into();
        for PatternId(last) in patterns {
            for place in (0..=last).rev() {
                let bit = 1 << (place % 64);
                if let Some(word) = words.get_mut(place / 64) {
                    *word |= bit;
                }
                let starts =
                    self.columns.get(place / 64).map_or(0, |column| column.start | column.name_start);
                if starts & bit != 0 {
                    break;
                }
            }
        }
        Mask(words)
    }
}

/// What a bounded search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    Found(T),
    /// There is none: every possibility was looked at.
    Nothing,
    /// The budget ended first.
    Undecided,
}

impl<T> Outcome<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Found(value) => Outcome::Found(change(value)),
            Self::Nothing => Outcome::Nothing,
            Self::Undecided => Outcome::Undecided,
        }
    }

    /// This, or else what `next` finds; undecided if neither finds anything and either is.
    #[must_use]
    pub fn or_else(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Found(_) => self,
            Self::Nothing => next(),
            Self::Undecided => match next() {
                Self::Nothing => Self::Undecided,
                other => other,
            },
        }
    }
}

/// States that a question may still look at. One budget bounds all searches of one question.
#[derive(Clone, Debug)]
pub struct Budget(pub usize);

impl Budget {
    /// Takes one state; false when there is none left.
    pub fn spend(&mut self) -> bool {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// Breadth-first search: the shortest way from `start` to a node for which `goal` gives an answer, as the labels along
/// it and the answer. `successors` pushes the (label, node) pairs that follow a node.
pub fn search<N: Clone + Eq + Hash, L: Copy, A>(
    start: N,
    budget: &mut Budget,
    mut successors: impl FnMut(&N, &mut Vec<(L, N)>),
    mut goal: impl FnMut(&N) -> Option<A>,
) -> Outcome<(Vec<L>, A)> {
    if let Some(answer) = goal(&start) {
        return Outcome::Found((Vec::new(), answer));
    }
    // Nodes in order of discovery; each with the index of the one before it and the label between them.
    let mut trail: Vec<(usize, Option<L>)> = vec![(0, None)];
    let mut seen: HashSet<N> = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(0, start)]);
    let mut found = Vec::new();
    while let Some((index, node)) = queue.pop_front() {
        successors(&node, &mut found);
        for (label, next) in found.drain(..) {
            if seen.contains(&next) {
                continue;
            }
            if !budget.spend() {
                return Outcome::Undecided;
            }
            trail.push((index, Some(label)));
            if let Some(answer) = goal(&next) {
                return Outcome::Found((way_back(&trail), answer));
            }
            seen.insert(next.clone());
            queue.push_back((trail.len() - 1, next));
        }
    }
    Outcome::Nothing
}

fn way_back<L: Copy>(trail: &[(usize, Option<L>)]) -> Vec<L> {
    let mut labels = Vec::new();
    let mut index = trail.len().saturating_sub(1);
    while let Some((before, Some(label))) = trail.get(index) {
        labels.push(*label);
        index = *before;
    }
    labels.reverse();
    labels
}
