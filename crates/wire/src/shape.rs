//! The tables that say what a value may be. The generated part has one static [`Shape`] for each shape of an input.

pub use crate::pattern::Pattern;

/// What a value may be.
#[derive(Debug)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A whole number of 32 bits.
    Integer(Range),
    /// A whole number of 64 bits.
    Long(Range),
    /// A number.
    Double(Bounds),
    /// A time: seconds since 1970 in a body, ISO 8601 in a query.
    Timestamp,
    /// Bytes, base64 in JSON. The lengths count bytes.
    Blob(Range),
    /// Text.
    String(Text),
    /// Values of one shape.
    List(List),
    /// Values of one shape by key.
    Map(Map),
    /// Members by name.
    Structure(Structure),
}

/// Least and greatest number or length, both inclusive.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Least.
    pub min: Option<i64>,
    /// Greatest.
    pub max: Option<i64>,
}

/// Least and greatest number, both inclusive.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Least.
    pub min: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
}

/// Constraints of a text.
#[derive(Debug)]
pub struct Text {
    /// Length in Unicode code points.
    pub length: Range,
    /// Pattern for the whole text.
    pub pattern: Option<&'static Pattern>,
    /// The only values that are allowed, if not empty.
    pub values: &'static [&'static str],
    /// Whether messages must not repeat the value.
    pub sensitive: bool,
}

/// Constraints of a list.
#[derive(Debug)]
pub struct List {
    /// Number of elements.
    pub length: Range,
    /// The elements.
    pub member: &'static Shape,
}

/// Constraints of a map.
#[derive(Debug)]
pub struct Map {
    /// Number of entries.
    pub length: Range,
    /// The keys, always texts.
    pub key: &'static Shape,
    /// The values.
    pub value: &'static Shape,
}

/// The members of a structure, by name.
#[derive(Debug)]
pub struct Structure {
    /// The members.
    pub members: &'static [Member],
}

/// One member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name in the model, which is also its name in the merged input and in JSON.
    pub name: &'static str,
    /// What it may be.
    pub shape: &'static Shape,
    /// Whether it must be there.
    pub required: bool,
    /// Where a request carries it. Members of nested structures are in the body.
    pub location: Location,
    /// Whether clients fill it in with a fresh token, so that a repeated request has no second effect.
    pub idempotency_token: bool,
}

/// Where a request carries a member, with the name that it has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the body, under the member's own name.
    Body,
    /// In a header (lower case).
    Header(&'static str),
    /// The body is this member.
    Payload,
    /// In the query.
    Query(&'static str),
    /// In the path.
    Uri(&'static str),
}

/// Short constructors: the generated tables stay readable.
pub mod make {
    use super::{Bounds, List, Location, Map, Member, Pattern, Range, Shape, Structure, Text};

    pub const ANY: Range = Range { min: None, max: None };

    pub const fn range(min: Option<i64>, max: Option<i64>) -> Range {
        Range { min, max }
    }

    pub const fn double(min: Option<f64>, max: Option<f64>) -> Shape {
        Shape::Double(Bounds { min, max })
    }

    pub const fn text(length: Range, pattern: Option<&'static Pattern>) -> Shape {
        Shape::String(Text { length, pattern, values: &[], sensitive: false })
    }

    pub const fn secret(length: Range, pattern: Option<&'static Pattern>) -> Shape {
        Shape::String(Text { length, pattern, values: &[], sensitive: true })
    }

    pub const fn one_of(values: &'static [&'static str]) -> Shape {
        Shape::String(Text { length: ANY, pattern: None, values, sensitive: false })
    }

    pub const fn list(length: Range, member: &'static Shape) -> Shape {
        Shape::List(List { length, member })
    }

    pub const fn map(length: Range, key: &'static Shape, value: &'static Shape) -> Shape {
        Shape::Map(Map { length, key, value })
    }

    pub const fn structure(members: &'static [Member]) -> Shape {
        Shape::Structure(Structure { members })
    }

    pub const fn member(name: &'static str, shape: &'static Shape) -> Member {
        Member { name, shape, required: false, location: Location::Body, idempotency_token: false }
    }

    impl Member {
        pub const fn required(mut self) -> Self {
            self.required = true;
            self
        }

        pub const fn at(mut self, location: Location) -> Self {
            self.location = location;
            self
        }

        pub const fn token(mut self) -> Self {
            self.idempotency_token = true;
            self
        }
    }
}
