//! Values that conditions compare: exact decimal numbers, address ranges, booleans, base64. All are read without
//! allocating, because requests bring them at decision time.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv6Addr};

/// A decimal number, compared exactly: `9007199254740993` and `9007199254740992` differ, `1.50` equals `15e-1`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    /// Without trailing zeros.
    mantissa: u128,
    exponent: i32,
}

impl Decimal {
    /// An optional sign, digits, an optional fraction, an optional exponent. `None` for anything else, and for more
    /// than 38 significant digits or an exponent beyond a million.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        const DIGITS_MAX: u32 = 38;
        const EXPONENT_MAX: i32 = 1_000_000;
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (number, ""),
        };
        if whole.is_empty() || exponent.abs() > EXPONENT_MAX {
            return None;
        }
        let (mut mantissa, mut trailing_zeros, mut significant) = (0_u128, 0_u32, 0_u32);
        for digit in whole.chars().chain(fraction.chars()) {
            let digit = digit.to_digit(10)?;
            if digit == 0 {
                trailing_zeros = trailing_zeros.checked_add(1)?;
                continue;
            }
            let zeros = if mantissa == 0 { 0 } else { trailing_zeros };
            significant = significant.checked_add(zeros + 1)?;
            if significant > DIGITS_MAX {
                return None;
            }
            mantissa = mantissa * 10_u128.pow(zeros + 1) + u128::from(digit);
            trailing_zeros = 0;
        }
        if mantissa == 0 {
            return Some(Self { negative: false, mantissa, exponent: 0 });
        }
        let fraction = i32::try_from(fraction.len()).ok()?;
        let exponent = exponent.checked_sub(fraction)?.checked_add(i32::try_from(trailing_zeros).ok()?)?;
        Some(Self { negative, mantissa, exponent })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let (Some(own_log), Some(other_log)) =
            (self.mantissa.checked_ilog10(), other.mantissa.checked_ilog10())
        else {
            return self.mantissa.cmp(&other.mantissa);
        };
        let leading = |log: u32, exponent: i32| i64::from(log) + i64::from(exponent);
        let aligned = |mantissa: u128, log: u32| mantissa * 10_u128.pow(own_log.max(other_log) - log);
        leading(own_log, self.exponent)
            .cmp(&leading(other_log, other.exponent))
            .then_with(|| aligned(self.mantissa, own_log).cmp(&aligned(other.mantissa, other_log)))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

/// A range of addresses, `203.0.113.0/24`, or one address. Bits behind the prefix are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: IpAddr,
    prefix: u32,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        if prefix > bits {
            return None;
        }
        // An IPv4 range in IPv6 clothes, unless it is wider than all of IPv4.
        match address.to_canonical() {
            IpAddr::V4(v4) if address.is_ipv6() && prefix >= 96 => {
                Some(Self { address: v4.into(), prefix: prefix - 96 })
            }
            _ => Some(Self { address, prefix }),
        }
    }

    /// The first address of the range.
    pub(crate) fn first(&self) -> IpAddr {
        self.address_at(bits(self.address) & self.mask())
    }

    /// The address behind the last one of the range, if there is one.
    pub(crate) fn after(&self) -> Option<IpAddr> {
        let last = bits(self.address) | !self.mask();
        let after = self.address_at(last.checked_add(1)?);
        (after.is_ipv4() == self.address.is_ipv4()).then_some(after)
    }

    fn address_at(&self, bits: u128) -> IpAddr {
        let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
        if self.address.is_ipv4() { address.to_canonical() } else { address }
    }

    fn mask(&self) -> u128 {
        let offset = if self.address.is_ipv4() { 96 } else { 0 };
        u128::MAX.checked_shl(128 - (self.prefix + offset)).unwrap_or(0)
    }

    /// IPv4 ranges hold IPv4 addresses only, also when those are written as IPv4-mapped IPv6.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_ipv4() != self.address.is_ipv4() {
            return false;
        }
        (bits(address) ^ bits(self.address)) & self.mask() == 0
    }
}

