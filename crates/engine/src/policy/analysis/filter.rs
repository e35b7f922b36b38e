//! A topic filter and a topic that it matches, written together from left to right: every pair comes up, and no other.

/// How far a topic and a filter that matches it have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Progress {
    /// At the start of a level that both begin together; `first`: of the first level.
    Level { first: bool },
    /// In a level that both share.
    Shared,
    /// The filter has `+` for this level, of which the topic has nothing yet.
    PlusOpen { first: bool },
    /// The filter has `+` for this level, and the topic is in it.
    Plus,
    /// The filter has ended with `#`, and the topic has nothing of it yet.
    HashOpen { first: bool },
    /// The filter has ended with `#`.
    Hash,
}

impl Progress {
    /// Nothing is written.
    pub(crate) const START: Self = Self::Level { first: true };

    /// What the topic's next character makes of it, and whether the filter has that character too. `None`: the filter does not
    /// match a topic that goes on like this.
    pub(crate) fn after(self, character: char) -> Option<(Self, bool)> {
        // A wildcard in the first level does not stand for what begins with `$` (MQTT 3.1.1, section 4.7.2).
        let is_hidden = |first: bool| first && character == '$';
        match (self, character) {
            (Self::PlusOpen { first } | Self::HashOpen { first }, _) if is_hidden(first) => None,
            (Self::Level { .. } | Self::Shared | Self::PlusOpen { .. } | Self::Plus, '/') => {
                Some((Self::Level { first: false }, true))
            }
            (Self::Level { .. } | Self::Shared, _) => Some((Self::Shared, true)),
            (Self::PlusOpen { .. } | Self::Plus, _) => Some((Self::Plus, false)),
            (Self::HashOpen { .. } | Self::Hash, _) => Some((Self::Hash, false)),
        }
    }

    /// The wildcards that the filter may have here, and what they make of it: at the start of a level. `#` stands for that level
    /// and all below, and not for the level above (AWS IoT Core guide, "MQTT topics").
    pub(crate) fn wildcards(self) -> impl Iterator<Item = (char, Self)> {
        let here = match self {
            Self::Level { first } => Some([('#', Self::HashOpen { first }), ('+', Self::PlusOpen { first })]),
            _ => None,
        };
        here.into_iter().flatten()
    }

    /// The topic is still empty.
    pub(crate) fn is_empty(self) -> bool {
        matches!(
            self,
            Self::Level { first: true } | Self::PlusOpen { first: true } | Self::HashOpen { first: true }
        )
    }
}
