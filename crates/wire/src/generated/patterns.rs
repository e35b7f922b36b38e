//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): patterns. Do not edit.

use crate::pattern::Pattern;

pub(crate) static PATTERN_0: Pattern = Pattern::new(r"(0x)?[a-fA-F0-9]+", r"\A(?:(0x)?[a-fA-F0-9]+)\z");

pub(crate) static PATTERN_1: Pattern = Pattern::new(r"[$a-zA-Z0-9:_-]+", r"\A(?:[$a-zA-Z0-9:_-]+)\z");

pub(crate) static PATTERN_2: Pattern = Pattern::new(r"[0-9]+", r"\A(?:[0-9]+)\z");

pub(crate) static PATTERN_3: Pattern = Pattern::new(r"[A-Za-z0-9+/]+={0,2}", r"\A(?:[A-Za-z0-9+/]+={0,2})\z");

pub(crate) static PATTERN_4: Pattern = Pattern::new(r"[\p{Graph}\x20]*", r"\A(?:[!-~\x20]*)\z");

pub(crate) static PATTERN_5: Pattern =
    Pattern::new(r"[\s\S]*", r"\A(?:[\t\n\x0B\x0C\r\x20[^\t\n\x0B\x0C\r\x20]]*)\z");

pub(crate) static PATTERN_6: Pattern = Pattern::new(r"[\w+=,.@-]+", r"\A(?:[0-9A-Za-z_+=,.@-]+)\z");

pub(crate) static PATTERN_7: Pattern = Pattern::new(r"[\w.-]+", r"\A(?:[0-9A-Za-z_.-]+)\z");

pub(crate) static PATTERN_8: Pattern = Pattern::new(r"[\w.:-]+", r"\A(?:[0-9A-Za-z_.:-]+)\z");

pub(crate) static PATTERN_9: Pattern = Pattern::new(r"[\w=,@-]+", r"\A(?:[0-9A-Za-z_=,@-]+)\z");

pub(crate) static PATTERN_10: Pattern = Pattern::new(r"[^\p{C}]*", r"\A(?:[^\p{C}]*)\z");

pub(crate) static PATTERN_11: Pattern = Pattern::new(r"[a-fA-F0-9:]+", r"\A(?:[a-fA-F0-9:]+)\z");

pub(crate) static PATTERN_12: Pattern = Pattern::new(r"[a-zA-Z0-9:$.]+", r"\A(?:[a-zA-Z0-9:$.]+)\z");

pub(crate) static PATTERN_13: Pattern = Pattern::new(r"[a-zA-Z0-9:.]+", r"\A(?:[a-zA-Z0-9:.]+)\z");

pub(crate) static PATTERN_14: Pattern = Pattern::new(r"[a-zA-Z0-9:_-]+", r"\A(?:[a-zA-Z0-9:_-]+)\z");

pub(crate) static PATTERN_15: Pattern = Pattern::new(r"[a-zA-Z0-9\-]+", r"\A(?:[a-zA-Z0-9\-]+)\z");

pub(crate) static PATTERN_16: Pattern = Pattern::new(r"[a-zA-Z0-9_-]+", r"\A(?:[a-zA-Z0-9_-]+)\z");

pub(crate) static PATTERN_17: Pattern =
    Pattern::new(r"[a-zA-Z0-9_.,@/:#-]+", r"\A(?:[a-zA-Z0-9_.,@/:#-]+)\z");

pub(crate) static PATTERN_18: Pattern =
    Pattern::new(r"[a-zA-Z0-9_.,@/:#=\[\]-]*", r"\A(?:[a-zA-Z0-9_.,@/:#=\[\]-]*)\z");

pub(crate) static PATTERN_19: Pattern =
    Pattern::new(r"^([1-9]|[12][0-9]|3[01])$|^LAST$", r"\A(?:^([1-9]|[12][0-9]|3[01])$|^LAST$)\z");

pub(crate) static PATTERN_20: Pattern =
    Pattern::new(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$", r"\A(?:^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$)\z");

pub(crate) static PATTERN_21: Pattern =
    Pattern::new(r"^[.\-_/#A-Za-z0-9]+$", r"\A(?:^[.\-_/#A-Za-z0-9]+$)\z");

pub(crate) static PATTERN_22: Pattern = Pattern::new(r"^[0-9-]+$", r"\A(?:^[0-9-]+$)\z");

pub(crate) static PATTERN_23: Pattern = Pattern::new(r"^[0-9A-Za-z_-]+$", r"\A(?:^[0-9A-Za-z_-]+$)\z");

pub(crate) static PATTERN_24: Pattern = Pattern::new(r"^[a-zA-Z0-9-_]+$", r"\A(?:^[a-zA-Z0-9-_]+$)\z");

pub(crate) static PATTERN_25: Pattern = Pattern::new(
    r"arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-\d{1}:\d{12}:certificate/[a-zA-Z0-9/-]+",
    r"\A(?:arn:aws(-cn|-us-gov|-iso-b|-iso)?:acm:[a-z]{2}-(gov-|iso-|isob-)?[a-z]{4,9}-[0-9]{1}:[0-9]{12}:certificate/[a-zA-Z0-9/-]+)\z",
);