fn bits(address: IpAddr) -> u128 {
    let v6: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

/// `true` or `false` in any case.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// True for standard base64 with padding and without stray bits at the end. Of such texts no two stand for the same
/// bytes, so comparing the texts compares the bytes.
pub(super) fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let padding = text.len() - data.len();
    let mut last = 0;
    for byte in data.bytes() {
        last = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return false,
        };
    }
    let stray = match padding {
        0 => 0,
        1 => last & 0b11,
        2 => last & 0b1111,
        _ => return false,
    };
    text.len().is_multiple_of(4) && stray == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_order(left: &str, expected: Ordering, right: &str) {
        let (left_value, right_value) = (Decimal::parse(left).unwrap(), Decimal::parse(right).unwrap());
        assert_eq!(left_value.cmp(&right_value), expected, "{left} {right}");
        assert_eq!(right_value.cmp(&left_value), expected.reverse(), "{right} {left}");
    }

    #[test]
    fn decimals_compare_exactly() {
        use Ordering::{Equal, Greater, Less};
        check_order("1.50", Equal, "15e-1");
        check_order("0100", Equal, "+1E2");
        check_order("-0", Equal, "0.000");
        check_order("-0.00e5", Equal, "0");
        check_order("9007199254740993", Greater, "9007199254740992");
        check_order("99999999999999999999999999999999999999", Less, "1e38");
        check_order("-2", Less, "-1.9999");
        check_order("-1", Less, "0");
        check_order("0.1", Less, "0.10000000000000000000000001");
        check_order("123456789", Greater, "12345678.9");
        check_order("1e-1000000", Greater, "0");
        check_order("1e1000000", Greater, "99999");
        check_order("1000000000000000000000000000000000000000000", Equal, "1e42");
    }

    #[test]
    fn what_is_no_decimal() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e",
            "1e+",
            "0x1",
            "1,5",
            " 1",
            "NaN",
            "inf",
            "1e9999999999",
            "١",
            "--1",
            "1.2.3",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
        assert!(Decimal::parse(&"1".repeat(39)).is_none());
        assert!(Decimal::parse(&"1".repeat(38)).is_some());
    }

    fn check_range(range: &str, address: &str, expected: bool) {
        assert_eq!(
            Cidr::parse(range).unwrap().contains(address.parse().unwrap()),
            expected,
            "{range} {address}"
        );
    }

    #[test]
    fn ranges() {
        check_range("203.0.113.0/24", "203.0.113.255", true);
        check_range("203.0.113.7/24", "203.0.113.255", true);
        check_range("203.0.113.0/24", "203.0.114.0", false);
        check_range("203.0.113.9", "203.0.113.9", true);
        check_range("203.0.113.9", "203.0.113.8", false);
        check_range("0.0.0.0/0", "255.1.2.3", true);
        check_range("0.0.0.0/0", "::1", false);
        check_range("::/0", "1.2.3.4", false);
        check_range("::/0", "2001:db8::1", true);
        check_range("2001:db8::/33", "2001:db8:7fff::1", true);
        check_range("2001:db8::/33", "2001:db8:8000::1", false);
        check_range("203.0.113.0/24", "::ffff:203.0.113.5", true);
        check_range("::ffff:203.0.113.0/120", "203.0.113.5", true);
        check_range("::ffff:203.0.113.0/120", "203.0.114.5", false);
        for text in [
            "",
            "1.2.3",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/",
            "1.2.3.4/+8",
            "1.2.3.4/8/8",
            "fe80::1%eth0",
            "01.2.3.4",
        ] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }

    #[test]
    fn booleans_and_base64() {
        assert_eq!(
            [parse_bool("TRUE"), parse_bool("False"), parse_bool("1")],
            [Some(true), Some(false), None]
        );
        for (text, expected) in [
            ("", true),
            ("QQ==", true),
            ("QR==", false),
            ("QUI=", true),
            ("QUJ=", false),
            ("QUJD", true),
            ("QUJ", false),
            ("QQ=", false),
            ("Q===", false),
            ("QU-D", false),
            ("Q=JD", false),
            ("a+/9", true),
        ] {
            assert_eq!(is_base64(text), expected, "{text}");
        }
    }
}
