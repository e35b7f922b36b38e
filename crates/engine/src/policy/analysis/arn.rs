//! The fields of an ARN before its resource: partition, region and account, as patterns spell them.

use super::automaton::Token;
use crate::policy::resolve::glob;

/// A field of an ARN that says where a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArnField {
    Partition,
    Region,
    Account,
}

/// What a pattern says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spelled {
    Nothing,
    /// With wildcards: `eu-*`.
    Partly(Vec<Token>),
    /// Characters and variables.
    Whole(Vec<Token>),
}

/// Partitions of AWS (AWS General Reference, "Amazon Resource Names").
pub(crate) const PARTITIONS: [&str; 7] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e"];

/// Regions of AWS (AWS General Reference, "Regions, Availability Zones, and Local Zones").
pub(crate) const REGIONS: [&str; 38] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ap-south-1",
    "ap-south-2",
    "ap-east-1",
    "ap-east-2",
    "ca-central-1",
    "ca-west-1",
    "sa-east-1",
    "mx-central-1",
    "af-south-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "cn-north-1",
    "cn-northwest-1",
    "us-gov-east-1",
    "us-gov-west-1",
    "eusc-de-east-1",
];

const ACCOUNT_DIGITS: usize = 12;

impl ArnField {
    /// Values that fit a pattern of this field: real ones where there are such, else one that is made up. Never none.
    pub(crate) fn samples(self, tokens: &[Token]) -> Vec<String> {
        let known: &[&str] = match self {
            Self::Partition => &PARTITIONS,
            Self::Region => &REGIONS,
            Self::Account => &[],
        };
        let fitting: Vec<String> =
            known.iter().filter(|value| glob(tokens, value)).map(|value| (*value).to_owned()).collect();
        if !fitting.is_empty() {
            return fitting;
        }
        let spelled = tokens.iter().filter(|token| !matches!(token, Token::AnyString)).count();
        let mut missing = if self == Self::Account { ACCOUNT_DIGITS.saturating_sub(spelled) } else { 0 };
        let mut sample = String::new();
        for token in tokens {
            match token {
                Token::Char(character) => sample.push(*character),
                Token::AnyString => {
                    sample.extend(std::iter::repeat_n('0', std::mem::take(&mut missing)));
                }
                Token::AnyChar | Token::Variable(_) | Token::Name => sample.push('0'),
            }
        }
        vec![sample]
    }
}

/// Partition, region and account of a pattern that can be an IoT ARN.
pub(crate) fn arn_fields(tokens: &[Token]) -> Option<[Spelled; 3]> {
    const FIELDS: usize = 6;
    let pieces: Vec<&[Token]> = tokens.splitn(FIELDS, |token| *token == Token::Char(':')).collect();
    let is_whole = pieces.len() == FIELDS;
    let mut fields = [Spelled::Nothing, Spelled::Nothing, Spelled::Nothing];
    for (place, piece) in pieces.iter().enumerate().take(FIELDS - 1) {
        // A `*` may take more than its field: what follows it in a pattern with too few fields, or with others, is anywhere.
        let is_open = |piece: &&[Token]| piece.contains(&Token::AnyString);
        let after_open = pieces.iter().take(place).any(is_open);
        let fits = match place {
            0 => could_be(piece, "arn"),
            2 => could_be(piece, "iot"),
            _ => true,
        };
        if after_open && (!is_whole || !fits) {
            return Some(fields);
        }
        if !fits {
            return None;
        }
        let field = match place {
            1 => fields.first_mut(),
            3 => fields.get_mut(1),
            4 => fields.get_mut(2),
            _ => None,
        };
        if let Some(field) = field {
            *field = spelled(piece);
        }
    }
    (is_whole || tokens.contains(&Token::AnyString)).then_some(fields)
}

/// Whether the values of a piece may be this text, as far as anybody knows.
fn could_be(piece: &[Token], text: &str) -> bool {
    glob(piece, text) || piece.iter().any(|token| matches!(token, Token::Variable(_) | Token::Name))
}

/// The pieces of a pattern between its colons that could be a field's value.
pub(crate) fn literal_pieces(tokens: &[Token]) -> impl Iterator<Item = String> + '_ {
    const LENGTH_MAX: usize = 64;
    let pieces = tokens.split(|token| *token == Token::Char(':'));
    pieces.filter(|piece| !piece.is_empty() && piece.len() <= LENGTH_MAX).filter_map(|piece| {
        let character = |token: &Token| match token {
            Token::Char(character) if *character != '/' => Some(*character),
            _ => None,
        };
        piece.iter().map(character).collect()
    })
}

fn spelled(piece: &[Token]) -> Spelled {
    let is_wild = |token: &Token| matches!(token, Token::AnyChar | Token::AnyString);
    if !piece.iter().any(is_wild) {
        Spelled::Whole(piece.to_vec())
    } else if piece.iter().all(|token| *token == Token::AnyString) {
        Spelled::Nothing
    } else {
        Spelled::Partly(piece.to_vec())
    }
}
