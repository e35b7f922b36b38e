//! Ids, access keys and secrets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::query::QueryError;
use crate::random;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters after the prefix of a unique id.
const UNIQUE_ID_CHARS: usize = 17;
/// Characters after the prefix of an access key id: eighty bits.
const ACCESS_KEY_CHARS: u32 = 16;
/// Bits of an access key id below the account's number, all random.
const ACCESS_KEY_RANDOM_BITS: u32 = 39;
/// An account's number has twelve decimal digits.
const ACCOUNT_BITS: u32 = 40;

/// A unique id that was never used: `prefix` is `AIDA`, `AROA` or `ANPA`.
pub(crate) fn unique_id(prefix: &str) -> Result<String, QueryError> {
    let random = random::bytes::<UNIQUE_ID_CHARS>().ok_or_else(QueryError::no_randomness)?;
    Ok(prefix.chars().chain(random.into_iter().map(|byte| base32(u128::from(byte)))).collect())
}

/// An access key id: `prefix` is `AKIA` or `ASIA`. The account is in it, where AWS has it too, so that an access key can
/// be looked up without knowing the account.
pub(crate) fn access_key_id(prefix: &str, account: &str) -> Result<String, QueryError> {
    let random = random::bytes::<16>().ok_or_else(QueryError::no_randomness)?;
    Ok(access_key_id_from(prefix, account, u128::from_be_bytes(random)))
}

fn access_key_id_from(prefix: &str, account: &str, random: u128) -> String {
    let account = account.parse::<u128>().unwrap_or_default() % (1 << ACCOUNT_BITS);
    let random = random % (1 << ACCESS_KEY_RANDOM_BITS);
    let top = 1 << (ACCESS_KEY_RANDOM_BITS + ACCOUNT_BITS);
    let number = top | account << ACCESS_KEY_RANDOM_BITS | random;
    let digits = (0..ACCESS_KEY_CHARS).rev().map(|place| base32(number >> (5 * place)));
    prefix.chars().chain(digits).collect()
}

/// The account in an access key id; none when it is not one that [`access_key_id`] makes.
pub(crate) fn account_of(access_key_id: &str) -> Option<String> {
    let digits = access_key_id.strip_prefix("AKIA").or_else(|| access_key_id.strip_prefix("ASIA"))?;
    if digits.len() != usize::try_from(ACCESS_KEY_CHARS).ok()? {
        return None;
    }
    let mut number = 0_u128;
    for digit in digits.bytes() {
        let value = BASE32.iter().position(|known| *known == digit)?;
        number = number << 5 | u128::try_from(value).ok()?;
    }
    let account = (number >> ACCESS_KEY_RANDOM_BITS) % (1 << ACCOUNT_BITS);
    (number >> (ACCESS_KEY_RANDOM_BITS + ACCOUNT_BITS) == 1).then(|| format!("{account:012}"))
}

/// A secret access key: 240 random bits in 40 characters.
pub(crate) fn secret() -> Result<String, QueryError> {
    random::bytes::<30>().map(|bytes| STANDARD.encode(bytes)).ok_or_else(QueryError::no_randomness)
}

/// A session token: 768 random bits in 128 characters. It says nothing; the server knows what it stands for.
pub(crate) fn session_token() -> Result<String, QueryError> {
    random::bytes::<96>().map(|bytes| STANDARD.encode(bytes)).ok_or_else(QueryError::no_randomness)
}

fn base32(bits: u128) -> char {
    usize::try_from(bits % 32).ok().and_then(|at| BASE32.get(at)).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_key_ids_carry_their_account() {
        for account in ["000000000000", "123456789012", "999999999999"] {
            for random in [0, 1, u128::MAX] {
                let id = access_key_id_from("AKIA", account, random);
                assert_eq!(id.len(), 20);
                assert_eq!(account_of(&id).as_deref(), Some(account), "{id}");
            }
            assert_ne!(access_key_id("ASIA", account).unwrap(), access_key_id("ASIA", account).unwrap());
        }
        for other in ["", "AKIA", "AKIAIOSFODNN7EXAMPL1", "AKIAAAAAAAAAAAAAAAAA", "AIDAQAAAAAAAAAAAAAAA"] {
            assert_eq!(account_of(other), None, "{other}");
        }
    }

    /// AWS's own layout, as it is publicly known: the number's bits 47 to 86 from the top.
    #[test]
    fn the_account_is_where_tools_look_for_it() {
        let id = access_key_id_from("AKIA", "123456789012", 12345);
        let digits = id.strip_prefix("AKIA").unwrap();
        let number = digits.bytes().fold(0_u128, |number, digit| {
            number << 5 | BASE32.iter().position(|known| *known == digit).unwrap() as u128
        });
        let first_six_bytes = (number >> 32) as u64;
        assert_eq!((first_six_bytes & 0x7fff_ffff_ff80) >> 7, 123_456_789_012);
    }

    #[test]
    fn secrets_have_aws_s_lengths() {
        assert_eq!(secret().unwrap().len(), 40);
        assert_eq!(session_token().unwrap().len(), 128);
        let id = unique_id("AIDA").unwrap();
        assert!(id.len() == 21 && id.starts_with("AIDA"), "{id}");
    }
}
