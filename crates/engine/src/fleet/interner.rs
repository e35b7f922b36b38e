//! Strings that occur many times, kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// The number of an interned string; comparable only within its [`Interner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

/// Keeps every distinct string once and numbers them in order of first use.
#[derive(Debug, Default)]
pub struct Interner {
    symbols: HashMap<Arc<str>, Symbol>,
    texts: Vec<Arc<str>>,
}

impl Interner {
    /// The symbol of a text. After 2³² distinct texts all further ones share the last symbol's number, which no input that fits
    /// into memory reaches.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.symbols.insert(text, symbol);
        symbol
    }

    /// The text of a symbol made by this interner; empty for any other.
    pub fn text(&self, symbol: Symbol) -> &str {
        usize::try_from(symbol.0).ok().and_then(|at| self.texts.get(at)).map_or("", |text| text)
    }
}
