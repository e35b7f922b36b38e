//! Just enough DER (X.690) to write certificates and revocation lists.

pub const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub const ORGANIZATION: &[u8] = &[0x55, 4, 10];

/// Any element.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        0x100..=0xffff => {
            out.push(0x82);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(0x84);
            out.extend((length as u32).to_be_bytes());
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

/// A non-negative integer, from big-endian bytes.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    let zero: &[u8] = if bytes.first().is_none_or(|byte| *byte >= 0x80) { &[0] } else { &[] };
    element(2, &[zero, bytes])
}

pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(3, &[&[0], bytes])
}

/// `O=organization, CN=common_name`.
pub fn name(organization: &str, common_name: &str) -> Vec<u8> {
    let attribute = |kind: &[u8], value: &str| {
        element(0x31, &[&sequence(&[&element(6, &[kind]), &element(0x0c, &[value.as_bytes()])])])
    };
    sequence(&[&attribute(ORGANIZATION, organization), &attribute(COMMON_NAME, common_name)])
}

/// A time from seconds since 1970: two-digit years up to 2049, as RFC 5280 section 4.1.2.5 has it.
pub fn time(seconds: i64) -> Vec<u8> {
    let [year, month, day, hour, minute, second] = civil(seconds);
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    if (1950..2050).contains(&year) {
        element(0x17, &[format!("{:02}{rest}", year % 100).as_bytes()])
    } else {
        element(0x18, &[format!("{year:04}{rest}").as_bytes()])
    }
}

/// Year, month, day, hour, minute and second in UTC.
pub fn civil(seconds: i64) -> [i64; 6] {
    let (days, within) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March, in eras of 400 years: leap days come last.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    [year, month, day, within / 3600, within / 60 % 60, within % 60]
}

/// An extension of a certificate or list.
pub fn extension(id: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&element(6, &[&[0x55, 29, id]]), critical, &element(4, &[value])])
}

/// A PEM block, with `newline` after each line.
pub fn pem(label: &str, der: &[u8], newline: &str) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 80);
    for part in ["-----BEGIN ", label, "-----", newline] {
        out.push_str(part);
    }
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push_str(newline);
        rest = after;
    }
    for part in ["-----END ", label, "-----", newline] {
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_encoded() {
        assert_eq!(civil(1_772_323_199), [2026, 2, 28, 23, 59, 59]);
        assert_eq!(civil(951_782_400), [2000, 2, 29, 0, 0, 0]);
        assert_eq!(time(1_772_323_200), b"\x17\x0d260301000000Z");
        assert_eq!(time(2_524_608_000), b"\x18\x0f20500101000000Z");
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(element(4, &[&[0; 200]]).get(..3), Some(&[4, 0x81, 200][..]));
        assert_eq!(pem("X", b"abc", "|"), "-----BEGIN X-----|YWJj|-----END X-----|");
    }
}
