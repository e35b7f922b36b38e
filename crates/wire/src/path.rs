//! Where in an input a value is, as messages say it: `tags.1.member.Key`. List elements count from 1.

use std::fmt;

/// A place; it is only written out when there is something to say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    /// The input itself.
    Root,
    /// A member of a structure.
    Member(&'a Path<'a>, &'static str),
    /// An element of a list, counted from 0 here.
    Element(&'a Path<'a>, usize),
    /// A value of a map.
    Entry(&'a Path<'a>, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("input"),
            Self::Member(Path::Root, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, index) => write!(f, "{parent}.{}.member", index + 1),
            Self::Entry(parent, key) => {
                write!(f, "{parent}.")?;
                crate::validate::echo_text(key, &mut |part| f.write_str(part))?;
                f.write_str(".member")
            }
        }
    }
}
